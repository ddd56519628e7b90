import { useQuery } from '@tanstack/react-query';
import { get, query } from '../api/client.ts';
import type { Usage } from './analytics.ts';

const refreshMs = 5000;

export function useUsage(group: string, seconds: number) {
  return useQuery({
    queryKey: ['usage', group, seconds],
    queryFn: ({ signal }) => get<Usage>(`/usage${query({ group, since: `${seconds}s` })}`, signal),
    refetchInterval: refreshMs,
  });
}
