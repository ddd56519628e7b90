/** Requests that a service takes, made of its routes: for people to try. No DOM in here. */
import { isPlainObject, listOf } from './schema.ts';

export interface Example {
  pattern: string;
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

/** Without routes and a path of its own, each operation of a service is a route. */
function routesOf(service: Record<string, unknown>): Record<string, unknown>[] {
  const routes = listOf(service['routes']).filter(isPlainObject);
  if (routes.length > 0 || service['path'] !== undefined) return routes;
  const operations = listOf(service['operations']).filter(isPlainObject);
  return operations.map((op) => ({ path: op['path'], methods: listOf(op['method']) }));
}

export function examplesOf(service: Record<string, unknown>): Example[] {
  const prefix = String(service['prefix'] ?? '');
  const routes = routesOf(service);
  if (routes.length === 0) {
    const isAi = service['kind'] === 'ai';
    const pattern = isAi ? `${prefix}/v1/models` : `${prefix}${String(service['path'] ?? `/${String(service['name'] ?? '')}/*`)}`;
    return [{ pattern, methods: isAi ? 'GET' : '*', method: 'GET', path: filled(pattern), host: firstHost(service['hosts']) }];
  }
  return routes.flatMap((route) => {
    const methods = listOf(route['methods']).map(String);
    return [...listOf(route['path']), ...listOf(route['paths'])].map((path) => ({
      pattern: `${prefix}${String(path)}`,
      methods: methods.length === 0 ? '*' : methods.join(' '),
      method: methods[0] ?? 'GET',
      path: filled(`${prefix}${String(path)}`),
      host: firstHost(route['hosts'] ?? service['hosts']),
    }));
  });
}
