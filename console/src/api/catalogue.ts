/** What the program knows of vendors and their models, without any account. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { get, query } from './client.ts';

export interface Vendor {
  id: string;
  name: string;
  base_url: string;
}

export interface CatalogueModel {
  vendor: string;
  name: string;
  mode: string;
  is_deprecated: boolean;
  context_tokens: number;
  max_output_tokens: number;
  has_price: boolean;
  prices?: { input?: string; cache_read?: string; output?: string }; // US dollars per million tokens
  has_price_rules?: boolean; // others hold under conditions
  abilities: string[];
}

export function useVendors() {
  return useQuery({
    queryKey: ['catalogue', 'vendors'],
    queryFn: async ({ signal }) => (await get<{ items: Vendor[] }>('/catalogue/vendors', signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** All models of a vendor. */
export function useCatalogue(vendor: string) {
  return useQuery({
    queryKey: ['catalogue', 'models', vendor],
    enabled: vendor !== '',
    queryFn: async ({ signal }) => (await get<CataloguePage>(`/catalogue/models${query({ vendor })}`, signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Those of a vendor that one can talk to, without what is going away. */
export const chatModelsOf = (vendor: string) => ({
  queryKey: ['catalogue', 'chat', vendor],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await get<CataloguePage>(`/catalogue/models${query({ vendor, mode: 'chat' })}`, signal)).items.filter((m) => !m.is_deprecated),
  staleTime: Number.POSITIVE_INFINITY,
});

interface CataloguePage {
  items: CatalogueModel[];
  total: number;
  next_cursor?: string;
}

export interface CatalogueAsked {
  q: string;
  vendor: string; // '': all
  ability: string;
  mode: string;
  sort: string;
}

/** Those of all vendors that fit, page by page; what was found before stays until there is more. */
export function useCatalogueSearch(asked: CatalogueAsked) {
  return useInfiniteQuery({
    queryKey: ['catalogue', 'search', asked],
    queryFn: ({ pageParam, signal }) => get<CataloguePage>(`/catalogue/models${query({ ...asked, limit: 100, cursor: pageParam })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** "vendor/model", as an address has it: names of models have slashes, too, ids of vendors have none. */
export const modelKey = ({ vendor, name }: Pick<CatalogueModel, 'vendor' | 'name'>): string => `${vendor}/${name}`;

/** The models with these keys, in their order; what there is not (any more) is left out. */
export function useCatalogueModels(keys: readonly string[]): CatalogueModel[] {
  return useQueries({
    queries: keys.map((key) => ({
      queryKey: ['catalogue', 'model', key],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const slash = key.indexOf('/');
        return (await get<CataloguePage>(`/catalogue/models${query({ vendor: key.slice(0, slash), model: key.slice(slash + 1) })}`, signal)).items[0] ?? null;
      },
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    })),
    combine: (answers) => answers.flatMap((a) => (a.data === undefined || a.data === null ? [] : [a.data])),
  });
}
