/** A search of the request log for what is rare: a look is bounded, and goes on from where it ended. */
import { expect, test, vi } from 'vitest';
import { leave, signIn } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 180_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const others = 600; // some blocks of the ledger

const desk = useConsole(async ({ admin }) => {
  await admin.create('services', { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('ai');
  const ask = async (path: string): Promise<number> => {
    const answer = await fetch(`${desk.gateway.url}${path}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    await answer.text();
    return answer.status;
  };
  expect(await ask('/v1/chat/completions')).toBe(401);
  for (let i = 0; i < others; i += 1) expect(await ask(`/nowhere/${i}/${'x'.repeat(200)}`)).toBe(404);
  await eventually(async () => (await admin.get('/requests?status=404&limit=1')).body.items[0]?.path.startsWith(`/nowhere/${others - 1}/`) || undefined, { what: 'the last of them in the ledger' });
});

test('the API answers what it found, and goes on to the whole, in order and each once', async () => {
  const paged = async (filter: string): Promise<{ ids: string[]; pages: { items: unknown[]; looked_back_to?: string }[] }> => {
    const pages = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; cursor = pages.at(-1).next_cursor) {
      const { status, body } = await desk.admin.get(`/requests?${filter}&cursor=${cursor}`.replace(/&cursor=$/, ''));
      expect(status).toBe(200);
      pages.push(body);
    }
    return { ids: pages.flatMap((p) => p.items.map((r: any) => r.id)), pages };
  };
  const whole = await paged('status=401&limit=500');
  expect(whole.ids).toHaveLength(1);
  expect(whole.pages).toHaveLength(1);
  const looked = await paged('status=401&limit=500&look=1');
  expect(looked.ids).toEqual(whole.ids);
  expect(looked.pages.length).toBeGreaterThan(1);
  expect(looked.pages[0]?.items).toEqual([]);
  const ends = looked.pages.slice(0, -1).map((p) => Date.parse(p.looked_back_to ?? ''));
  expect(ends).toEqual(ends.toSorted((a, b) => b - a));
  expect(looked.pages.at(-1)?.looked_back_to).toBeUndefined();
  expect((await paged('status=404&limit=100&look=1')).ids).toEqual((await paged('status=404&limit=100')).ids);
  const refused = await desk.admin.get('/requests?look=0');
  expect(refused.status).toBe(400);
});

test('a tail goes on behind what it looked at, though nothing fitted', async () => {
  const first = (await desk.admin.get('/requests?tail=0&status=418&look=10')).body;
  expect(first).toEqual({ items: [], tail: '10' });
  const rest = (await desk.admin.get('/requests?tail=0&status=418')).body;
  expect(Number(rest.tail)).toBeGreaterThan(others);
});

test('the log says how far it looked, and looks further', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/services');
  const { page } = watched;
  await page.route('**/requests?**', (route) => route.continue({ url: `${route.request().url()}&look=1` })); // the server's own bound takes 200,000 requests
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Request log' }).click();
  await page.getByLabel('Status', { exact: true }).fill('401');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByText(/^Looked back to/).waitFor();
  expect(await page.getByText('No request fits these filters').count()).toBe(0);
  const found = page.getByRole('row', { name: /401/ });
  await eventually(async () => {
    if ((await found.count()) === 1) return true;
    await page.getByRole('button', { name: 'Look further' }).click();
    return undefined;
  }, { within: 60_000, what: 'the one request' });
  await leave(watched);
});
