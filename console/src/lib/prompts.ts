/** Prompts as their editor has them: templates and their variables, and what is asked with them. No DOM in here. */
import { isPlainObject, listOf, withMember } from './schema.ts';

export interface Variable {
  name: string;
  type?: string;
  optional?: boolean;
  default?: string;
  values?: string[];
  example?: string;
}

export interface Message {
  role: string;
  content: string;
}

export type Spec = Record<string, unknown>;

/** Text as it is, and the variables in it by name. */
export interface Piece {
  text: string;
  name?: string;
}

const placeholder = /(?<!\\)\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The whole of the template, cut at its variables. */
export function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of template.matchAll(placeholder)) {
    if (found.index > end) pieces.push({ text: template.slice(end, found.index) });
    pieces.push({ text: found[0], name: found[1] ?? '' });
    end = found.index + found[0].length;
  }
  return end < template.length ? [...pieces, { text: template.slice(end) }] : pieces;
}

/** "{{text}}" and "{{ n }}", each once; "\{{" is text. */
export function variablesOf(template: string): string[] {
  return [...new Set(piecesOf(template).flatMap((p) => (p.name === undefined ? [] : [p.name])))];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Each text of the prompt with its role, in the order in which the model gets them. */
export function messagesOf(spec: Spec): Message[] {
  const between = listOf(spec['messages']).filter(isPlainObject);
  return [
    { role: 'system', content: textOf(spec['system']) },
    ...between.map((m) => ({ role: textOf(m['role']) || 'user', content: textOf(m['content']) })),
    { role: 'user', content: textOf(spec['template']) },
  ].filter((m) => m.content !== '');
}

/** The variables that its texts and its path have. */
export function namesIn(spec: Spec): string[] {
  const inPath = [...textOf(spec['path']).matchAll(/\{([A-Za-z0-9_]+)\}/g)].map((m) => m[1] ?? '');
  return [...new Set([...inPath, ...messagesOf(spec).flatMap((m) => variablesOf(m.content))])];
}

export function declaredIn(spec: Spec): Variable[] {
  return listOf(spec['variables']).map((v) => (isPlainObject(v) ? (v as unknown as Variable) : { name: String(v) }));
}

const saysMoreThanName = (v: Variable): boolean => Object.keys(v).length > 1;

/** The spec with the variables that its texts have: new ones are added, and those go that say nothing and are nowhere. */
export function withVariables(spec: Spec): Spec {
  const names = namesIn(spec);
  const kept = declaredIn(spec).filter((v) => names.includes(v.name) || saysMoreThanName(v));
  const added = names.filter((name) => !kept.some((v) => v.name === name)).map((name) => ({ name }));
  const variables = [...kept, ...added];
  return withMember(spec, 'variables', variables.length === 0 ? undefined : variables);
}

/** What stands in a field until somebody writes something else. */
export function exampleOf(v: Variable): string {
  return v.example ?? v.default ?? v.values?.[0] ?? ({ integer: '1', number: '1', boolean: 'true', json: '{}' }[v.type ?? ''] ?? '');
}

export type Values = Record<string, string>;

/** The template with its values; what has none is left as it stands. */
export function filledTemplate(template: string, values: Values): string {
  return piecesOf(template)
    .map((p) => (p.name === undefined ? p.text.replaceAll('\\{{', '{{') : (values[p.name] ?? p.text)))
    .join('');
}


/** The chat that the prompt is, as it stands in the editor: what the published operation would ask. */
export function chatOf(spec: Spec, values: Values): Record<string, unknown> {
  const output = isPlainObject(spec['output']) ? spec['output'] : {};
  const schema = output['schema'];
  return {
    model: textOf(spec['model']),
    messages: messagesOf(spec).map((m) => ({ ...m, content: filledTemplate(m.content, values) })),
    ...(isPlainObject(spec['parameters']) ? spec['parameters'] : {}),
    ...(schema === undefined ? {} : { response_format: { type: 'json_schema', json_schema: { name: 'output', strict: true, schema } } }),
  };
}

function typed(type: string | undefined, text: string): unknown {
  switch (type) {
    case 'integer':
    case 'number':
      return Number.isNaN(Number(text)) ? text : Number(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.split(',').map((item) => item.trim());
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    default:
      return text;
  }
}

/** The call of the published operation: its path with what stands in it, and the rest as a JSON object. */
export function callOf(prefix: string, spec: Spec, values: Values): { path: string; body: Record<string, unknown> } {
  const pattern = `${prefix}${textOf(spec['path']) || `/${textOf(spec['name'])}`}`;
  const path = pattern.replaceAll(/\{([A-Za-z0-9_]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const inBody = declaredIn(spec).filter((v) => !pattern.includes(`{${v.name}}`) && (values[v.name] ?? '') !== '');
  return { path, body: Object.fromEntries(inBody.map((v) => [v.name, typed(v.type, values[v.name] ?? '')])) };
}

/** Services name a prompt by its name, or by `name@version`. */
export function publishes(service: Spec, prompt: Spec): boolean {
  return listOf(service['prompts']).includes(keyOf(prompt));
}

/** One of the prompts behind an operation, with its share. */
export interface Arm {
  prompt: string;
  percent: number;
}

export const keyOf = (prompt: Spec): string => (textOf(prompt['version']) === '' ? textOf(prompt['name']) : `${textOf(prompt['name'])}@${textOf(prompt['version'])}`);

/** Itself with what is left first, as the gateway has it, then those on trial. */
export function armsOf(prompt: Spec): Arm[] {
  const trial = isPlainObject(prompt['trial']) ? prompt['trial'] : {};
  const others = listOf(trial['arms'])
    .filter(isPlainObject)
    .map((a) => ({ prompt: textOf(a['prompt']), percent: Number(a['percent'] ?? 0) }));
  const taken = others.reduce((sum, a) => sum + a.percent, 0);
  return [{ prompt: keyOf(prompt), percent: 100 - taken }, ...others];
}

/** How reports name what an arm has answered. */
export const routeOfArm = (service: Spec, prompt: Spec, arm: Arm): string => `${textOf(service['name'])}/${textOf(prompt['name'])}#${arm.prompt}`;

/** A sum as a mean of its requests. */
export const perCall = (row: { requests: number }, sum: number): number => (row.requests === 0 ? 0 : sum / row.requests);
