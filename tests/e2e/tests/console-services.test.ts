/** The hand-made screens of services: releases, actions, routes, operations that were imported. */
import type { Locator } from 'playwright-core';
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

  test('have their tabs in one row, and the open one and the place in the menu are in sight', async () => {
    const { page } = await signIn(desk.browser, desk.gateway, '/services/shop?tab=settings');
    const open = page.getByRole('tab', { name: 'Settings', selected: true });
    const tops = (): Promise<number[]> => page.getByRole('tab').evaluateAll((tabs) => [...new Set(tabs.map((t) => t.getBoundingClientRect().top))]);
    const isInSight = (of: Locator): Promise<boolean> =>
      of.evaluate((element) => {
        const [it, box] = [element.getBoundingClientRect(), (element.closest('[role=tablist], nav') ?? element).getBoundingClientRect()];
        return it.left >= box.left - 1 && it.right <= box.right + 1 && it.top >= box.top - 1 && it.bottom <= Math.min(box.bottom, innerHeight) + 1;
      });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 500 });
      await page.reload();
      await open.waitFor();
      expect(await tops()).toHaveLength(1);
      await eventually(async () => await isInSight(open), { what: `the open tab at ${width}` });
    }
    await page.goto(`${desk.gateway.adminUrl}/services/shop?tab=no-such`);
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor();
    await page.getByText('Sells things.').waitFor();
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.goto(`${desk.gateway.adminUrl}/audit`);
    const entry = page.getByRole('navigation', { name: 'Main' }).locator('[aria-current]');
    await entry.waitFor();
    await eventually(async () => await isInSight(entry), { what: 'the entry of the menu' });
  });
});

describe('the draft of a service', () => {
  test('says what publishing it changes, what of it breaks callers and what the rules find, and is tried by some first', async () => {
    const operations = [{ id: 'all', method: 'GET', path: '/draft' }, { id: 'one', method: 'GET', path: '/draft/{id}' }];
    await desk.admin.create('services', { name: 'draft', version: 'v1', upstream: 'web', operations });
    await desk.admin.publish('draft@v1', 'first');
    await desk.admin.create('services', { name: 'draft', version: 'v2', upstream: 'web', path: '/draft2' });
    await desk.admin.patch('/services/draft@v1', { summary: 'Said better.', operations: operations.slice(0, 1) });
    const watched = await signIn(desk.browser, desk.gateway, '/services/draft@v1?tab=releases');
    const { page } = watched;
    const draft = page.getByRole('region', { name: 'Draft' });
    await draft.getByText('breaking changes: 1').waitFor();
    await draft.getByText('What publishing it changes').click();
    await draft.getByText('Said better.').waitFor();
    await draft.getByText('a team owns the service').waitFor();
    await page.getByRole('region', { name: 'Other versions' }).getByRole('link', { name: 'draft@v2' }).waitFor();
    await expectAccessible(page, 'a draft');
    await draft.getByRole('button', { name: 'Try as canary' }).click();
    await page.getByRole('dialog').getByLabel(/^Percent/).fill('25');
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const waiting = page.getByRole('region', { name: 'Under way' });
    await waiting.getByText('Release 2 is tried with 25 % of the clients.').waitFor();
    await waiting.getByRole('button', { name: 'Promote', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await waiting.waitFor({ state: 'detached' });
    expect((await desk.admin.get('/services/draft@v1')).body.status.live_release).toBe(2);
    await leave(watched);
  });
});

test('the list asks for the endpoints of all services in sight at once', async () => {
  await desk.admin.create('upstreams', { name: 'gone', endpoints: [{ url: mock.now.url, weight: 0 }, { url: 'http://127.0.0.1:9' }] });
  for (const [name, upstream] of [['well', 'web'], ['lost', 'gone']] as const) {
    await desk.admin.create('services', { name, upstream, path: `/${name}` });
    await desk.admin.publish(name);
  }
  for (let i = 0; i < 12; i++) await (await fetch(`${desk.gateway.url}/lost`)).text();
  const watched = await signIn(desk.browser, desk.gateway, '/audit');
  const { page } = watched;
  const asked: string[] = [];
  page.on('request', (r) => void (/\/api\/.*endpoints/.test(r.url()) && asked.push(new URL(r.url()).pathname)));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Services' }).click();
  await page.getByRole('row', { name: /^lost/ }).getByText('down', { exact: true }).waitFor();
  await page.getByRole('row', { name: /^well/ }).waitFor();
  expect([...new Set(asked)]).toEqual(['/api/v1/endpoints']);
  expect(asked.length).toBeLessThan(4); // also while it is looked at for some seconds
  await leave(watched);
});

describe('a release that some callers try', () => {
  test('stands beside the live one: what fails of both, by operation, as it comes', async () => {
    const routes = [{ name: 'all', path: '/tried/all' }];
    await desk.admin.create('upstreams', { name: 'nowhere', endpoints: [{ url: 'http://127.0.0.1:9' }] });
    await desk.admin.create('services', { name: 'tried', upstream: 'web', routes });
    await desk.admin.publish('tried');
    await desk.admin.patch('/services/tried', { upstream: 'nowhere' });
    expect((await desk.admin.post('/services/tried/canary', { header: 'x-new', reason: 'a look' })).status).toBe(200);
    const ask = async (headers = {}): Promise<number> => (await fetch(`${desk.gateway.url}/tried/all`, { headers })).status;
    for (let i = 0; i < 5; i++) expect(await ask()).toBe(200);
    const watched = await signIn(desk.browser, desk.gateway, '/services/tried?tab=releases');
    const { page } = watched;
    const waiting = page.getByRole('region', { name: 'Under way' });
    await waiting.getByText('Too few requests of the canary (0)').waitFor();
    for (let i = 0; i < 20; i++) expect(await ask({ 'x-new': '1' })).toBeGreaterThanOrEqual(500);
    await waiting.getByText('The canary fails more: 100% of its requests, 0% of those of the live release.').waitFor({ timeout: 60_000 });
    await waiting.getByRole('row', { name: /^tried\/all live 5 0%/ }).waitFor();
    await waiting.getByRole('row', { name: /^canary 20 100%/ }).waitFor();
    await expectAccessible(page, 'a canary beside the live release');
    await waiting.getByRole('link', { name: 'Requests' }).click();
    await page.getByText('tried#canary/all').first().waitFor();
    await leave(watched);
  });
});

describe('policies of a service', () => {
  test('come from the library, stand in the order in which they run, and are refused at their field', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/services/asked?tab=policies');
    const { page } = watched;
    const limit = page.getByRole('listitem', { name: 'Rate limit' });
    await limit.getByText('limit: 5 · window: 1m').waitFor();
    await page.getByRole('button', { name: 'Add a policy' }).click();
    await page.getByRole('dialog').getByLabel('Search the library').fill('addresses');
    await expectAccessible(page, 'the library of policies');
    await page.getByRole('dialog').getByRole('button', { name: 'Ip filter' }).click();
    const filter = page.getByRole('listitem', { name: 'Ip filter' });
    await filter.getByText('1. Ip filter').waitFor(); // before the limit, though it was added behind it
    await limit.getByText('2. Rate limit').waitFor();
    await filter.getByLabel('Allow').fill('no address');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    await filter.locator('.field-error').filter({ hasText: /\S/ }).first().waitFor();
    await filter.getByLabel('Allow').fill('127.0.0.0/8');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. Publish it, so that traffic sees it.').waitFor();
    expect((await desk.admin.get('/services/asked')).body.policies).toEqual([{ type: 'rate_limit', limit: 5, window: '1m' }, { type: 'ip_filter', allow: ['127.0.0.0/8'] }]);
    await filter.getByRole('button', { name: 'Remove Ip filter' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => (await desk.admin.get('/services/asked')).body.policies.length === 1 || undefined, { what: 'one policy' });
    await expectAccessible(page, 'policies');
    await leave(watched);
  });
});

describe('what a service is served by and who calls it', () => {
  test('endpoints with their health, its own log, and the end of its life', async () => {
    await desk.admin.create('upstreams', { name: 'halved', endpoints: [{ url: mock.now.url }, { url: 'http://127.0.0.1:9' }] });
    await desk.admin.create('consumers', { name: 'caller' });
    const { secret } = await desk.admin.create('credentials', { name: 'caller-1', consumer: 'caller' });
    await desk.admin.create('services', { name: 'ending', upstream: 'halved', path: '/ending', policies: [{ type: 'key_auth' }] });
    await desk.admin.publish('ending');
    for (let i = 0; i < 12; i++) await (await fetch(`${desk.gateway.url}/ending`, { headers: { authorization: `Bearer ${secret}` } })).text();
    const watched = await signIn(desk.browser, desk.gateway, '/services/ending?tab=endpoints');
    const { page } = watched;
    await page.getByRole('row', { name: new RegExp(`^${mock.now.url} up`) }).waitFor();
    await page.getByRole('row', { name: /^http:\/\/127\.0\.0\.1:9 (resting|being tried).* in a row/ }).waitFor();
    await expectAccessible(page, 'endpoints');
    await page.getByRole('tab', { name: 'Logs' }).click();
    const log = page.getByRole('region', { name: 'Request log' });
    await log.getByRole('row', { name: /caller/ }).first().waitFor();
    expect(await log.locator('tbody tr').count()).toBe(12); // of this service only
    await log.locator('tbody').getByRole('button').first().click();
    await page.getByRole('dialog').getByText('How it was decided').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('tab', { name: 'Lifecycle' }).click();
    await page.getByRole('row', { name: /^caller/ }).getByRole('link', { name: '12: Requests of caller' }).waitFor();
    await page.getByRole('tabpanel').getByRole('button', { name: 'Deprecate' }).click();
    await page.getByRole('dialog').getByLabel(/^Successor/).fill('shop');
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('Each answer tells callers that the end comes').waitFor();
    await page.getByRole('tabpanel').getByText('shop', { exact: true }).waitFor();
    await expectAccessible(page, 'the lifecycle');
    expect((await fetch(`${desk.gateway.url}/ending`, { headers: { authorization: `Bearer ${secret}` } })).headers.get('deprecation')).not.toBeNull();
    await page.getByRole('link', { name: '12: Requests of caller' }).click();
    await page.getByRole('heading', { name: 'Request log', level: 1 }).waitFor();
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
    const progress = page.getByRole('region', { name: 'Progress: Publish' });
    expect(await progress.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/Check it against the rules.*done.*Checks: 0 errors, \d+ warnings/),
      expect.stringMatching(/Publish done release 1/),
      expect.stringMatching(/Served by the nodes done 1 of 1 nodes serve it/),
    ]);
    await expectAccessible(page, 'the progress of a release');
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
    expect((await desk.admin.get('/nodes')).body.change).toBeGreaterThan(0);
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

describe('a large document', () => {
  /** As those of big vendors, of `n` operations. */
  const large = (n: number): string => {
    const description = 'What it is for, when to use it, and what else there is to say of it. '.repeat(36);
    const paths = Object.fromEntries(Array.from({ length: n }, (_, i) => [`/things/${i}`, { get: { operationId: `get${i}`, summary: `Thing ${i}`, description, responses: { 200: { description: 'it' } } } }]));
    return JSON.stringify({ openapi: '3.1.0', info: { title: 'Large', version: '1.0.0' }, servers: [{ url: mock.now.url }], paths });
  };

  test('is imported from a file step by step; a second time it is compared first, and may be stopped', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/import');
    const { page } = watched;
    const steps = page.getByRole('region', { name: 'Progress of the import' });
    const step = (title: string) => steps.getByRole('listitem').filter({ hasText: title });
    const choose = async (text: string): Promise<void> => {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a file' }).click()]);
      await chooser.setFiles({ name: 'large.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    };
    const whole = large(400);
    expect(whole.length).toBeGreaterThan(1_000_000);
    await choose(whole);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('This would make large@1.0.0.').waitFor();
    await step('Read the file').getByText(/^[\d.]+ MB$/).waitFor();
    await step('Read and checked by the gateway').getByText('OpenAPI 3.1.0: 400 operations').waitFor();
    await step('Compared with what is there').getByText('nothing of this name is there yet').waitFor();
    await step('Make the draft').getByText('still to come').waitFor();
    await expectAccessible(page, 'an import that waits');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('large@1.0.0 was made, as a draft.').waitFor();
    await step('Rules for its release').getByText(/^Checks: /).waitFor();
    expect((await desk.admin.get('/documents/large@1.0.0:1')).body.bytes).toBe(whole.length);

    await page.route('**/import/openapi?dry_run=true', () => undefined); // it takes for ever
    await choose(large(3));
    await page.getByRole('button', { name: 'Preview' }).click();
    await steps.getByRole('button', { name: 'Cancel' }).click();
    await steps.getByText('stopped', { exact: true }).waitFor();
    await page.unroute('**/import/openapi?dry_run=true');
    await steps.getByRole('button', { name: 'Try again' }).click();
    await step('Compared with what is there').getByText('changes to the draft that is there: 397, breaking callers: 397').waitFor();
    await expectAccessible(page, 'an import that breaks callers');
    expect((await desk.admin.get('/services/large@1.0.0')).body.operations).toHaveLength(400); // a look changes nothing
    await leave(watched);
  });

  test('that is too large is not sent at all', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/import');
    const { page } = watched;
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a file' }).click()]);
    await chooser.setFiles({ name: 'huge.json', mimeType: 'application/json', buffer: Buffer.alloc((8 << 20) + 1, 'x') });
    await page.getByRole('alert').getByText(/^A document has at most 8/).waitFor();
    expect(await page.getByRole('button', { name: 'Preview' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Remove huge.json' }).click();
    await page.getByLabel('Document, or its address').waitFor();
    await leave(watched);
  });
});
