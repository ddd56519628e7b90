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
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.goto('/analytics');
    await page.getByRole('row', { name: /^fast/ }).waitFor();
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('link', { name: 'the desk' }).click();
    await page.getByRole('button', { name: /^Consumer: desk/ }).click();
    await page.getByRole('row', { name: /^shop/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('measure')).toBe('errors');
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
    await (await fetch(`${desk.gateway.url}/v1/models`)).text();
    await eventually(async () => (await rowsOf(page).count()) > before || undefined, { within: 30_000, what: 'the new request' });
    await leave(watched);
  });
});
