import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { forget } from '../src/api/forget.ts';

/** Shown: what it is told, in order. */
function watch(client: QueryClient, key: string, answer: () => Promise<string>) {
  const seen: (string | undefined)[] = [];
  const shown = new QueryObserver(client, { queryKey: [key], queryFn: answer, initialData: 'of ann', staleTime: Number.POSITIVE_INFINITY, retry: false });
  const stop = shown.subscribe((result) => seen.push(result.data));
  return { seen, stop, now: () => shown.getCurrentResult() };
}

test('what a query began with does not come back for who comes next', async () => {
  const client = new QueryClient();
  const me = watch(client, 'me', () => Promise.resolve('of bob'));
  expect(me.now().data).toBe('of ann');
  await forget(client);
  expect(me.now().data).toBe('of bob');
  expect(me.seen).not.toContain('of ann');
  me.stop();
});

test('what is refused then has nothing to show', async () => {
  const client = new QueryClient();
  const me = watch(client, 'me', () => Promise.reject(new Error('who?')));
  await forget(client, ['me']);
  expect(me.now()).toMatchObject({ status: 'error', data: undefined });
  me.stop();
});

test('what is not shown is gone, and other keys stay', async () => {
  const client = new QueryClient();
  client.setQueryData(['list', 'a'], 'of ann');
  client.setQueryData(['portal-look'], 'ours');
  await forget(client, ['list']);
  expect(client.getQueryData(['list', 'a'])).toBeUndefined();
  expect(client.getQueryData(['portal-look'])).toBe('ours');
});
