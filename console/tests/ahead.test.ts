import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answered, askAhead, get, post, Problem } from '../src/api/client.ts';
import { kept } from '../src/lib/kept.ts';
import { filesAt, pageAt, pages, questionsAt } from '../src/pages.ts';
import * as portal from '../src/portal/pages.ts';
import { tabsOf } from '../src/tabs.ts';

const sent: string[] = [];

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal('fetch', (path: string) => {
    sent.push(path);
    const isKnown = !path.endsWith('/nobody');
    return Promise.resolve(new Response(JSON.stringify(isKnown ? { path } : { title: 'who?', status: 401 }), { status: isKnown ? 200 : 401 }));
  });
  vi.stubGlobal('localStorage', { getItem: () => '2026-01-02T03:04:05Z', setItem: () => undefined });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what was asked ahead is answered once, and at once', async () => {
  expect(await askAhead('/a')).toBe(true);
  expect(answered('/a')).toEqual({ path: '/api/v1/a' });
  expect(answered('/a')).toBeUndefined();
  expect(await get('/a')).toEqual({ path: '/api/v1/a' });
  expect(sent).toEqual(['/api/v1/a', '/api/v1/a']);
});

test('what has not come yet is waited for, not asked again', async () => {
  const asked = askAhead('/b');
  expect(answered('/b')).toBeUndefined();
  expect(await get('/b')).toEqual({ path: '/api/v1/b' });
  expect(await asked).toBe(true);
  expect(sent).toEqual(['/api/v1/b']);
});

test('what was refused is no answer, and told to who asks', async () => {
  expect(await askAhead('/nobody')).toBe(false);
  expect(answered('/nobody')).toBeUndefined();
  await expect(get('/nobody')).rejects.toThrow(Problem);
  expect(sent).toEqual(['/api/v1/nobody']);
});

test('what lay there for long is asked again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  await askAhead('/c');
  vi.advanceTimersByTime(5001);
  expect(answered('/c')).toBeUndefined();
  await get('/c');
  expect(sent).toEqual(['/api/v1/c', '/api/v1/c']);
});

test('who signs in is not told what was said before', async () => {
  await askAhead('/nobody');
  const coming = askAhead('/e');
  await post('/login');
  expect(answered('/e')).toBeUndefined();
  await get('/e');
  await expect(get('/nobody')).rejects.toThrow(Problem);
  await coming;
  expect(sent).toEqual(['/api/v1/nobody', '/api/v1/e', '/api/v1/login', '/api/v1/e', '/api/v1/nobody']);
});

test('a file is here once it has come', async () => {
  const file = kept(() => Promise.resolve('it'));
  expect(file.here).toBeUndefined();
  expect(await file.fetch()).toBe('it');
  expect(file.here).toBe('it');
});

test('the page at an address', () => {
  const at = { '/': 'home', '/services': 'services', '/consumers': 'list', '/users': 'members', '/consumers/new': 'create', '/services/a%2Fb': 'detail', '/my-tokens': 'tokens', '/password': undefined };
  expect(Object.keys(at).map(pageAt)).toEqual(Object.values(at));
  const inPortal = { '/': undefined, '': undefined, '/services/orders': 'service', '/changes': 'news', '/applications/a': 'application', '/elsewhere': undefined };
  expect(Object.keys(inPortal).map(portal.pageAt)).toEqual(Object.values(inPortal));
});

test('the page of a resource comes with the tab that is open, and with no other', () => {
  const of = (path: string, asked = ''): unknown[] => filesAt(path, new URLSearchParams(asked));
  const fileOf = (plural: string, id: string): unknown => tabsOf(plural).find((x) => x.id === id)?.file;
  expect(of('/services/orders')).toEqual([pages.detail, fileOf('services', 'overview')]);
  expect(of('/services/orders', 'tab=logs')).toEqual([pages.detail, fileOf('services', 'logs')]);
  expect(of('/teams/a')).toEqual([pages.detail, fileOf('teams', 'settings')]);
  expect(of('/teams/a', 'tab=elsewhere')).toEqual([pages.detail]);
  expect(of('/services')).toEqual([pages.services]);
  expect(of('/password')).toEqual([]);
});

test('settings stand behind what one comes for, or first where there is nothing else', () => {
  const ids = (plural: string): string[] => tabsOf(plural).map((x) => x.id);
  expect(ids('consumers')).toEqual(['keys', 'subscriptions', 'usage', 'settings', 'source', 'history']);
  expect(ids('webhooks')).toEqual(['settings', 'deliveries', 'source', 'history']);
  expect(ids('teams')).toEqual(['settings', 'source', 'history']);
});

test('the questions of a page are those that it would ask itself', () => {
  const of = (path: string): string[] => questionsAt(path, new URLSearchParams(path.split('?')[1] ?? ''));
  const zone = new URLSearchParams({ time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }).toString();
  expect(questionsAt('/', new URLSearchParams('since=7d'))[0]).toBe(`/reports?since=7d&step=2h&${zone}`);
  expect(questionsAt('/', new URLSearchParams())[1]).toBe(`/reports?group=model&since=24h&${zone}&order=-requests&limit=8`);
  expect(of('/consumers')).toEqual(['/consumers?sort=key&limit=100']);
  expect(questionsAt('/consumers', new URLSearchParams('q=x'))).toEqual([]);
  expect(of('/password')).toEqual([]);
  expect(portal.questionsAt('/services/a%2Fb')).toEqual(['/portal?language=2026-01-02T03%3A04%3A05Z', '/portal/services', '/portal/changes?since=2026-01-02T03%3A04%3A05Z', '/portal/services/a%2Fb']);
});
