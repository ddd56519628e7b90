/** What is new of services, as consumers read it in the portal: on the page of one, and of all. */
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { openPage } from '../harness/browser.ts';
import { Admin } from '../harness/admin.ts';
import { expectAccessible, leave } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const password = 'a long password';
const parameter = { in: 'query', name: 'limit', schema: { type: 'integer', maximum: 100 } };
const list = { id: 'list', method: 'GET', path: '/orders', summary: 'All orders', parameters: [parameter] };
const drop = { id: 'drop', method: 'DELETE', path: '/orders/{id}', summary: 'Forget an order' };
const refund = { id: 'refund', method: 'POST', path: '/orders/{id}/refunds', summary: 'Give money back' };

const desk = useConsole(async ({ admin, gateway }) => {
  for (const [name, operations] of Object.entries({ orders: [list, drop], maps: [list] })) {
    await admin.create('services', { name, title: `All ${name}`, visibility: 'public', url: 'http://127.0.0.1:9', prefix: `/${name}`, operations });
    await admin.publish(name, 'First release');
  }
  await admin.patch('/services/orders', { operations: [{ ...list, parameters: [{ ...parameter, required: true }] }, refund] });
  await admin.publish('orders', 'Refunds, <b>at last</b>');
  await admin.patch('/workspaces/default', { portal_is_public: true });
  await admin.create('plans', { name: 'small', offered: true });
  await admin.create('users', { name: 'ann' });
  expect((await admin.post('/users/ann/set-password', { password })).status).toBe(200);
  const ann = await Admin.login(gateway, 'ann', password);
  expect((await ann.post('/portal/applications', { name: 'shop' })).status).toBe(201);
  expect((await ann.post('/portal/subscriptions', { application: 'ann.shop', service: 'orders', plan: 'small' })).status).toBe(201);
});

async function enter(page: Page): Promise<void> {
  await page.goto('/portal/login');
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'My applications' }).waitFor();
}

test('a service tells what each release changed for callers, and leads to the operations that there are', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/services/orders');
  const changes = page.getByRole('region', { name: 'Changes' });
  const second = changes.locator('.news').first();
  await second.getByText('Refunds, <b>at last</b>').waitFor(); // as text
  await second.getByText('breaking: 2').waitFor();
  const operations = second.locator('.news-operations > li');
  expect(await operations.allInnerTexts()).toEqual([
    expect.stringMatching(/changed\s+GET\s+All orders\s+\/orders[\s\S]*query limit\s+is required now\s+breaks callers/),
    expect.stringMatching(/removed\s+DELETE\s+Forget an order/),
    expect.stringMatching(/added\s+POST\s+Give money back/),
  ]);
  expect(await operations.nth(1).getByRole('link').count()).toBe(0);
  await changes.locator('.news').nth(1).getByText('first release here').waitFor();
  await expectAccessible(page, 'the changes of a service');
  await operations.nth(2).getByRole('link', { name: 'Give money back' }).click();
  await page.locator('details.operation[open] summary', { hasText: '/orders/{id}/refunds' }).waitFor();
  await leave(watched);
});

test('what one has stands first, what came since one was here is marked, and counted in the head of every page', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await enter(page);
  const place = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^What is new/ });
  await place.click();
  await page.getByRole('heading', { name: 'What is new', level: 1 }).waitFor();
  const mine = page.getByRole('region', { name: 'Services that I have' });
  await mine.getByRole('link', { name: 'All orders' }).first().waitFor();
  await page.getByRole('region', { name: 'Other services' }).getByRole('link', { name: 'All maps' }).waitFor();
  expect(await mine.getByRole('link', { name: 'All maps' }).count()).toBe(0);
  expect(await page.getByText('new', { exact: true }).count()).toBe(0); // the first visit
  await expectAccessible(page, 'what is new');

  await desk.admin.patch('/services/orders', { prefix: '/shop' });
  await desk.admin.publish('orders', 'Moved');
  await page.goto('/portal');
  await place.filter({ hasText: '1' }).getByText('also of services that you have').waitFor({ state: 'attached' });
  await place.click();
  const newest = mine.locator('.news').first();
  await newest.getByText('new', { exact: true }).waitFor();
  expect(await newest.innerText()).toMatch(/Its address begins with \/shop \(was \/orders\) breaks callers/);
  await page.goto('/portal');
  await page.getByRole('link', { name: 'All orders' }).waitFor();
  expect(await place.innerText()).toBe('What is new');
  await leave(watched);
});

test('the feed is there for guests, and says what the page says', async () => {
  const answer = await fetch(`${desk.gateway.adminUrl}/api/v1/portal/changes.atom`);
  expect(answer.headers.get('content-type')).toBe('application/atom+xml');
  const feed = await answer.text();
  expect(feed).toContain('Refunds, &lt;b&gt;at last&lt;/b&gt;');
  expect(feed).toContain('removed (breaking): DELETE /orders/{id} - Forget an order');
});
