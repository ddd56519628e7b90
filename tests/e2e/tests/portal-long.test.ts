/** A catalogue of any length: the server pages it, the page draws what can be seen, and the address says what is looked for. */
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { openPage } from '../harness/browser.ts';
import { expectAccessible, leave } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const offered = 120; // more than two pages of the list
const nameOf = (i: number): string => `service-${String(i).padStart(3, '0')}`;
const titleOf = (i: number): string => `Service ${i}`;
const last = titleOf(offered - 1);

const desk = useConsole(async ({ admin }) => {
  const services = Array.from({ length: offered }, (_, i) => ({ name: nameOf(i), title: titleOf(i), url: 'http://127.0.0.1:9', path: `/${nameOf(i)}`, visibility: 'public' }));
  expect((await admin.post('/apply', { documents: [{ services }] })).status).toBe(200);
  for (const { name } of services) await admin.publish(name);
  await admin.patch('/workspaces/default', { portal_is_public: true });
});

const linkTo = (page: Page, title: string) => page.getByRole('link', { name: title, exact: true });

async function scrollTo(page: Page, title: string): Promise<void> {
  await eventually(
    async () => {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      return linkTo(page, title).isVisible();
    },
    { within: 30_000, what: 'the end of the catalogue' },
  );
}

test('a guest scrolls to the end of the catalogue, of which so much is drawn as is seen, and comes back to where one was', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  const cards = page.getByRole('article');
  await page.goto('/portal');
  await linkTo(page, titleOf(0)).waitFor();
  expect(await cards.count()).toBeLessThan(50); // of a page of the server's
  await scrollTo(page, last);
  await linkTo(page, titleOf(0)).waitFor({ state: 'detached' });
  expect(await cards.count()).toBeLessThan(50);
  await expectAccessible(page, 'the end of a long catalogue');
  const scrolled = await page.evaluate(() => window.scrollY);
  await linkTo(page, last).click();
  await page.getByRole('heading', { name: last, level: 1 }).waitFor();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
  await page.goBack();
  await linkTo(page, last).waitFor();
  await eventually(() => page.evaluate((y) => window.scrollY === y, scrolled), { what: 'the place where one was' });
  await leave(watched);
});

test('what is looked for stands in the address, on a phone too, and what is far behind is found', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl, { width: 390 });
  const { page } = watched;
  await page.goto(`/portal?q=${encodeURIComponent(last)}`);
  await linkTo(page, last).waitFor();
  expect(await page.getByRole('article').count()).toBe(1);
  await page.getByLabel('Search services and operations').fill('');
  await linkTo(page, titleOf(0)).waitFor();
  await scrollTo(page, last);
  await leave(watched);
});
