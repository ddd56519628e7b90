/** Views of analytics: as the address of the page has one, and as the server keeps it. */
import { type Dimension, dimensions } from '../api/reports.ts';
import { measures } from './measures.ts';
import { ranges } from './ranges.ts';

/** What a view asks: the members of the noun `views` that are no name and nobody's. */
export interface Asked {
  group_by?: string[];
  since?: string;
  measure?: string;
  filters?: Record<string, string>;
}

const isDimension = (text: string): text is Dimension => (dimensions as readonly string[]).includes(text);
const without = <T extends object>(members: T): Asked => Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined && Object.keys(v).length > 0));

/** What the address of the page asks, as far as a view can keep it. */
export function askedOf(search: URLSearchParams): Asked {
  const [since, measure] = [search.get('since'), search.get('measure')];
  return without({
    group_by: [...new Set((search.get('group') ?? '').split(',').filter(isDimension))],
    since: ranges.find((r) => r.id === since)?.id,
    measure: measures.find((m) => m.id === measure)?.id,
    filters: Object.fromEntries([...search].filter(([name]) => isDimension(name))),
  });
}

/** The address of the page that asks it; `key`: of the view, by which it can be found again. */
export function searchOf(view: Asked, key?: string): URLSearchParams {
  return new URLSearchParams([
    ...(key === undefined ? [] : [['view', key]]),
    ...((view.group_by ?? []).length === 0 ? [] : [['group', (view.group_by ?? []).join(',')]]),
    ...(view.since === undefined ? [] : [['since', view.since]]),
    ...(view.measure === undefined ? [] : [['measure', view.measure]]),
    ...Object.entries(view.filters ?? {}),
  ]);
}

/** Do they ask the same? */
export const isSame = (a: Asked, b: Asked): boolean => searchOf(a).toString() === searchOf(b).toString();

/** For the server, which tells views apart by it; people give them titles. Of a user's own it begins with who that is. */
export function newKey(user?: string): string {
  return `${user === undefined ? '' : `${user}.`}view-${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/* ------------------------------------------------------------------ what earlier consoles kept in one browser */

const stored = 'sluice.views';

export interface OldView {
  name: string;
  search: string;
}

export function readOldViews(): OldView[] {
  try {
    const views: unknown = JSON.parse(localStorage.getItem(stored) ?? '[]');
    return Array.isArray(views) ? views.filter((v) => typeof v?.name === 'string' && typeof v?.search === 'string') : [];
  } catch {
    return [];
  }
}

export function forgetOldView(name: string): void {
  const views = readOldViews().filter((v) => v.name !== name);
  if (views.length === 0) localStorage.removeItem(stored);
  else localStorage.setItem(stored, JSON.stringify(views));
}
