/** What belongs to a prompt: its versions, and the services that publish it. */
import { publishes, type Spec } from '../lib/prompts.ts';
import { type Resource, useList } from './resources.ts';

/** The prompts of its name, itself among them. */
export function useVersions(prompt: Spec): Resource[] {
  const list = useList('prompts', { filter: { name: String(prompt['name'] ?? '') } });
  return list.data?.pages.flatMap((p) => p.items) ?? [];
}

export function usePublishers(prompt: Spec): Resource[] {
  const list = useList('services', { filter: { kind: 'prompt' } });
  return (list.data?.pages.flatMap((p) => p.items) ?? []).filter((s) => publishes(s, prompt));
}
