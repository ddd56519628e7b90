/**
 * What axe says about every screen there is. Which there are is read from the routers of console and portal, so that a new one
 * is looked at without anybody thinking of it. What screens look like in use is looked at where it is used.
 */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { accessibilityProblems } from '../harness/browser.ts';
import { leave, signIn } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const desk = useConsole(async ({ admin, gateway }) => {
  const samples: [string, Record<string, unknown>][] = [
    ['accounts', { name: 'openai', vendor: 'openai', base_url: 'http://127.0.0.1:9/v1', keys: ['sk-1'] }],
    ['models', { name: 'fast', targets: [{ account: 'openai', model: 'm' }] }],
    ['prompts', { name: 'mood', model: 'fast', template: '{{text}}', variables: [{ name: 'text' }] }],
    ['services', { name: 'orders', title: 'Orders', url: 'http://127.0.0.1:9', path: '/orders', visibility: 'public' }],
    ['consumers', { name: 'admin.shop', owner: 'admin' }],
    ['credentials', { name: 'shop-1', consumer: 'admin.shop' }],
    ['plans', { name: 'small', offered: true, policies: [{ type: 'rate_limit', limit: 10, window: '1d' }] }],
    ['subscriptions', { consumer: 'admin.shop', service: 'orders', plan: 'small' }],
    ['webhooks', { name: 'on-call', url: 'http://127.0.0.1:9/', signing_key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
    ['alerts', { name: 'errors', metric: 'requests', threshold: '1', webhooks: ['on-call'] }],
    ['teams', { name: 'payments' }],
    ['upstreams', { name: 'pool', endpoints: [{ url: 'http://127.0.0.1:9' }] }],
  ];
  for (const [noun, body] of samples) await admin.create(noun, body as never);
  await admin.publish('orders');
  await fetch(`${gateway.url}/orders`);
});

/** Paths of a router, as its text has them. */
async function routesOf(file: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../console/src/${file}`, import.meta.url), 'utf8');
  const paths = [...text.matchAll(/<Route path="([^"]+)"/g)].map((m) => m[1] ?? '');
  expect(paths.length, 'every route has its path as a text').toBe(text.split('<Route path=').length - 1);
  expect(paths.length).toBeGreaterThan(5);
  return paths;
}

/** Screens of nouns are made of the description of the API, all in the same way: a few stand for all of them. */
const ofNouns: Record<string, string[]> = {
  '/:plural': ['/services', '/consumers', '/releases'],
  '/:plural/new': ['services', 'prompts', 'accounts', 'credentials', 'alerts', 'identity-providers'].map((p) => `/${p}/new`),
  '/:plural/:key': ['/services/orders', '/prompts/mood', '/models/fast', '/roles/admin', '/consumers/admin.shop', '/webhooks/on-call'],
};

/** With what stands for the parts of a path that vary. */
function screensOf(paths: string[], named: Record<string, string[]>): string[] {
  expect(paths.filter((p) => p.includes(':') && named[p] === undefined), 'nobody says what stands for a part of these').toEqual([]);
  return paths.flatMap((p) => named[p] ?? [p]);
}

/** How many answers of the API are awaited. */
function watchCalls(page: Page): () => number {
  const open = new Set<unknown>();
  page.on('request', (r) => r.url().includes('/api/') && open.add(r));
  page.on('requestfinished', (r) => open.delete(r));
  page.on('requestfailed', (r) => open.delete(r));
  return () => open.size;
}

/** Without loading everything anew: as who clicks comes there. A screen may keep its heading's element, but not the text, too. */
async function visit(page: Page, path: string, awaited: () => number): Promise<void> {
  await page.evaluate((to) => {
    for (const old of document.querySelectorAll('h1')) old.dataset['before'] = old.innerText;
    history.pushState(null, '', to);
  }, path);
  const isThere = async (): Promise<boolean> => {
    const hasHeading = await page.evaluate(() => [...document.querySelectorAll('h1')].some((h) => h.dataset['before'] !== h.innerText));
    return hasHeading && awaited() === 0 && (await page.locator('.spinner').count()) === 0;
  };
  await eventually(isThere, { within: 30_000, what: `all of ${path}` });
}

async function lookAtAll(page: Page, base: string, paths: string[]): Promise<void> {
  const awaited = watchCalls(page);
  const found: string[] = [];
  for (const path of paths.filter((p) => p !== '/login' && p !== '/register')) { // of guests: portal-ui has them
    await visit(page, `${base}${path}`, awaited);
    found.push(...(await accessibilityProblems(page)).map((p) => `${base}${path}: ${p}`));
  }
  expect(found).toEqual([]);
}

test('of the console', async () => {
  const screens = screensOf(await routesOf('app.tsx'), ofNouns);
  const watched = await signIn(desk.browser, desk.gateway);
  await lookAtAll(watched.page, '', ['/audit', ...screens, '/nowhere/at/all/of/it']); // what one is on already is not come to
  await leave(watched);
});

test('of the portal', async () => {
  const screens = screensOf(await routesOf('portal/app.tsx'), { '/services/:key': ['/services/orders'], '/applications/:key': ['/applications/admin.shop'] });
  const watched = await signIn(desk.browser, desk.gateway);
  await watched.page.goto('/portal/usage');
  await watched.page.getByRole('heading', { level: 1 }).waitFor();
  await lookAtAll(watched.page, '/portal', ['/applications', ...screens, '/nowhere']);
  await leave(watched);
});
