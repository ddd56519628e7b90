/** Where nouns stand in the menu. One that is not named here stands under "More", so that none is lost. */
import type { Noun } from '../api/openapi.ts';
import type { TextKey } from '../i18n/index.tsx';

export interface Group {
  title: TextKey;
  plurals: string[];
}

const groups: Group[] = [
  { title: 'nav.group.apis', plurals: ['services', 'releases', 'documents', 'upstreams', 'policies', 'certificates', 'webhooks', 'alerts'] },
  { title: 'nav.group.ai', plurals: ['accounts', 'models', 'prompts', 'prices', 'budgets', 'vendors'] },
  { title: 'nav.group.consumers', plurals: ['consumers', 'credentials', 'plans', 'subscriptions'] },
  { title: 'nav.group.administration', plurals: ['users', 'teams', 'roles', 'tokens', 'identity-providers', 'workspaces', 'portals', 'listeners'] },
];

export function arrange(nouns: readonly Noun[]): { title: TextKey; nouns: Noun[] }[] {
  const named = new Set(groups.flatMap((g) => g.plurals));
  const known = groups.map(({ title, plurals }) => ({
    title,
    nouns: plurals.flatMap((p) => nouns.filter((n) => n.plural === p)),
  }));
  const others = nouns.filter((n) => !named.has(n.plural));
  return [...known, { title: 'nav.group.more' as TextKey, nouns: others }].filter((g) => g.nouns.length > 0);
}
