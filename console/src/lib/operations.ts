/** The operations of an API as a service has them (see apidoc), for people to read and to try. No DOM in here. */
import type { Schema } from '../api/openapi.ts';
import { filled } from './routes.ts';
import { isPlainObject, listOf } from './schema.ts';

export type Place = 'path' | 'query' | 'header' | 'cookie';

export interface Parameter {
  name: string;
  in: Place;
  required?: boolean;
  deprecated?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  summary?: string;
  description?: string;
  tags?: string[];
  deprecated?: boolean;
  parameters?: Parameter[];
  request?: { required?: boolean; content?: Record<string, Schema> };
  responses?: Record<string, { description?: string; content?: Record<string, Schema> }>;
}

export type Schemas = Record<string, Schema>;

const hopsMax = 16;
const depthMax = 6;

export function operationsOf(service: Record<string, unknown>): Operation[] {
  return listOf(service['operations']).filter(isPlainObject) as unknown as Operation[];
}

export function schemasOf(service: Record<string, unknown>): Schemas {
  const schemas = service['schemas'];
  return isPlainObject(schemas) ? (schemas as Schemas) : {};
}

/** The last part of "#/schemas/Order"; empty when the schema is none of those with a name. */
export function schemaName(schema: Schema | undefined): string {
  return (schema?.$ref ?? '').split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '';
}

/** Follow references, and put the parts of `allOf` together; a reference to nothing takes anything. */
export function whole(schema: Schema | undefined, schemas: Schemas): Schema {
  let found: unknown = schema;
  for (let hops = 0; isPlainObject(found) && found['$ref'] !== undefined && hops < hopsMax; hops++) found = schemas[schemaName(found as Schema)];
  const result = (isPlainObject(found) ? found : {}) as Schema;
  if (result.$ref !== undefined) return {}; // a circle of names
  return (result.allOf ?? []).reduce<Schema>((sum, part) => {
    const piece = part.$ref === schema?.$ref && part.$ref !== undefined ? {} : shallow(part, schemas);
    return {
      ...sum,
      ...piece,
      properties: { ...sum.properties, ...piece.properties },
      required: [...(sum.required ?? []), ...(piece.required ?? [])],
    };
  }, result);
}

function shallow(schema: Schema, schemas: Schemas): Schema {
  const named = schema.$ref === undefined ? schema : schemas[schemaName(schema)];
  return isPlainObject(named) ? (named as Schema) : {};
}

export function typeOf(schema: Schema | undefined, schemas: Schemas): string {
  const name = schemaName(schema);
  if (name !== '') return name;
  const s = whole(schema, schemas);
  const forms = s.oneOf ?? s.anyOf;
  if (forms !== undefined) return forms.map((f) => typeOf(f, schemas)).join(' | ');
  if (s.enum !== undefined) return s.enum.map((v) => JSON.stringify(v)).join(' | ');
  if (s.const !== undefined) return JSON.stringify(s.const);
  const type = listOf(s.type).join(' | ') || (s.properties !== undefined ? 'object' : 'any');
  if (type === 'array') return `${typeOf(s.items, schemas)}[]`;
  return s.format === undefined ? type : `${type} (${s.format})`;
}

const bounds: readonly [keyof Schema, string][] = [
  ['minimum', '≥'],
  ['maximum', '≤'],
  ['minLength', 'length ≥'],
  ['maxLength', 'length ≤'],
  ['maxItems', 'items ≤'],
  ['pattern', '~'],
];

export function boundsOf(schema: Schema | undefined, schemas: Schemas): string {
  const s = whole(schema, schemas);
  return bounds
    .filter(([name]) => s[name] !== undefined)
    .map(([name, sign]) => `${sign} ${String(s[name])}`)
    .join(', ');
}

const formats: Record<string, string> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  email: 'someone@example.com',
  uuid: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  uri: 'https://example.com',
};

/** A value that the schema takes: its example when it has one, else one made of types. */
export function sampleOf(schema: Schema | undefined, schemas: Schemas, depth = 0): unknown {
  const s = whole(schema, schemas);
  const given = s.example ?? s.examples?.[0] ?? s.default ?? s.const ?? s.enum?.[0];
  if (given !== undefined) return given;
  if (depth > depthMax) return {};
  const form = s.oneOf?.[0] ?? s.anyOf?.[0];
  if (form !== undefined) return sampleOf(form, schemas, depth + 1);
  const type = listOf(s.type).find((t) => t !== 'null') ?? (s.properties === undefined ? undefined : 'object');
  switch (type) {
    case 'string':
      return formats[s.format ?? ''] ?? 'text';
    case 'integer':
    case 'number':
      return s.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return schemaName(s.items) !== '' && depth > 1 ? [] : [sampleOf(s.items, schemas, depth + 1)];
    case 'object':
      return sampleObject(s, schemas, depth);
    default:
      return {};
  }
}

function sampleObject(s: Schema, schemas: Schemas, depth: number): Record<string, unknown> {
  const required = new Set(s.required ?? []);
  const shown = Object.entries(s.properties ?? {}).filter(([name, p]) => p.readOnly !== true && (depth < 2 || required.has(name)));
  return Object.fromEntries(shown.map(([name, p]) => [name, sampleOf(p, schemas, depth + 1)]));
}

/** The schema of a body in JSON, if it has one. */
export function jsonContent(content: Record<string, Schema> | undefined): Schema | undefined {
  const found = Object.entries(content ?? {}).find(([type]) => /[/+]json\b/.test(type));
  return found?.[1];
}

/** "/orders/{id}" with what was entered, and the query behind it. A hole without a value keeps something in it. */
export function targetOf(prefix: string, op: Operation, values: Record<string, string>): string {
  const path = `${prefix}${op.path}`.replaceAll(/\{([^}]*)\}/g, (all, name: string) =>
    values[`path.${name}`] ? encodeURIComponent(values[`path.${name}`] ?? '') : all,
  );
  const search = new URLSearchParams();
  for (const p of op.parameters ?? [])
    if (p.in === 'query' && values[`query.${p.name}`]) search.set(p.name, values[`query.${p.name}`] ?? '');
  const text = search.toString();
  return filled(path) + (text === '' ? '' : `?${text}`);
}

export function headersOf(op: Operation, values: Record<string, string>): Record<string, string> {
  const given = (op.parameters ?? []).filter((p) => p.in === 'header' && values[`header.${p.name}`]);
  return Object.fromEntries(given.map((p) => [p.name.toLowerCase(), values[`header.${p.name}`] ?? '']));
}

/** Those with every word in path, id, summary or tags. */
export function searched(operations: readonly Operation[], text: string): Operation[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter((op) => {
    const all = [op.method, op.path, op.id, op.summary ?? '', ...(op.tags ?? [])].join(' ').toLowerCase();
    return words.every((w) => all.includes(w));
  });
}

/** By the first tag, in the order in which tags appear; what has none stands last. */
export function grouped(operations: readonly Operation[]): { tag: string; operations: Operation[] }[] {
  const tags = [...new Set(operations.map((op) => op.tags?.[0] ?? ''))].sort((a, b) => Number(a === '') - Number(b === ''));
  return tags.map((tag) => ({ tag, operations: operations.filter((op) => (op.tags?.[0] ?? '') === tag) }));
}
