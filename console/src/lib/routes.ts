/** Requests that a service takes, made of its routes: for people to try. No DOM in here. */
import { isPlainObject, listOf } from './schema.ts';

export interface Example {
  name: string; // of its route, which is the path of one without
  pattern: string;
  conditions: string[]; // beside method and path, as people read them: "x-beta = yes"
  methods: string; // as shown
  method: string;
  path: string;
  host: string;
}

/** "/orders/{id}" and "/files/*" with something in the holes. */
export function filled(pattern: string): string {
  return pattern
    .replaceAll(/\{[^}]*\}/g, '1')
    .replace(/\/\*+$/, '/')
    .replaceAll('*', 'a');
}

const firstHost = (hosts: unknown): string => {
  const host = String(listOf(hosts)[0] ?? '');
  return host.startsWith('*.') ? `www${host.slice(1)}` : host;
};

/** A header or a parameter of the query by its name, and what it has to be. */
export function conditionOf(rule: unknown, mark = ''): string {
  const { name, value, regex } = isPlainObject(rule) ? rule : {};
  const subject = `${mark}${String(name)}`;
  if (value !== undefined) return `${subject} = ${String(value)}`;
  return regex === undefined ? subject : `${subject} ~ ${String(regex)}`;
}

function conditionsOf(route: Record<string, unknown>, hosts: unknown): string[] {
  return [
    ...listOf(hosts).map(String),
    ...listOf(route['headers']).map((rule) => conditionOf(rule)),
    ...listOf(route['queries']).map((rule) => conditionOf(rule, '?')),
  ];
}

/** Without routes and a path of its own, each operation of a service is a route. */
function routesOf(service: Record<string, unknown>): Record<string, unknown>[] {
  const routes = listOf(service['routes']).filter(isPlainObject);
  if (routes.length > 0 || service['path'] !== undefined) return routes;
  const operations = listOf(service['operations']).filter(isPlainObject);
  return operations.map((op) => ({ name: op['id'], path: op['path'], methods: listOf(op['method']) }));
}

export function examplesOf(service: Record<string, unknown>): Example[] {
  const prefix = String(service['prefix'] ?? '');
  const routes = routesOf(service);
  if (routes.length === 0) {
    const isAi = service['kind'] === 'ai';
    const pattern = isAi ? `${prefix}/v1/models` : `${prefix}${String(service['path'] ?? `/${String(service['name'] ?? '')}/*`)}`;
    const conditions = conditionsOf({}, service['hosts']);
    return [{ name: pattern, conditions, pattern, methods: isAi ? 'GET' : '*', method: 'GET', path: filled(pattern), host: firstHost(service['hosts']) }];
  }
  return routes.flatMap((route) => {
    const methods = listOf(route['methods']).map(String);
    const hosts = route['hosts'] ?? service['hosts'];
    const paths = [...listOf(route['path']), ...listOf(route['paths'])];
    return (paths.length === 0 ? ['/*'] : paths).map((path) => ({
      name: String(route['name'] ?? paths[0] ?? '/*'),
      conditions: conditionsOf(route, hosts),
      pattern: `${prefix}${String(path)}`,
      methods: methods.length === 0 ? '*' : methods.join(' '),
      method: methods[0] ?? 'GET',
      path: filled(`${prefix}${String(path)}`),
      host: firstHost(hosts),
    }));
  });
}
