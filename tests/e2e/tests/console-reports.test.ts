/** What went through the gateway, as the console shows it: charts, drill-down, views, the request log. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openBrowser } from '../harness/browser.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
let browser: Browser;
let gateway: Sluice;

async function send(path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (await fetch(`${gateway.url}${path}`)).text();
}

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  const admin = await Admin.login(gateway);
  await admin.create('upstreams', { name: 'web', endpoints: [{ url: mock.now.url }] });
  await admin.create('upstreams', { name: 'down', endpoints: [{ url: 'http://127.0.0.1:9' }] });
  await admin.create('services', { name: 'shop', upstream: 'web', path: '/shop/*' });
  await admin.create('services', { name: 'broken', upstream: 'down', path: '/broken/*' });
  for (const name of ['shop', 'broken']) await admin.publish(name);
  await send('/shop/a', 5);
  await send('/broken/a', 2);
  await eventually(async () => (await admin.get('/usage?group=service')).body.total.requests === 7, {
    within: 15_000,
    what: 'seven requests in the ledger',
  });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

describe('analytics', () => {
  test('draws, groups, and leads from a number to the requests behind it', async () => {
    const watched = await signIn(browser, gateway, '/');
    const { page } = watched;
    await page.getByRole('link', { name: 'Requests 7' }).click();
    await page.getByRole('heading', { name: 'Analytics', level: 1 }).waitFor();
    await page.getByRole('img', { name: 'Requests' }).locator('canvas').waitFor();
    await page.getByRole('row', { name: /^shop/ }).waitFor();
    await page.getByRole('button', { name: /Measure/ }).click();
    await page.getByRole('option', { name: 'Errors' }).click();
    await page.getByRole('img', { name: 'Errors' }).locator('canvas').waitFor();
    await page.waitForURL(/measure=errors/);
    await expectAccessible(page, 'analytics');
    await page.getByRole('row', { name: /^broken/ }).getByRole('link', { name: '2', exact: true }).click();
    await page.waitForURL(/requests\?service=broken&failed=true/);
    await page.getByRole('table').getByRole('row').nth(2).waitFor();
    await leave(watched);
  });

  test('keeps views by name, also over a reload, and gives a CSV', async () => {
    const watched = await signIn(browser, gateway, '/analytics?range=week&group=route');
    const { page } = watched;
    await page.getByRole('button', { name: 'Save this view' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('By route');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.goto('/analytics');
    await page.getByRole('button', { name: 'By route', exact: true }).click();
    await page.waitForURL(/range=week&group=route/);
    await page.getByRole('row', { name: /^shop/ }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    expect(download.suggestedFilename()).toBe('usage-route-week.csv');
    await page.getByRole('button', { name: 'Remove By route' }).click();
    await page.getByRole('button', { name: 'By route', exact: true }).waitFor({ state: 'detached' });
    await leave(watched);
  });
});

describe('the request log', () => {
  test('filters in the address, and opens a request to its times', async () => {
    const watched = await signIn(browser, gateway, '/requests');
    const { page } = watched;
    await page.getByLabel('Service').fill('shop');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/service=shop/);
    await page.getByText('GET broken').first().waitFor({ state: 'detached' });
    await page.getByRole('table').getByRole('row').nth(5).waitFor();
    await expectAccessible(page, 'the request log');
    await page.getByRole('table').getByRole('button').first().click();
    const window = page.getByRole('dialog');
    await window.getByText('Until the first byte').waitFor();
    await window.getByText('Client ip').waitFor();
    await expectAccessible(page, 'a request');
    await window.getByRole('button', { name: 'Close' }).click();
    await window.waitFor({ state: 'detached' });
    await page.goto('/requests?consumer=nobody');
    await page.getByText('No request fits these filters').waitFor();
    await leave(watched);
  });
});
