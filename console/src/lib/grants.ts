/** What somebody may do: a role, everywhere, in a workspace, or for what is of a team; and the place as one text. */
import type { TextKey } from '../i18n/index.tsx';
import { isPlainObject, listOf } from './schema.ts';

type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

export interface Grant {
  role: string;
  workspace?: string;
  team?: string;
}

export function grantsOf(value: unknown): Grant[] {
  return listOf(value).filter(isPlainObject) as unknown as Grant[];
}

export function grantText(g: Grant, t: Translate): string {
  const where = [
    ...(g.workspace === undefined ? [] : [t('members.in', { workspace: g.workspace })]),
    ...(g.team === undefined ? [] : [t('members.of', { team: g.team })]),
  ];
  return where.length === 0 ? g.role : `${g.role} ${where.join(', ')}`;
}

/** "" everywhere, "w:NAME", "t:NAME"; undefined: a place that is both, which is left as it is. */
export function placeOf(g: Grant): string | undefined {
  if (g.workspace !== undefined && g.team !== undefined) return undefined;
  if (g.workspace !== undefined) return `w:${g.workspace}`;
  return g.team === undefined ? '' : `t:${g.team}`;
}

export function withPlace(g: Grant, place: string): Grant {
  const name = place.slice(2);
  if (place.startsWith('w:')) return { role: g.role, workspace: name };
  return place.startsWith('t:') ? { role: g.role, team: name } : { role: g.role };
}

/** A password that nobody guesses, and that any rule of length takes. */
export function newPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(36));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}
