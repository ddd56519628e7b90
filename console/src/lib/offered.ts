/** What a key may ask for, by the gateway's own list. */
import { useQuery } from '@tanstack/react-query';
import { callGateway } from './gateway.ts';

export function useOffered(key: string): string[] {
  const { data } = useQuery({
    queryKey: ['offered-models', key],
    enabled: key !== '',
    queryFn: async ({ signal }) => {
      const response = await callGateway({ path: '/v1/models', method: 'GET', key, signal });
      if (!response.ok) return [];
      return ((await response.json()) as { data: { id: string }[] }).data.map((m) => m.id);
    },
    staleTime: 30_000,
  });
  return data ?? [];
}
