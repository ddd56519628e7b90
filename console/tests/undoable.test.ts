import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import type { Resource } from '../src/api/resources.ts';
import { changeInCache } from '../src/lib/optimistic.ts';
import { inverseOf, isReversible, isUndoable } from '../src/lib/undoable.ts';

test('only what is whole in its settings is made again', () => {
  expect(isUndoable('teams', { name: 'blue' })).toBe(true);
  expect(isUndoable('upstreams', { name: 'x', tls: { key: 'sealed:abc' } })).toBe(false);
  expect(isUndoable('credentials', { name: 'a key' })).toBe(false);
  expect(isUndoable('users', { name: 'ann' })).toBe(false);
});

test('a change is taken back unless a secret was changed by it', () => {
  expect(isReversible({ a: 1, key: 'sealed:x' }, { a: 2, key: 'sealed:x' })).toBe(true);
  expect(isReversible({ a: 1, key: 'sealed:x' }, { a: 1, key: 'sealed:y' })).toBe(false);
  expect(isReversible({ a: 1 }, { a: 1, key: 'sealed:y' })).toBe(false);
});

const resource = (key: string, status: Record<string, unknown> = {}): Resource => ({ id: key, key, revision: 1, created_at: '', created_by: '', updated_at: '', updated_by: '', status });

test('an action is taken back by another, as the state is', () => {
  const live = resource('shop', { live_release: 2 });
  expect(inverseOf('services', 'publish', live, { live_release: 3 })).toEqual({ action: 'rollback', body: { release: 2 } });
  expect(inverseOf('services', 'publish', resource('new'), { live_release: 1 })).toEqual({ action: 'offline', body: {} });
  expect(inverseOf('services', 'publish', live, { live_release: 2, pending: { requested_by: 'x' } })).toEqual({ action: 'withdraw', body: {} });
  expect(inverseOf('services', 'publish', live, { live_release: 2, scheduled: { at: 'x' } })).toEqual({ action: 'withdraw', body: {} });
  expect(inverseOf('services', 'deprecate', live, {})).toEqual({ action: 'reinstate', body: {} });
  expect(inverseOf('services', 'deprecate', resource('old', { lifecycle: 'deprecated' }), {})).toBeUndefined();
  expect(inverseOf('subscriptions', 'suspend', resource('a'), {})).toEqual({ action: 'resume', body: {} });
  expect(inverseOf('subscriptions', 'end', resource('a'), {})).toBeUndefined();
  expect(inverseOf('users', 'publish', resource('a'), {})).toBeUndefined();
});

test('what is changed at once is changed wherever it is shown, and put back as it was', async () => {
  const client = new QueryClient();
  const lists = ['', 'b'].map((q) => ['list', 'alerts', { q }]);
  const page = { items: [resource('a'), resource('b')], next_cursor: 'x' };
  for (const at of lists) client.setQueryData(at, { pages: [page, { items: [resource('c')] }], pageParams: ['', 'x'] });
  client.setQueryData(['list', 'teams', {}], { pages: [page], pageParams: [''] });
  client.setQueryData(['one', 'alerts', 'b'], { body: resource('b'), etag: '"1"' });
  const before = JSON.stringify(client.getQueriesData({}));
  const off = changeInCache(client, 'alerts', 'b', (r) => ({ ...r, disabled: true }));
  for (const at of lists) expect(client.getQueryData<any>(at).pages[0].items.map((r: Resource) => r['disabled'])).toEqual([undefined, true]);
  expect(client.getQueryData<any>(['one', 'alerts', 'b'])).toMatchObject({ etag: '"1"', body: { disabled: true } });
  expect(client.getQueryData<any>(['list', 'teams', {}]).pages[0].items[1].disabled).toBeUndefined();
  off();
  expect(JSON.stringify(client.getQueriesData({}))).toBe(before);
  const gone = changeInCache(client, 'alerts', 'b', () => undefined);
  expect(client.getQueryData<any>(lists[0]!).pages.map((p: any) => p.items.length)).toEqual([1, 1]);
  expect(client.getQueryData<any>(['one', 'alerts', 'b']).body.key).toBe('b'); // its page stays
  gone();
  expect(JSON.stringify(client.getQueriesData({}))).toBe(before);
});
