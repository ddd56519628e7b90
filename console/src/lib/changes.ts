/** Which members of a resource became what, by their paths: "grants[0].role". No DOM in here. */
import { isPlainObject } from './schema.ts';

export interface Change {
  path: string;
  before: string | undefined; // as JSON; undefined: it was not there
  after: string | undefined;
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

const isBranch = (value: unknown): value is Record<string, unknown> | unknown[] => Array.isArray(value) || isPlainObject(value);

const below = (path: string, name: string, isList: boolean): string => (isList ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);

/** Lists are compared place by place; a map or list beside something else is a change as a whole. */
export function changesOf(before: unknown, after: unknown, path = ''): Change[] {
  const isSameKind = isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after);
  if (!isSameKind) {
    const [old, now] = [textOf(before), textOf(after)];
    return old === now ? [] : [{ path, before: old, after: now }];
  }
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => changesOf(old[name], now[name], below(path, name, Array.isArray(before))));
}
