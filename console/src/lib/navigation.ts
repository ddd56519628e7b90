/** Where nouns stand in the menu. One that is not named here stands under "More", so that none is lost. */
import type { Noun } from '../api/openapi.ts';
import type { TextKey } from '../i18n/index.tsx';

export interface Group {
  title: TextKey;
  plurals: string[];
}

/** A page that is no noun's: where it stands, and what it needs. */
export interface Screen {
  to: string;
  title: TextKey;
  permission: string;
  group: TextKey;
  isEverywhere?: boolean; // the permission in one workspace is not enough
}

export const screens: readonly Screen[] = [
  { to: '/catalogue', title: 'nav.catalogue', permission: 'catalogue:read', group: 'nav.group.ai' },
  { to: '/playground', title: 'nav.playground', permission: 'playground:call', group: 'nav.group.ai' },
  { to: '/deliveries', title: 'deliveries.title', permission: 'webhooks:read', group: 'nav.group.apis' },
  { to: '/sessions', title: 'sessions.title', permission: 'sessions:read', group: 'nav.group.administration', isEverywhere: true },
  { to: '/audit', title: 'nav.audit', permission: 'audit:read', group: 'nav.group.administration', isEverywhere: true },
  { to: '/nodes', title: 'nav.nodes', permission: 'nodes:read', group: 'nav.group.administration' },
  { to: '/backups', title: 'nav.backups', permission: 'backups:read', group: 'nav.group.administration', isEverywhere: true },
];

const groups: Group[] = [
  { title: 'nav.group.apis', plurals: ['services', 'releases', 'documents', 'upstreams', 'policies', 'webhooks', 'alerts', 'views'] },
  { title: 'nav.group.ai', plurals: ['accounts', 'models', 'prompts', 'prices', 'budgets', 'vendors'] },
  { title: 'nav.group.consumers', plurals: ['consumers', 'credentials', 'key-sets', 'plans', 'subscriptions'] },
  { title: 'nav.group.administration', plurals: ['users', 'teams', 'roles', 'tokens', 'identity-providers', 'workspaces', 'portals', 'certificates', 'settings', 'listeners'] },
];

export function arrange(nouns: readonly Noun[], shown: readonly Screen[] = []): { title: TextKey; nouns: Noun[]; screens: Screen[] }[] {
  const named = new Set(groups.flatMap((g) => g.plurals));
  const known = groups.map(({ title, plurals }) => ({
    title,
    nouns: plurals.flatMap((p) => nouns.filter((n) => n.plural === p)),
    screens: shown.filter((s) => s.group === title),
  }));
  const others = nouns.filter((n) => !named.has(n.plural));
  return [...known, { title: 'nav.group.more' as TextKey, nouns: others, screens: [] }].filter((g) => g.nouns.length + g.screens.length > 0);
}
