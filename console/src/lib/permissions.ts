/** Permissions as `<noun>:<verb>` with `*` for any: what a list of them covers, and what a tick makes of it. */
import type { OpenApi } from '../api/openapi.ts';

/** Every noun with its verbs, as the API's description names them with each operation. */
export function permissionsOf(doc: OpenApi): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const operations of Object.values(doc.paths))
    for (const operation of Object.values(operations)) {
      const permission = (operation as { 'x-permission'?: string })['x-permission'] ?? '';
      const [noun, verb] = permission.split(':');
      if (!noun || !verb) continue;
      const verbs = found.get(noun) ?? [];
      if (!verbs.includes(verb)) found.set(noun, [...verbs, verb]);
    }
  return found;
}

function fits(pattern: string, permission: string): boolean {
  const [n = '', v = ''] = pattern.split(':');
  const [noun, verb] = permission.split(':');
  return (n === '*' || n === noun) && (v === '*' || v === verb);
}

export function covers(list: readonly string[], permission: string): boolean {
  return list.some((pattern) => fits(pattern, permission));
}

/** Tick: the permission is added. Untick: patterns that cover it become what else they cover. */
export function toggled(list: readonly string[], permission: string, all: ReadonlyMap<string, string[]>): string[] {
  if (!covers(list, permission)) return [...list, permission];
  const every = [...all].flatMap(([noun, verbs]) => verbs.map((verb) => `${noun}:${verb}`));
  const kept = list.flatMap((pattern) => {
    if (!fits(pattern, permission)) return [pattern];
    return pattern.includes('*') ? every.filter((p) => fits(pattern, p) && p !== permission) : [];
  });
  return [...new Set(kept)];
}
