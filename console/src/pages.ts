/** The screens of the console, each a file of its own, and what each asks the server first: known before the program is here. */
import { reportPath } from './api/reports.ts';
import { homeTop, homeTops, homeTotals } from './lib/home.ts';
import { type Kept, kept } from './lib/kept.ts';
import { firstListPath } from './lib/lists.ts';
import { rangeOf } from './lib/ranges.ts';
import { servicesTraffic } from './lib/services.ts';
import { tabsOf } from './tabs.ts';

export const pages = {
  home: kept(() => import('./pages/home.tsx')),
  list: kept(() => import('./pages/list.tsx')),
  create: kept(() => import('./pages/create.tsx')),
  detail: kept(() => import('./pages/detail.tsx')),
  audit: kept(() => import('./pages/audit.tsx')),
  playground: kept(() => import('./pages/playground.tsx')),
  analytics: kept(() => import('./pages/analytics.tsx')),
  requests: kept(() => import('./pages/requests.tsx')),
  accounts: kept(() => import('./pages/accounts.tsx')),
  models: kept(() => import('./pages/models.tsx')),
  services: kept(() => import('./pages/services.tsx')),
  budgets: kept(() => import('./pages/budgets.tsx')),
  catalogue: kept(() => import('./pages/catalogue.tsx')),
  alerts: kept(() => import('./pages/alerts.tsx')),
  subscriptions: kept(() => import('./pages/subscriptions.tsx')),
  import: kept(() => import('./pages/import.tsx')),
  nodes: kept(() => import('./pages/nodes.tsx')),
  certificates: kept(() => import('./pages/certificates.tsx')),
  backups: kept(() => import('./pages/backups.tsx')),
  settings: kept(() => import('./pages/settings.tsx')),
  members: kept(() => import('./pages/members.tsx')),
  tokens: kept(() => import('./pages/tokens.tsx')),
  sessions: kept(() => import('./pages/sessions.tsx')),
  deliveries: kept(() => import('./pages/deliveries.tsx')),
  portalLook: kept(() => import('./pages/portal-look.tsx')),
};

type PageId = keyof typeof pages;

/** Whose address is not their name. */
const placed: Readonly<Record<string, PageId>> = { '': 'home', 'my-sessions': 'sessions', 'my-tokens': 'tokens', portals: 'portalLook', users: 'members' };

/** Part of what every visit needs: no file of their own. */
const withoutFile: ReadonlySet<string> = new Set(['login', 'password']);

export function pageAt(pathname: string): PageId | undefined {
  const [first = '', second] = pathname.split('/').slice(1);
  if (withoutFile.has(first)) return undefined;
  if (second !== undefined) return second === 'new' ? 'create' : 'detail';
  return placed[first] ?? (first in pages ? (first as PageId) : 'list');
}

/** The files of the page at an address: its own, and that of the tab which is open; who may not see the first one waits for another. */
export function filesAt(pathname: string, search: URLSearchParams): Kept<unknown>[] {
  const page = pageAt(pathname);
  if (page === undefined) return [];
  const tabs = page === 'detail' ? tabsOf(pathname.split('/')[1] ?? '') : [];
  const wanted = search.get('tab');
  const tab = wanted === null ? tabs[0] : tabs.find((x) => x.id === wanted);
  return tab === undefined ? [pages[page]] : [pages[page], tab.file];
}

/** Paths of the API, as the page itself would ask them; what it asks besides, it asks when it is there. */
export function questionsAt(pathname: string, search: URLSearchParams): string[] {
  const range = rangeOf(search.get('since'));
  if (pathname === '/') return [homeTotals(range), ...homeTops.map((group) => homeTop(group, range))].map((q) => reportPath(q));
  if (pathname === '/services' && search.size === 0) return [firstListPath('services'), reportPath(servicesTraffic)];
  return pageAt(pathname) === 'list' && search.size === 0 ? [firstListPath(pathname.slice(1))] : [];
}
