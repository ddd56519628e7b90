/** The hand-made screens of services: releases, actions, routes, operations that were imported. */
import { describe, expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('upstreams', { name: 'web', endpoints: [{ url: mock.now.url }] });
  await admin.create('services', { name: 'shop', upstream: 'web', path: '/shop/*', title: 'Shop', readme: 'Sells **things**.' });
  await admin.publish('shop', 'the first');
  await admin.create('services', {
    name: 'asked',
    upstream: 'web',
    routes: [
      { name: 'one', path: '/asked/{id}' },
      { name: 'beta', path: '/asked/{id}', headers: [{ name: 'x-beta', value: 'yes' }] },
    ],
    policies: [{ type: 'rate_limit', limit: 5, window: '1m' }],
  });
  await admin.publish('asked');
});

describe('services', () => {
  test('are tried, compared by release, and rolled back', async () => {
    await desk.admin.patch('/services/shop', { path: '/store/*' });
    await desk.admin.publish('shop', 'moved');
    const watched = await signIn(desk.browser, desk.gateway, '/services/shop');
    const { page } = watched;
    await page.getByText('Sells things.').waitFor();
    await page.locator('.readme strong').waitFor(); // rendered, not as it was written
    await page.getByRole('tab', { name: 'Try it' }).click();
    await page.waitForURL(/tab=try/);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^200 in/).waitFor();
    await page.getByText(`${desk.gateway.url}/store/`).waitFor();
    await page.getByRole('tab', { name: 'Releases' }).click();
    const moved = page.getByRole('region', { name: 'Release 2' });
    await moved.getByText('live', { exact: true }).waitFor();
    await moved.getByText('What it changed').click();
    await moved.getByText('/store/*').waitFor();
    await expectAccessible(page, 'releases');
    await page.getByRole('region', { name: 'Release 1' }).getByRole('button', { name: 'Roll back to this' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('too early');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back to this' }).click();
    await page.getByRole('region', { name: 'Release 3' }).getByText('live', { exact: true }).waitFor();
    await eventually(async () => (await fetch(`${desk.gateway.url}/shop/`)).status === 200, { what: 'the old path' });
    await leave(watched);
  });
});

describe('actions', () => {
  test('what the state waits for is a button, the rest is in a menu, and what is refused says why', async () => {
    await desk.admin.create('services', { name: 'steps', upstream: 'web', path: '/steps' });
    const watched = await signIn(desk.browser, desk.gateway, '/services/steps');
    const { page } = watched;
    const menu = page.getByRole('button', { name: 'Actions' });
    await page.getByRole('button', { name: 'Publish', exact: true }).waitFor();
    await menu.click();
    await page.getByRole('menuitem', { name: /^Take offline it is not published/, disabled: true }).waitFor();
    await expectAccessible(page, 'the menu of actions');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByText('Done: Publish').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Publish', exact: true }).waitFor({ state: 'detached' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Take offline', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByText('Done: Take offline').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Put online', exact: true }).waitFor();
    expect((await desk.admin.get('/services/steps')).body.status.state).toBe('offline');
    await leave(watched);
  });
});

describe('rules of routes', () => {
  test('are built with methods, a kind of path and conditions, and tell who takes such a request today', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/services/asked?tab=settings');
    const { page } = watched;
    await page.getByRole('button', { name: 'Add a route' }).click();
    const rule = page.getByRole('region', { name: 'Route 3' });
    await rule.getByLabel('Path', { exact: true }).fill('/asked/7');
    await rule.getByText(/^today it goes to .*one$/).waitFor();
    await rule.getByRole('button', { name: 'PUT' }).click();
    await rule.getByRole('button', { name: /Kind of path/ }).click();
    await page.getByRole('option', { name: 'this and all below' }).click();
    await eventually(async () => (await rule.getByLabel('Path', { exact: true }).inputValue()) === '/asked/7/*', { what: 'the path of the other kind' });
    await rule.getByText('today no route takes it: 404').waitFor();
    await rule.getByRole('button', { name: 'Add: Headers' }).click();
    const headers = rule.getByRole('group', { name: 'Headers' });
    await headers.getByLabel('Name').fill('x-plan');
    await headers.getByLabel('Compared with').fill('gold');
    await expectAccessible(page, 'rules of routes');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const saved = (await desk.admin.get('/services/asked')).body.routes[2];
    expect(saved).toEqual({ path: '/asked/7/*', methods: ['PUT'], headers: [{ name: 'x-plan', value: 'gold' }] });
    await page.getByRole('button', { name: 'Publish', exact: true }).waitFor(); // the draft waits for it
    await leave(watched);
  });
});

describe('which route takes a request', () => {
  test('is asked on the page of the service, and told step by step', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/services/asked?tab=routes');
    const { page } = watched;
    const way = page.getByRole('region', { name: 'The way it goes' });
    const ask = async (url: string, headers = ''): Promise<void> => {
      await page.getByLabel('URL or path').fill(url);
      await page.getByLabel('Headers').fill(headers);
      await page.getByRole('button', { name: 'Which route?' }).click();
    };
    await ask('/asked/42');
    await way.getByText(/^The route .*one of this service takes it$/).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'takes it' }).getByText('one', { exact: true }).waitFor();
    await way.getByText('id = 42').waitFor();
    await way.getByText('rate_limit', { exact: true }).waitFor();
    await way.getByText(mock.now.url).waitFor();
    await expectAccessible(page, 'which route');
    await ask('/asked/42', 'X-Beta: yes');
    await way.getByText(/^The route .*beta of this service takes it$/).waitFor();
    await ask('/nowhere');
    await way.getByText('No route takes it: 404').waitFor();
    await way.getByText('no route has this host, path, headers and query').waitFor();
    await leave(watched);
  });

  test('is asked in Chinese, too', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/services/asked?tab=routes', { locale: 'zh-CN' });
    await watched.page.getByRole('button', { name: '查询路由' }).click();
    await watched.page.getByText(/^由本服务的路由 .*one 接收$/).waitFor();
    await leave(watched);
  });
});

describe('an API that was imported', () => {
  test('is read operation by operation, and each is tried in place', async () => {
    const document = {
      openapi: '3.1.0',
      info: { title: 'Pets', version: '1.0.0' },
      servers: [{ url: mock.now.url }],
      paths: {
        '/echo/{kind}': {
          post: {
            operationId: 'addPet',
            summary: 'Add a pet',
            tags: ['pets'],
            parameters: [
              { name: 'kind', in: 'path', required: true, schema: { type: 'string' } },
              { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 9 } },
            ],
            requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } },
            responses: { 200: { description: 'what was added', content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } } },
          },
        },
        '/echo': { get: { operationId: 'listPets', summary: 'All pets', responses: { 200: { description: 'all' } } } },
      },
      components: { schemas: { Pet: { type: 'object', required: ['name'], properties: { name: { type: 'string', example: 'Rex' }, friends: { type: 'array', items: { $ref: '#/components/schemas/Pet' } } } } } },
    };
    const made = await desk.admin.post('/import/openapi', { document, name: 'pets', prefix: '/pets' });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    await desk.admin.publish(made.body.service, 'first');
    const watched = await signIn(desk.browser, desk.gateway, `/services/${encodeURIComponent(made.body.service)}?tab=operations`);
    const { page } = watched;
    await page.getByLabel('Search operations').fill('add pet');
    await page.getByText('All pets').waitFor({ state: 'detached' });
    await page.getByText('Add a pet').click();
    const form = page.getByRole('form', { name: 'Try addPet' });
    await form.getByLabel('kind').fill('dog');
    await form.getByLabel('limit').fill('3');
    await form.getByText(`${desk.gateway.url}/pets/echo/dog?limit=3`).first().waitFor();
    await page.getByText('≥ 1, ≤ 9').waitFor();
    await expectAccessible(page, 'operations');
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByText(/^200 in/).waitFor();
    const seen = await eventually(async () => (await mock.now.seen()).find((r) => r.head.startsWith('POST /echo/dog?limit=3')), { within: 20_000, what: 'the request at the upstream' });
    expect(JSON.parse(seen.body)).toMatchObject({ name: 'Rex' });
    await leave(watched);
  });
});
