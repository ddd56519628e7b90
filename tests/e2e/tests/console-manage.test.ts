/** The hand-made screens of AI, services, subscriptions and roles, against the real program. */
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
let admin: Admin;

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-a'] });
  await admin.create('models', {
    name: 'smart',
    targets: [{ account: 'main', model: 'mock-1', weight: 3 }, { account: 'main', model: 'mock-2' }, { account: 'main', model: 'mock-3', order: 2 }],
  });
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
  await admin.create('plans', { name: 'basic', approval: 'manual', policies: [{ type: 'rate_limit', limit: 5, window: '1m' }] });
  for (const name of ['app', 'game']) await admin.create('consumers', { name });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

describe('AI', () => {
  test('accounts: tested in place; each vendor is one click from an account', async () => {
    const watched = await signIn(browser, gateway, '/accounts');
    const { page } = watched;
    const account = page.getByRole('region', { name: 'main' });
    await account.getByLabel('Model to ask').fill('mock-1');
    await account.getByRole('button', { name: 'Test' }).click();
    await account.getByText('works', { exact: true }).waitFor();
    await account.getByRole('list', { name: 'Keys' }).getByText('ready', { exact: true }).waitFor();
    await page.getByLabel('Search vendors').fill('mistral');
    await page.getByRole('link', { name: /^Mistral/ }).first().waitFor();
    await expectAccessible(page, 'accounts');
    await page.getByRole('link', { name: /^Mistral/ }).first().click();
    await page.waitForURL(/accounts\/new\?vendor=mistral/);
    await eventually(async () => (await page.getByRole('combobox', { name: /Vendor/ }).inputValue()) === 'mistral', { what: 'the vendor in the form' });
    await leave(watched);
  });

  test('accounts: a key that rests says for how long', async () => {
    await mock.now.script({ key: 'sk-limited', always: 'status=429,retry_after=300' });
    await admin.create('accounts', { name: 'limited', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: [{ key: 'sk-limited', label: 'first' }, { key: 'sk-spare', label: 'other', order: 1 }] });
    await admin.create('services', { name: 'ai', kind: 'ai', prefix: '/ai' });
    await admin.publish('ai');
    const body = JSON.stringify({ model: 'limited/mock-1', messages: [{ role: 'user', content: 'hello' }] });
    await eventually(async () => (await fetch(`${gateway.url}/ai/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status === 200, { what: 'an answer by the other key' });
    for (const [locale, rests, left] of [['en-US', 'cooling down', /^4:\d\d left$/], ['zh-CN', '冷却中', /^剩余 4:\d\d$/]] as const) {
      const watched = await signIn(browser, gateway, '/accounts', { locale });
      const first = watched.page.getByRole('region', { name: 'limited' }).getByRole('listitem').filter({ hasText: 'first' });
      await first.getByText(rests, { exact: true }).waitFor();
      await first.getByText(left).waitFor();
      await expectAccessible(watched.page, 'keys');
      await leave(watched);
    }
  });

  test('model routes show shares and fallbacks; the catalogue compares', async () => {
    const watched = await signIn(browser, gateway, '/models');
    const { page } = watched;
    const route = page.getByRole('region', { name: 'smart' });
    await route.getByText('75 %').waitFor();
    await route.getByText('Fallback 1').waitFor();
    await expectAccessible(page, 'model routes');
    await page.goto('/catalogue?vendor=openai');
    await page.getByLabel('Search by name').fill('gpt-4o-mini');
    await page.getByRole('checkbox').first().waitFor();
    for (const name of ['Compare gpt-4o-mini', 'Compare gpt-4o-mini-2024-07-18']) await page.getByRole('checkbox', { name, exact: true }).press('Space');
    await page.getByRole('region', { name: 'Comparison' }).getByText('128K').first().waitFor();
    await expectAccessible(page, 'the catalogue');
    await leave(watched);
  });
});

describe('services', () => {
  test('are tried, compared by release, and rolled back', async () => {
    await admin.patch('/services/shop', { path: '/store/*' });
    await admin.publish('shop', 'moved');
    const watched = await signIn(browser, gateway, '/services/shop');
    const { page } = watched;
    await page.getByText('Sells things.').waitFor();
    await page.locator('.readme strong').waitFor(); // rendered, not as it was written
    await page.getByRole('tab', { name: 'Try it' }).click();
    await page.waitForURL(/tab=try/);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^200 in/).waitFor();
    await page.getByText(`${gateway.url}/store/`).waitFor();
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
    await eventually(async () => (await fetch(`${gateway.url}/shop/`)).status === 200, { what: 'the old path' });
    await leave(watched);
  });
});

describe('actions', () => {
  test('what the state waits for is a button, the rest is in a menu, and what is refused says why', async () => {
    await admin.create('services', { name: 'steps', upstream: 'web', path: '/steps' });
    const watched = await signIn(browser, gateway, '/services/steps');
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
    expect((await admin.get('/services/steps')).body.status.state).toBe('offline');
    await leave(watched);
  });
});

describe('rules of routes', () => {
  test('are built with methods, a kind of path and conditions, and tell who takes such a request today', async () => {
    const watched = await signIn(browser, gateway, '/services/asked?tab=settings');
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
    const saved = (await admin.get('/services/asked')).body.routes[2];
    expect(saved).toEqual({ path: '/asked/7/*', methods: ['PUT'], headers: [{ name: 'x-plan', value: 'gold' }] });
    await page.getByRole('button', { name: 'Publish', exact: true }).waitFor(); // the draft waits for it
    await leave(watched);
  });
});

describe('which route takes a request', () => {
  test('is asked on the page of the service, and told step by step', async () => {
    const watched = await signIn(browser, gateway, '/services/asked?tab=routes');
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
    const watched = await signIn(browser, gateway, '/services/asked?tab=routes', { locale: 'zh-CN' });
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
    const made = await admin.post('/import/openapi', { document, name: 'pets', prefix: '/pets' });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    await admin.publish(made.body.service, 'first');
    const watched = await signIn(browser, gateway, `/services/${encodeURIComponent(made.body.service)}?tab=operations`);
    const { page } = watched;
    await page.getByLabel('Search operations').fill('add pet');
    await page.getByText('All pets').waitFor({ state: 'detached' });
    await page.getByText('Add a pet').click();
    const form = page.getByRole('form', { name: 'Try addPet' });
    await form.getByLabel('kind').fill('dog');
    await form.getByLabel('limit').fill('3');
    await form.getByText(`${gateway.url}/pets/echo/dog?limit=3`).first().waitFor();
    await page.getByText('≥ 1, ≤ 9').waitFor();
    await expectAccessible(page, 'operations');
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByText(/^200 in/).waitFor();
    const seen = await eventually(async () => (await mock.now.seen()).find((r) => r.head.startsWith('POST /echo/dog?limit=3')), { within: 20_000, what: 'the request at the upstream' });
    expect(JSON.parse(seen.body)).toMatchObject({ name: 'Rex' });
    await leave(watched);
  });
});

describe('long lists', () => {
  test('are read page by page as one scrolls, drawn as far as they are seen, and searched by the server', async () => {
    const teams = Array.from({ length: 700 }, (_, i) => ({ name: `team-${String(i).padStart(4, '0')}` }));
    expect((await admin.post('/apply', { documents: [{ teams }] })).status).toBe(200);
    const watched = await signIn(browser, gateway, '/teams');
    const { page } = watched;
    const table = page.getByRole('table');
    await page.getByText('100 shown').waitFor();
    for (const count of [600, 700]) {
      await table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await page.getByText(`${count} shown`).waitFor();
    }
    await table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.getByRole('link', { name: 'team-0699' }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    await page.getByRole('searchbox').fill('team-0123');
    await page.getByText('1 shown').waitFor();
    await page.getByRole('link', { name: 'team-0123' }).waitFor();
    await leave(watched);
  });
});

describe('requests and rights', () => {
  test('a subscription is approved and another rejected in the inbox', async () => {
    const tokens = await Promise.all(
      ['app', 'game'].map(async (consumer) => {
        await admin.create('roles', { name: `asker-${consumer}`, permissions: ['subscriptions:create', 'subscriptions:read'] });
        await admin.create('users', { name: consumer, grants: [{ role: `asker-${consumer}` }] });
        return (await admin.create('tokens', { name: consumer, user: consumer })).secret as string;
      }),
    );
    for (const [i, consumer] of ['app', 'game'].entries())
      await admin.withToken(tokens[i] ?? '').create('subscriptions', { consumer, service: 'shop', plan: 'basic', reason: `for ${consumer}` });
    const watched = await signIn(browser, gateway, '/subscriptions');
    const { page } = watched;
    const inbox = page.getByRole('region', { name: 'Waiting for a decision' });
    await inbox.getByText('for game').waitFor();
    await expectAccessible(page, 'the inbox');
    const game = inbox.getByRole('form', { name: 'game:shop' });
    await game.getByLabel('What you say to it').fill('not now');
    await game.getByRole('button', { name: 'Reject' }).click();
    await game.waitFor({ state: 'detached' });
    await inbox.getByRole('form', { name: 'app:shop' }).getByRole('button', { name: 'Approve' }).click();
    await inbox.waitFor({ state: 'detached' });
    expect((await admin.get('/subscriptions/game:shop')).body.status).toMatchObject({ state: 'rejected', decision: 'not now' });
    expect((await admin.get('/subscriptions/app:shop')).body.status.state).toBe('approved');
    await page.goto('/services/shop?tab=subscribers');
    await page.getByRole('link', { name: 'app', exact: true }).waitFor();
    await leave(watched);
  });

  test('a role is a table of permissions', async () => {
    await admin.create('roles', { name: 'support', permissions: ['consumers:*'] });
    const watched = await signIn(browser, gateway, '/roles/support');
    const { page } = watched;
    const box = page.getByRole('checkbox', { name: 'Consumers: delete' });
    await eventually(() => box.isChecked(), { what: 'the wildcard as ticks' });
    await expectAccessible(page, 'a role');
    await box.focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect((await admin.get('/roles/support')).body.permissions.sort()).toEqual(['consumers:create', 'consumers:read', 'consumers:update']);
    await leave(watched);
  });
});
