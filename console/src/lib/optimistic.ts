/** What lists and pages say of a resource, changed before the server has said yes, and put back when it says no. */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query';
import type { Answer } from '../api/client.ts';
import type { Page, Resource } from '../api/resources.ts';

/** What becomes of it; nothing: it is gone from lists. */
export type Change = (resource: Resource) => Resource | undefined;

type Listed = InfiniteData<Page<Resource>>;

const isListed = (data: unknown): data is Listed => typeof data === 'object' && data !== null && Array.isArray((data as Listed).pages);

function inList(list: Listed, key: string, change: Change): Listed {
  const items = (page: Page<Resource>): Resource[] =>
    page.items.flatMap((r) => {
      const next = r.key === key ? change(r) : r;
      return next === undefined ? [] : [next];
    });
  return { ...list, pages: list.pages.map((page) => ({ ...page, items: items(page) })) };
}

/** The answer puts everything back as it was. */
export function changeInCache(client: QueryClient, plural: string, key: string, change: Change): () => void {
  const before: [QueryKey, unknown][] = client.getQueriesData({ queryKey: ['list', plural] });
  for (const [at, data] of before) if (isListed(data)) client.setQueryData(at, inList(data, key, change));
  const one: QueryKey = ['one', plural, key];
  const shown = client.getQueryData<Answer<Resource>>(one);
  const next = shown === undefined ? undefined : change(shown.body);
  if (shown !== undefined && next !== undefined) client.setQueryData(one, { ...shown, body: next });
  return () => {
    for (const [at, data] of before) client.setQueryData(at, data);
    if (shown !== undefined) client.setQueryData(one, shown);
  };
}
