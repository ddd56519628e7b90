/** What the program knows of vendors and their models, without any account. */
import { useQuery } from '@tanstack/react-query';
import { get, query } from './client.ts';

export interface Vendor {
  id: string;
  name: string;
  base_url: string;
}

export interface CatalogueModel {
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

export function useCatalogue(vendor: string) {
  return useQuery({
    queryKey: ['catalogue', 'models', vendor],
    enabled: vendor !== '',
    queryFn: async ({ signal }) => (await get<{ items: CatalogueModel[] }>(`/catalogue/models${query({ vendor })}`, signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
