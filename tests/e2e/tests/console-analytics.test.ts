/** Numbers as people see them: the home page, analytics, and the single requests behind a number. */
import type { Page } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 180_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('accounts', { name: 'mock', vendor: 'custom-openai', base_url: `${mock.now.url}/v1` });
  await admin.create('models', { name: 'fast', targets: [{ account: 'mock', model: 'mock-1' }] });
  await admin.create('services', { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('ai');
  for (const [consumer, calls] of [['shop', 3], ['desk', 1]] as const) {
    await admin.create('consumers', { name: consumer });
    const key = (await admin.create('credentials', { name: `${consumer}-1`, consumer })).secret;
    for (let i = 0; i < calls; i++) expect(await ask(key, 'fast')).toBe(200);
    if (consumer === 'desk') expect(await ask(key, 'nothing')).toBe(404);
  }
  await eventually(async () => (await admin.get('/reports?since=1h')).body.total.requests === 5 || undefined, { what: 'five requests in the report' });
});

async function ask(key: string, model: string): Promise<number> {
  const answer = await fetch(`${desk.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await answer.text();
  return answer.status;
}

/** The lines of a table's body. */
const rowsOf = (page: Page) => page.getByRole('table').locator('tbody').getByRole('row');

describe('analytics', () => {
  test('leads from the home page to a group, to its requests, to one of them', async () => {
    const watched = await signIn(desk.browser, desk.gateway);
    const { page } = watched;
    await page.getByText('Requests and errors').waitFor();
    await expectAccessible(page, 'home');
    await page.getByRole('link', { name: 'More: By consumer' }).click();
    await page.getByRole('heading', { name: 'Analytics', level: 1 }).waitFor();
    const row = page.getByRole('row', { name: /^shop/ });
    await row.getByRole('cell', { name: '3', exact: true }).waitFor();
    await page.locator('canvas').waitFor();
    await expectAccessible(page, 'analytics');
    await row.getByRole('link', { name: 'Requests of shop' }).click();
    await page.getByRole('heading', { name: 'Request log', level: 1 }).waitFor();
    await eventually(async () => (await rowsOf(page).count()) === 3 || undefined, { what: 'the three requests of shop' });
    await expectAccessible(page, 'requests');
    await rowsOf(page).first().getByRole('button').click();
    const window = page.getByRole('dialog');
    await window.getByText('shop/shop-1', { exact: true }).waitFor();
    await window.getByText(/^Where the time went/).waitFor();
    await window.getByText('mock/mock-1', { exact: true }).waitFor();
    await expectAccessible(page, 'a request');
    await leave(watched);
  });

  test('groups by two, filters by a click, and keeps a view by its name', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/analytics?group=consumer,status&since=1h&measure=errors');
    const { page } = watched;
    await page.getByRole('row', { name: /^desk · 404/ }).waitFor();
    await page.getByRole('row', { name: /^desk · 200/ }).waitFor();
    await page.getByRole('button', { name: 'And by' }).or(page.getByRole('button', { name: /Status/ })).first().click();
    await page.getByRole('option', { name: 'nothing else' }).click();
    await page.getByRole('row', { name: /^desk/ }).getByRole('button', { name: 'desk' }).click();
    await page.getByRole('row', { name: /^shop/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByLabel('Name of this view').fill('the desk');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'the desk' }).waitFor();
    await page.goto('/analytics');
    await page.getByRole('row', { name: /^fast/ }).waitFor();
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('link', { name: 'the desk' }).click();
    await page.getByRole('button', { name: /^Consumer: desk/ }).click();
    await page.getByRole('row', { name: /^shop/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('measure')).toBe('errors');
    await leave(watched);
  });

  test('a view is found by its address, changed, shared, deleted and brought back; others see what is shared', async () => {
    await desk.admin.create('teams', { name: 'buyers' });
    await desk.admin.create('users', { name: 'vera', password: 'a long password', grants: [{ role: 'viewer' }] });
    await desk.admin.create('views', { name: 'admin.by-team', title: 'Teams', user: 'admin', group_by: ['team'], since: '7d', filters: { service: 'ai' } });
    const watched = await signIn(desk.browser, desk.gateway, '/analytics?view=admin.by-team');
    const { page } = watched;
    await page.waitForURL(/view=admin.by-team&group=team&since=7d&service=ai$/);
    await page.getByText('View: Teams').waitFor();
    await page.getByRole('button', { name: /^Service: ai/ }).click();
    await page.getByRole('button', { name: 'Keep it as it is now' }).click();
    await page.getByRole('button', { name: 'Keep it as it is now' }).waitFor({ state: 'detached' });
    expect((await desk.admin.get('/views/admin.by-team')).body).toMatchObject({ group_by: ['team'], since: '7d', filters: {} });

    await page.getByRole('button', { name: 'Saved views' }).click();
    const window = page.getByRole('dialog');
    await window.getByRole('button', { name: 'Rename or share: Teams' }).click();
    const form = window.getByRole('region', { name: 'Saved views' });
    await form.getByLabel('Name of this view').fill('Teams of a week');
    await form.getByRole('button', { name: /For whom/ }).click();
    await page.getByRole('option', { name: 'All who may see views' }).click();
    await expectAccessible(page, 'saved views');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' });
    await window.getByRole('link', { name: 'Teams of a week' }).waitFor();
    await form.getByText('All who may see views').waitFor();

    const hers = await signIn(desk.browser, desk.gateway, '/analytics', { user: 'vera', password: 'a long password' });
    await hers.page.getByRole('button', { name: 'Saved views' }).click();
    await hers.page.getByRole('dialog').getByRole('link', { name: 'Teams of a week' }).waitFor();
    expect(await hers.page.getByRole('dialog').getByRole('button', { name: /Teams of a week/ }).count()).toBe(0); // it is not hers to change
    expect(await hers.page.getByRole('dialog').getByRole('link', { name: 'the desk' }).count()).toBe(0); // nor to see
    await leave(hers);

    await window.getByRole('button', { name: 'Remove Teams of a week' }).click();
    await window.getByRole('link', { name: 'Teams of a week' }).waitFor({ state: 'detached' });
    await window.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => (await desk.admin.get('/views/admin.by-team')).body.title === 'Teams of a week' || undefined, { what: 'the view to be back' });
    await leave(watched);
  });

  test('views that a browser kept are moved to the server', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/analytics');
    const { page } = watched;
    await page.evaluate(() => localStorage.setItem('sluice.views', JSON.stringify([{ name: 'of old', search: 'group=vendor&since=30d&measure=cost&status=404' }])));
    await page.reload();
    await page.getByRole('button', { name: 'Saved views' }).click();
    const window = page.getByRole('dialog');
    await window.getByText('Kept in this browser only: of old').waitFor();
    await window.getByRole('button', { name: 'Move them to the server' }).click();
    await window.getByRole('link', { name: 'of old' }).waitFor();
    await window.getByText(/Kept in this browser only/).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => localStorage.getItem('sluice.views'))).toBeNull();
    const items = (await desk.admin.get('/views')).body.items as Record<string, unknown>[];
    expect(items.find((v) => v['title'] === 'of old')).toMatchObject({ user: 'admin', group_by: ['vendor'], since: '30d', measure: 'cost', filters: { status: '404' } });
    await leave(watched);
  });

  test('is a file for a spreadsheet', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/analytics?group=consumer&since=1h');
    const { page } = watched;
    await page.getByRole('row', { name: /^shop/ }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text.split('\n')[0]).toMatch(/consumer/);
    expect(text).toMatch(/^.*\bshop\b.*$/m);
    await leave(watched);
  });
});

describe('home', () => {
  test('leads from every number to the requests behind it', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/?since=1h');
    const { page } = watched;
    const behind = async (link: string | RegExp, filter: Record<string, string>, rows: number | undefined): Promise<void> => {
      await page.getByRole('link', { name: link }).first().click();
      await page.getByRole('heading', { name: 'Request log', level: 1 }).waitFor();
      expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({ since: '1h', ...filter });
      if (rows === undefined) await rowsOf(page).first().waitFor();
      else await eventually(async () => (await rowsOf(page).count()) === rows || undefined, { what: `${rows} requests behind ${String(link)}` });
      await page.goBack();
      await page.locator('.figure').first().waitFor();
    };
    await behind(/^Errors/, { failed: 'true' }, 1);
    await behind(/^Tokens/, { has_tokens: 'true' }, 4);
    for (const percentile of ['p50', 'p95', 'p99']) await behind(new RegExp(`^${percentile} latency`), {}, undefined);
    await behind('3: Requests of shop', { consumer: 'shop' }, 3);
    await behind('1: Errors of desk', { consumer: 'desk', failed: 'true' }, 1);
    const chart = page.getByRole('img', { name: 'Requests and errors over time' });
    const box = await chart.locator('.u-over').boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 1, (box?.y ?? 0) + 20);
    await page.getByRole('button', { name: /^Since: 20/ }).waitFor();
    await leave(watched);
  });
});

describe('the request log', () => {
  test('filters in the address, and shows what comes without a reload', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/requests?failed=true');
    const { page } = watched;
    await page.getByText('model_not_found').waitFor();
    expect(await rowsOf(page).count()).toBe(1);
    await page.getByRole('textbox', { name: 'Consumer' }).fill('shop');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('No request fits these filters').waitFor();
    await page.goto('/requests');
    await rowsOf(page).nth(4).waitFor();
    const before = await rowsOf(page).count();
    await (await fetch(`${desk.gateway.url}/nowhere`)).text();
    await eventually(async () => (await rowsOf(page).count()) > before || undefined, { within: 30_000, what: 'the new request' });
    await leave(watched);
  });

  test('is watched live, and opens a request by its address: how it was decided, and which way it would go now', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/requests?since=1h&error=model_not_found');
    const { page } = watched;
    const chip = page.getByRole('button', { name: /^Error: model_not_found/ });
    await chip.waitFor();
    await chip.click();
    await rowsOf(page).nth(3).waitFor();
    await page.getByLabel('Status').fill('401');
    await page.getByRole('button', { name: 'Filter' }).click();
    await rowsOf(page).filter({ hasNotText: '401' }).first().waitFor({ state: 'detached' });
    const before = await rowsOf(page).count(); // what tests before this one did
    const [looked] = await Promise.all([
      page.waitForResponse((r) => r.url().includes('tail=now')),
      page.getByRole('button', { name: 'Live' }).click(),
    ]);
    expect(looked.status()).toBe(200);
    expect((await fetch(`${desk.gateway.url}/v1/models`)).status).toBe(401);
    await rowsOf(page).nth(before).waitFor();
    await rowsOf(page).first().getByRole('button').click();
    const window = page.getByRole('dialog');
    await window.getByText('Nobody was recognised').waitFor();
    await window.getByText('no API key was sent').waitFor();
    await page.reload(); // the address has it
    await window.getByRole('button', { name: 'Which way would it go now?' }).click();
    await window.getByText('The route ai/models of this service takes it').waitFor();
    await window.getByText('key_auth', { exact: true }).waitFor();
    await expectAccessible(page, 'the inspector');
    await window.getByRole('button', { name: 'Close' }).click();
    await window.waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('status')).toBe('401');
    await leave(watched);
  });
});
