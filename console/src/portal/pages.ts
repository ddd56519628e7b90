/** The screens of the portal, each a file of its own, and what each asks the server first: known before the program is here. */
import { query } from '../api/client.ts';
import { wished } from '../i18n/languages.ts';
import { kept } from '../lib/kept.ts';
import { seenUntil } from '../lib/news.ts';

export const pages = {
  service: kept(() => import('./service.tsx')),
  applications: kept(() => import('./applications.tsx')),
  application: kept(() => import('./application.tsx')),
  register: kept(() => import('./register.tsx')),
  usage: kept(() => import('./usage.tsx')),
  news: kept(() => import('./news.tsx')),
};

interface Place {
  at: RegExp;
  page: keyof typeof pages;
  asks?: (key: string) => string[]; // `key`: as it stands in the address
}

const places: readonly Place[] = [
  { at: /^\/services\/([^/]+)$/, page: 'service', asks: (key) => [`/portal/services/${key}`] },
  { at: /^\/applications$/, page: 'applications', asks: () => ['/portal/applications'] },
  { at: /^\/applications\/([^/]+)$/, page: 'application', asks: (key) => [`/portal/applications/${key}`] },
  { at: /^\/register$/, page: 'register' },
  { at: /^\/usage$/, page: 'usage' },
  { at: /^\/changes$/, page: 'news', asks: () => ['/portal/changes'] },
];

/** Paths within the portal. The catalogue has no file of its own. */
export function pageAt(pathname: string): keyof typeof pages | undefined {
  return places.find((p) => p.at.test(pathname))?.page;
}

/** Those of every page: how it looks, whether it is for guests, and how much is new. */
export function questionsAt(pathname: string): string[] {
  const place = places.find((p) => p.at.test(pathname));
  const key = place?.at.exec(pathname)?.[1] ?? '';
  return [`/portal${query({ language: wished() })}`, '/portal/services', `/portal/changes${query({ since: seenUntil() })}`, ...(place?.asks?.(key) ?? [])];
}
