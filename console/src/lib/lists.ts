/** How lists of resources are read: page by page. */
import { query } from '../api/client.ts';

/** The first page is there at once; who scrolls on gets many rows at a time. */
const firstPage = 100;
const nextPages = 500;

export interface ListQuery {
  q?: string;
  sort?: string;
  filter?: Record<string, string>;
  limit?: number;
}

export function listPath(plural: string, asked: ListQuery, cursor = ''): string {
  return `/${plural}${query({ q: asked.q, sort: asked.sort, limit: asked.limit ?? (cursor === '' ? firstPage : nextPages), cursor, ...asked.filter })}`;
}

/** By what a list is in order, when nothing was chosen. */
export const listSort = 'key';

/** What the page of a list asks, when its address says no more. */
export const firstListPath = (plural: string): string => listPath(plural, { sort: listSort });
