/** Lists of any length: the server pages them, the page draws what can be seen, and the address says what is asked. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const people = 130; // more than the first page of a list has
const routes = 60;
const nameOf = (i: number): string => `person-${String(i).padStart(3, '0')}`;

const desk = useConsole(async ({ admin }) => {
  const users = Array.from({ length: people }, (_, i) => ({ name: nameOf(i), grants: [{ role: 'viewer' }] }));
  const models = Array.from({ length: routes }, (_, i) => ({ name: `model-${10 + i}`, targets: [{ account: 'some', model: 'x' }] }));
  const accounts = [{ name: 'some', vendor: 'custom-openai', base_url: 'http://127.0.0.1:9/v1' }];
  expect((await admin.post('/apply', { documents: [{ users, accounts, models }] })).status).toBe(200);
});

/** Down to the end, as often as there is more. */
async function scrollTo(box: Locator, last: Locator): Promise<void> {
  await eventually(
    async () => {
      await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return (await last.isVisible()) || undefined;
    },
    { within: 30_000, what: 'the end of the list' },
  );
}

/** From the top of the box that scrolls. */
const placeOf = (row: Locator): Promise<number> => row.evaluate((e) => Math.round(e.getBoundingClientRect().top - (e.closest('[role=region]')?.getBoundingClientRect().top ?? 0)));

const peopleOf = (page: Page) => page.getByRole('region', { name: 'Users' });

describe('long lists', () => {
  test('a table draws what is seen, and asks for more as one scrolls', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/users');
    const { page } = watched;
    await page.getByRole('row', { name: /^person-000/ }).waitFor();
    const table = page.getByRole('table', { name: 'Users' });
    expect(await table.getAttribute('aria-rowcount')).toBe('-1'); // there is more than was asked for
    expect(await table.getByRole('row').count()).toBeLessThan(people / 2);
    await expectAccessible(page, 'a long table');
    await scrollTo(peopleOf(page), page.getByRole('row', { name: new RegExp(`^${nameOf(people - 1)}`) }));
    expect(await table.getAttribute('aria-rowcount')).toBe(String(people + 2)); // the administrator, and the heads
    expect(await table.getByRole('row').count()).toBeLessThan(people / 2);
    await leave(watched);
  });

  test('who comes back from one of a table is where one was; who goes there is at its top', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/users');
    const { page } = watched;
    await page.getByRole('row', { name: /^person-000/ }).waitFor();
    const far = page.getByRole('link', { name: nameOf(people - 1), exact: true });
    await scrollTo(peopleOf(page), far);
    const scrolled = await peopleOf(page).evaluate(
      (box) =>
        new Promise<number>((resolve) => {
          box.addEventListener('scroll', () => resolve(box.scrollTop), { once: true }); // as nobody is quick enough to click before it
          box.scrollTop -= 700;
        }),
    );
    const seen = page.getByRole('link', { name: nameOf(people - 16), exact: true });
    const place = await placeOf(seen);
    await seen.click();
    await page.getByRole('heading', { level: 1, name: nameOf(people - 16) }).waitFor();
    await page.goBack();
    await seen.waitFor();
    await eventually(async () => (await peopleOf(page).evaluate((box) => box.scrollTop)) === scrolled, { what: 'the place where one was' });
    expect(await placeOf(seen)).toBe(place); // the rows before it are as high as they were
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Roles' }).click();
    await page.getByRole('heading', { level: 1, name: 'Roles' }).waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Users' }).click();
    await page.getByRole('row', { name: /^person-000/ }).waitFor();
    expect(await peopleOf(page).evaluate((box) => box.scrollTop)).toBe(0);
    await leave(watched);
  });

  test('the audit trail is one, with times from the address; what was opened is open when one comes back', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/audit?kind=user');
    const { page } = watched;
    const newest = page.locator('details.entry', { hasText: nameOf(people - 1) });
    await newest.locator('summary').click();
    await newest.getByText('After', { exact: true }).waitFor();
    expect(await page.locator('details.entry').count()).toBeLessThan(people / 2);
    const box = page.getByRole('region', { name: 'Audit log' });
    await scrollTo(box, page.locator('summary', { hasText: nameOf(0) }));
    await newest.waitFor({ state: 'detached' });
    await box.evaluate((element) => element.scrollTo(0, 0));
    await newest.getByText('After', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^(Time|As far back)/ }).click();
    await page.getByRole('option', { name: 'Last hour' }).click();
    await page.waitForURL(/since=1h/);
    await newest.waitFor();
    await page.goto('/audit?kind=user&since=2001-01-01T00:00:00Z&until=2001-02-01T00:00:00Z');
    await page.getByText('No such entry').waitFor();
    const from = page.getByLabel('From', { exact: true });
    await from.waitFor();
    await page.getByLabel('Until', { exact: true }).fill('2100-01-01T00:00');
    await page.waitForURL(/until=2(100|099)/);
    await newest.waitFor();
    await expectAccessible(page, 'the audit log of a time');
    await leave(watched);
  });

  test('cards are drawn as the page scrolls to them', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/models');
    const { page } = watched;
    await page.getByRole('link', { name: 'model-10', exact: true }).waitFor();
    expect(await page.locator('section.card').count()).toBeLessThan(routes);
    await scrollTo(page.locator('.content'), page.getByRole('link', { name: `model-${9 + routes}`, exact: true }));
    await page.getByRole('link', { name: 'model-10', exact: true }).waitFor({ state: 'detached' });
    await expectAccessible(page, 'cards in the middle of a long list');
    await leave(watched);
  });
});
