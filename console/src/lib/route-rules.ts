/** Rules of routes as people build them: kinds of paths, and a request that a rule is meant for. No DOM in here. */
import { examplesOf } from './routes.ts';
import { isPlainObject, listOf } from './schema.ts';

export const pathKinds = ['exact', 'prefix', 'parameters', 'regex'] as const;
export type PathKind = (typeof pathKinds)[number];

export function pathKindOf(path: string): PathKind {
  if (path.startsWith('~')) return 'regex';
  if (path.endsWith('/*')) return 'prefix';
  return path.includes('{') ? 'parameters' : 'exact';
}

/** The path without what makes it one of its kind: "/orders" of "/orders/*", "~^/orders" and "/orders/{id}". */
function bare(path: string): string {
  const text = path.replace(/^~\^?/, '').replace(/\/\*$/, '');
  return text.replace(/\/\{[^}]*\}$/, '') || '/';
}

/** As little as possible is changed: what was written stays a path of the other kind. */
export function withPathKind(path: string, kind: PathKind): string {
  if (pathKindOf(path) === kind) return path;
  const base = bare(path);
  const below = base === '/' ? '' : base;
  return { exact: base, prefix: `${below}/*`, parameters: `${below}/{id}`, regex: `~^${base}` }[kind];
}

export const conditionKinds = ['value', 'regex', 'present'] as const;
export type ConditionKind = (typeof conditionKinds)[number];

export function conditionKindOf(rule: Record<string, unknown>): ConditionKind {
  if (rule['value'] !== undefined) return 'value';
  return rule['regex'] === undefined ? 'present' : 'regex';
}

/** The rule with another kind; what it compares with is kept. */
export function withConditionKind(rule: Record<string, unknown>, kind: ConditionKind): Record<string, unknown> {
  const { value, regex, ...rest } = rule;
  return kind === 'present' ? rest : { ...rest, [kind]: String(value ?? regex ?? '') };
}

export interface Sample {
  method: string;
  url: string;
  headers: Record<string, string>;
}

const isPattern = (rule: unknown): boolean => isPlainObject(rule) && rule['regex'] !== undefined;
const isExact = (rule: unknown): rule is Record<string, unknown> => isPlainObject(rule) && String(rule['name'] ?? '') !== '' && rule['regex'] === undefined;

/** A request that the route is for; undefined where only a regular expression tells. */
export function sampleOf(service: Record<string, unknown>, route: Record<string, unknown>): Sample | undefined {
  const [example] = examplesOf({ ...service, routes: [route], operations: undefined });
  const rules = [...listOf(route['headers']), ...listOf(route['queries'])];
  if (example === undefined || example.pattern.includes('~') || rules.some(isPattern)) return undefined;
  const query = new URLSearchParams(listOf(route['queries']).filter(isExact).map((q) => [String(q['name']), String(q['value'] ?? '')])).toString();
  const path = `${example.path}${query === '' ? '' : `?${query}`}`;
  return {
    method: example.method,
    url: example.host === '' ? path : `http://${example.host}${path}`,
    headers: Object.fromEntries(listOf(route['headers']).filter(isExact).map((h) => [String(h['name']), String(h['value'] ?? '1')])),
  };
}
