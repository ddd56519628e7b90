/** The hand-made screens of AI, subscriptions and roles, and long lists, against the real program. */
import { describe, expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-a'] });
  await admin.create('models', {
    name: 'smart',
    targets: [{ account: 'main', model: 'mock-1', weight: 3 }, { account: 'main', model: 'mock-2' }, { account: 'main', model: 'mock-3', order: 2 }],
  });
  await admin.create('upstreams', { name: 'web', endpoints: [{ url: mock.now.url }] });
  await admin.create('services', { name: 'shop', upstream: 'web', path: '/shop/*', title: 'Shop', readme: 'Sells **things**.' });
  await admin.publish('shop', 'the first');
  await admin.create('plans', { name: 'basic', approval: 'manual', policies: [{ type: 'rate_limit', limit: 5, window: '1m' }] });
  for (const name of ['app', 'game']) await admin.create('consumers', { name });
});

describe('AI', () => {
  test('accounts: tested in place; each vendor is one click from an account', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/accounts');
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
    await desk.admin.create('accounts', { name: 'limited', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: [{ key: 'sk-limited', label: 'first' }, { key: 'sk-spare', label: 'other', order: 1 }] });
    await desk.admin.create('services', { name: 'ai', kind: 'ai', prefix: '/ai' });
    await desk.admin.publish('ai');
    const body = JSON.stringify({ model: 'limited/mock-1', messages: [{ role: 'user', content: 'hello' }] });
    await eventually(async () => (await fetch(`${desk.gateway.url}/ai/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status === 200, { what: 'an answer by the other key' });
    for (const [locale, rests, left] of [['en-US', 'cooling down', /^4:\d\d left$/], ['zh-CN', '冷却中', /^剩余 4:\d\d$/]] as const) {
      const watched = await signIn(desk.browser, desk.gateway, '/accounts', { locale });
      const first = watched.page.getByRole('region', { name: 'limited' }).getByRole('listitem').filter({ hasText: 'first' });
      await first.getByText(rests, { exact: true }).waitFor();
      await first.getByText(left).waitFor();
      await expectAccessible(watched.page, 'keys');
      await leave(watched);
    }
  });

  test('model routes show shares and fallbacks; the catalogue compares', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/models');
    const { page } = watched;
    const route = page.getByRole('region', { name: 'smart' });
    await route.getByText('75 %').waitFor();
    await route.getByText('Fallback 1').waitFor();
    await expectAccessible(page, 'model routes');
    await page.goto('/catalogue?vendor=openai');
    await page.getByRole('searchbox', { name: 'Search' }).fill('gpt-4o-mini');
    await page.getByRole('checkbox').first().waitFor();
    const mini = page.getByRole('article', { name: 'gpt-4o-mini, OpenAI', exact: true });
    await mini.getByText('$0.15 in · $0.60 out').waitFor();
    for (const name of ['Compare gpt-4o-mini', 'Compare gpt-4o-mini-2024-07-18']) await page.getByRole('checkbox', { name, exact: true }).press('Space');
    await page.getByRole('region', { name: 'Comparison' }).getByText('128K').first().waitFor();
    await page.getByRole('row', { name: 'Output, per million tokens $0.60 $0.60' }).waitFor();
    await expectAccessible(page, 'the catalogue');
    await mini.getByRole('link', { name: 'Set your price: gpt-4o-mini' }).click();
    await page.getByLabel(/^Input\b/).first().fill('0.1');
    expect(await page.getByLabel('Model', { exact: false }).first().inputValue()).toBe('gpt-4o-mini');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'openai/gpt-4o-mini', level: 1 }).waitFor();
    await page.goto('/catalogue?vendor=openai&q=gpt-4o-mini');
    await mini.getByText('$0.10 in · — out').waitFor();
    await mini.getByRole('link', { name: 'your price' }).waitFor();
    await leave(watched);
  });

  test('the catalogue searches all vendors, compares across them, and all of that has an address', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/catalogue');
    const { page } = watched;
    const search = page.getByRole('searchbox', { name: 'Search' });
    await page.getByText(/^2,\d{3} models$|^[3-9],\d{3} models$/).waitFor();
    await search.fill('gpt-4o-mini openai');
    const mini = page.getByRole('article', { name: 'gpt-4o-mini, OpenAI', exact: true });
    await mini.getByRole('checkbox').press('Space');
    await page.getByText('Tick up to 4 models').waitFor();
    await search.fill('Anthropic claude');
    await page.getByRole('article', { name: /^claude-.*, Anthropic$/ }).first().getByRole('checkbox').press('Space');
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await comparison.getByRole('row', { name: /^Vendor OpenAI Anthropic$/ }).waitFor();
    await page.getByRole('button', { name: /Order$/ }).click();
    await page.getByRole('option', { name: 'dearest input' }).click();
    await page.waitForURL(/sort=-input/);
    await expectAccessible(page, 'the catalogue of all vendors');
    await page.reload();
    await comparison.getByRole('row', { name: /^Vendor OpenAI Anthropic$/ }).waitFor();
    expect(await search.inputValue()).toBe('Anthropic claude');
    await comparison.getByRole('button', { name: 'Remove gpt-4o-mini' }).click();
    await comparison.waitFor({ state: 'detached' });
    await search.fill('no such model anywhere');
    await page.getByText('No model fits').waitFor();
    await leave(watched);
  });

  test('a catalogue of thousands is drawn as far as it is seen', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/catalogue');
    const { page } = watched;
    await page.getByRole('article').first().waitFor();
    expect(await page.getByRole('article').count()).toBeLessThan(60);
    for (let i = 0; i < 8; i++) await page.getByRole('article').last().scrollIntoViewIfNeeded();
    expect(await page.getByRole('article').count()).toBeLessThan(60);
    await leave(watched);
  });
});

describe('what is made by hand of a model route, a budget and the list of services', () => {
  test('targets are steps with shares: added, moved, weighed and saved', async () => {
    await desk.admin.create('models', { name: 'steps', targets: ['main/mock-1', { account: 'main', model: 'mock-2', weight: 3 }, { account: 'main', model: 'mock-3', order: 2, stream: 'never' }] });
    const watched = await signIn(desk.browser, desk.gateway, '/models/steps');
    const { page } = watched;
    const first = page.getByRole('listitem', { name: 'First choice' });
    await first.getByRole('listitem', { name: 'main/mock-2' }).getByText('75 %').waitFor();
    await first.getByRole('button', { name: 'Move main/mock-2 a step back' }).click();
    const fallback = page.getByRole('listitem', { name: 'Fallback 1' });
    await fallback.getByRole('listitem', { name: 'main/mock-2' }).getByText('75 %').waitFor();
    await page.getByRole('button', { name: 'Add a fallback' }).click();
    const added = page.getByRole('listitem', { name: 'Fallback 2' });
    await added.getByRole('combobox', { name: 'Model' }).fill('mock-4');
    await page.keyboard.press('Tab'); // leaves the list of models, should it be open
    await fallback.getByRole('button', { name: 'Remove main/mock-2' }).click();
    await expectAccessible(page, 'the targets of a model route');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect((await desk.admin.get('/models/steps')).body.targets).toEqual([
      { account: 'main', model: 'mock-1' },
      { account: 'main', model: 'mock-3', order: 2, stream: 'never' },
      { account: 'main', model: 'mock-4', order: 3 },
    ]);
    await leave(watched);
  });

  test('rules of a model are steps in words: made, ordered by keys, saved and asked', async () => {
    await desk.admin.create('services', { name: 'asked', kind: 'ai', prefix: '/asked', policies: [{ type: 'key_auth' }] });
    await desk.admin.publish('asked');
    await desk.admin.create('models', { name: 'ruled', targets: ['main/mock-1'], rules: [{ name: 'long', when: { input_tokens: { min: 9000 } }, targets: ['main/mock-long'] }] });
    const watched = await signIn(desk.browser, desk.gateway, '/models/ruled');
    const { page } = watched;
    await page.getByRole('listitem', { name: 'Rule long' }).getByText('Prompt, in tokens: ≥ 9000').waitFor();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const added = page.getByRole('listitem', { name: 'Rule rule 2' });
    await added.getByRole('checkbox', { name: 'images' }).press('Space');
    await added.getByText('The request needs: images').waitFor();
    await added.getByRole('button', { name: 'Add a target' }).click();
    await added.getByRole('combobox', { name: 'Model' }).fill('mock-sees');
    await page.keyboard.press('Tab'); // leaves the list of models, should it be open
    await added.getByRole('button', { name: 'Ask rule 2 sooner' }).press('Enter');
    await expectAccessible(page, 'the rules of a model route');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const { rules } = (await desk.admin.get('/models/ruled')).body;
    expect(rules).toMatchObject([
      { when: { has: ['images'] }, targets: [{ model: 'mock-sees' }] },
      { name: 'long', when: { input_tokens: { min: 9000 } } },
    ]);
    await page.getByRole('tab', { name: 'Which target?' }).click();
    const form = page.getByRole('tabpanel');
    await form.getByRole('checkbox', { name: 'images' }).press('Space');
    await form.getByRole('button', { name: 'Which target?' }).click();
    const answer = page.getByRole('region', { name: 'The targets it goes to' });
    await answer.getByText('The rule rule 1 takes it').waitFor();
    await answer.getByText(`${rules[0].targets[0].account}/mock-sees`).waitFor(); // the first account that there is
    await expectAccessible(page, 'which target');
    await page.goto('/models');
    const card = page.getByRole('region', { name: 'ruled', exact: true });
    await card.getByRole('region', { name: 'Rule long' }).getByText('mock-long').waitFor();
    await card.getByText('All others').waitFor();
    await leave(watched);
  });

  test('a budget shows what is spent of it', async () => {
    await desk.admin.create('services', { name: 'budgeted', kind: 'ai', prefix: '/budgeted', policies: [{ type: 'key_auth' }] });
    await desk.admin.publish('budgeted');
    await desk.admin.create('consumers', { name: 'spender' });
    await desk.admin.create('budgets', { name: 'little', per: 'consumer', subject: 'spender', tokens: 10 });
    const { secret } = await desk.admin.create('credentials', { name: 'spender-1', consumer: 'spender' });
    const ask = (): Promise<Response> =>
      fetch(`${desk.gateway.url}/budgeted/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'smart', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }),
      });
    await eventually(async () => (await ask()).status === 429 || undefined, { what: 'the budget to be spent' });
    const watched = await signIn(desk.browser, desk.gateway, '/budgets');
    const { page } = watched;
    const card = page.getByRole('region', { name: 'little' });
    await card.getByText('each month').waitFor();
    await card.getByText(/^\d+ of 10 tokens used$/).waitFor();
    await card.getByRole('meter', { name: /^\d+ of 10 tokens used$/ }).waitFor();
    await expectAccessible(page, 'budgets');
    await leave(watched);
  });

  test('services show health, traffic, owner, and what waits to be published', async () => {
    await desk.admin.create('teams', { name: 'sellers' });
    await desk.admin.create('services', { name: 'glance', upstream: 'web', path: '/glance', team: 'sellers' });
    await desk.admin.publish('glance');
    for (let i = 0; i < 3; i++) await (await fetch(`${desk.gateway.url}/glance`)).text();
    await desk.admin.patch('/services/glance', { title: 'Glance' });
    const watched = await signIn(desk.browser, desk.gateway, '/services?q=glance');
    const { page } = watched;
    const row = page.getByRole('row', { name: /^glance/ });
    await row.getByRole('link', { name: 'healthy' }).waitFor();
    await row.getByRole('link', { name: '3: Requests of glance' }).waitFor();
    await row.getByRole('link', { name: 'sellers' }).waitFor();
    await row.getByText('unpublished changes').waitFor();
    await expectAccessible(page, 'the list of services');
    await row.getByRole('link', { name: 'healthy' }).click();
    await page.getByRole('row', { name: new RegExp(`^${mock.now.url} up`) }).waitFor();
    await leave(watched);
  });
});

describe('long lists', () => {
  test('are read page by page as one scrolls, drawn as far as they are seen, and searched by the server', async () => {
    const teams = Array.from({ length: 700 }, (_, i) => ({ name: `team-${String(i).padStart(4, '0')}` }));
    expect((await desk.admin.post('/apply', { documents: [{ teams }] })).status).toBe(200);
    const watched = await signIn(desk.browser, desk.gateway, '/teams');
    const { page } = watched;
    const table = page.getByRole('table');
    await page.getByText('100 shown').waitFor();
    for (const shown of ['600 shown', /^70\d shown/]) { // other tests have teams, too
      await table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await page.getByText(shown).waitFor();
    }
    await table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.getByRole('link', { name: 'team-0699' }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    await page.getByRole('searchbox').fill('team-0123');
    await page.getByText('1 shown').waitFor();
    await page.getByRole('link', { name: 'team-0123' }).waitFor();
    await page.goto('/teams/new');
    await page.getByRole('combobox', { name: /Parent/ }).fill('team-0698'); // none of the first hundred
    await page.getByRole('option', { name: 'team-0698' }).click();
    await leave(watched);
  });
});

describe('lists', () => {
  test('are put in order and narrowed by their address, and say what else it asks for', async () => {
    await desk.admin.create('services', { name: 'never-published', upstream: 'web', path: '/np/*' });
    const watched = await signIn(desk.browser, desk.gateway, '/services?created_by=user:admin');
    const { page } = watched;
    const first = page.getByRole('row').nth(1).getByRole('link').first();
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    await page.waitForURL(/sort=-key/);
    await expect.poll(() => first.innerText()).toBe('shop');
    await page.getByRole('button', { name: /All states/ }).click();
    await page.getByRole('option', { name: 'draft' }).click();
    await page.waitForURL(/status\.state=draft/);
    await page.getByRole('link', { name: 'shop', exact: true }).waitFor({ state: 'detached' });
    await page.reload(); // the same for whoever gets the link
    await page.getByRole('link', { name: 'never-published' }).waitFor();
    await expectAccessible(page, 'a narrowed list');
    await page.getByRole('button', { name: /created_by = user:admin/ }).click();
    await page.waitForURL((url) => !url.search.includes('created_by'));
    await leave(watched);
  });

  test('what was deleted by mistake is brought back', async () => {
    await desk.admin.create('teams', { name: 'oops', title: 'The only one' });
    const watched = await signIn(desk.browser, desk.gateway, '/teams/oops');
    const { page } = watched;
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('oops is deleted.').waitFor();
    expect((await desk.admin.get('/teams/oops')).status).toBe(404);
    await page.getByRole('heading', { name: 'Teams', level: 1 }).waitFor(); // where one is then
    await expectAccessible(page, 'an offer to undo');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('oops is deleted.').waitFor({ state: 'detached' });
    expect((await desk.admin.get('/teams/oops')).body.title).toBe('The only one');

    await page.getByRole('link', { name: 'oops' }).click();
    const title = page.getByLabel('Title');
    await title.fill('A slip');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('oops is changed.').waitFor();
    expect((await desk.admin.get('/teams/oops')).body.title).toBe('A slip');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => (await title.inputValue()) === 'The only one', { within: 20_000, what: 'the title of before in the form' });
    expect((await desk.admin.get('/teams/oops')).body.title).toBe('The only one');
    await leave(watched);
  });
});

describe('a consumer', () => {
  test('gets a key that is shown once, and another one beside it for a while; its quota is a bar', async () => {
    const { admin, gateway } = desk;
    await admin.create('services', { name: 'metered', upstream: 'web', path: '/metered/*', policies: [{ type: 'key_auth' }] });
    await admin.publish('metered', 'first');
    await admin.create('consumers', { name: 'partner' });
    await admin.create('subscriptions', { consumer: 'partner', service: 'metered', plan: 'basic' });
    const watched = await signIn(desk.browser, gateway, '/consumers/partner');
    const { page } = watched;
    const window = page.getByRole('dialog');
    const take = async (): Promise<string> => {
      const secret = await window.locator('pre').innerText();
      await page.getByRole('button', { name: 'I have it' }).click();
      return secret;
    };
    const call = async (key: string): Promise<number> => (await fetch(`${gateway.url}/metered/x`, { headers: { authorization: `Bearer ${key}` } })).status;
    await page.getByText('No key yet').waitFor();
    await page.getByRole('button', { name: 'New key' }).click();
    await window.getByLabel(/^Name/).fill('partner-1');
    await expectAccessible(page, 'a new key');
    await window.getByRole('button', { name: 'Create', exact: true }).click();
    const old = await take();
    await eventually(async () => (await call(old)) === 200, { what: 'the key to work' });
    const row = page.getByRole('row', { name: /^partner-1/ });
    await row.getByRole('button', { name: /^Rotate/ }).click();
    await window.getByRole('button', { name: /works on for/ }).click();
    await page.getByRole('option', { name: 'an hour' }).click();
    await window.getByRole('button', { name: 'Rotate' }).click();
    const next = await take();
    expect(next).not.toBe(old);
    await row.getByText(/the one before until in/).waitFor();
    await eventually(async () => (await call(next)) === 200, { what: 'the new key to work' });
    expect(await call(old)).toBe(200);
    expect(await page.content()).not.toContain(next);
    await expectAccessible(page, 'keys of a consumer');
    await page.getByRole('tab', { name: 'Subscriptions' }).click();
    await page.getByText('Requests: 3 of 5 used').waitFor();
    expect(Number(await page.getByRole('meter', { name: 'Requests' }).getAttribute('value'))).toBe(3);
    await expectAccessible(page, 'subscriptions of a consumer');
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page.getByRole('row', { name: /^metered 3/ }).waitFor();
    await expectAccessible(page, 'usage of a consumer');
    await leave(watched);
  });
});

describe('requests and rights', () => {
  test('a subscription is approved and another rejected in the inbox', async () => {
    const tokens = await Promise.all(
      ['app', 'game'].map(async (consumer) => {
        await desk.admin.create('roles', { name: `asker-${consumer}`, permissions: ['subscriptions:create', 'subscriptions:read'] });
        await desk.admin.create('users', { name: consumer, grants: [{ role: `asker-${consumer}` }] });
        return (await desk.admin.create('tokens', { name: consumer, user: consumer })).secret as string;
      }),
    );
    for (const [i, consumer] of ['app', 'game'].entries())
      await desk.admin.withToken(tokens[i] ?? '').create('subscriptions', { consumer, service: 'shop', plan: 'basic', reason: `for ${consumer}` });
    const watched = await signIn(desk.browser, desk.gateway, '/subscriptions');
    const { page } = watched;
    const inbox = page.getByRole('region', { name: 'Waiting for a decision' });
    await inbox.getByText('for game').waitFor();
    await expectAccessible(page, 'the inbox');
    const game = inbox.getByRole('form', { name: 'game:shop' });
    await game.getByLabel('What you say to it').fill('not now');
    const notice = page.getByRole('region', { name: 'What was just done' });
    await game.getByRole('button', { name: 'Reject' }).click();
    await game.waitFor({ state: 'detached' });
    await notice.getByText('The request of game for shop is rejected.').waitFor();
    await notice.getByRole('button', { name: 'Undo' }).click();
    await game.getByLabel('What you say to it').fill('not now');
    const stateOf = async (consumer: string): Promise<any> => (await desk.admin.get(`/subscriptions/${consumer}:shop`)).body.status;
    expect((await stateOf('game')).state).toBe('requested'); // nothing was sent
    await game.getByRole('button', { name: 'Reject' }).click();
    await inbox.getByRole('form', { name: 'app:shop' }).getByRole('button', { name: 'Approve' }).click(); // sends the one before
    await inbox.waitFor({ state: 'detached' });
    expect(await eventually(async () => ((s) => s.state !== 'requested' && s)(await stateOf('game')), { within: 20_000, what: 'the decision' })).toMatchObject({ state: 'rejected', decision: 'not now' });
    await notice.getByText('app gets access to shop.').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Consumers' }).click(); // who goes away has decided
    await eventually(async () => (await stateOf('app')).state === 'approved', { within: 20_000, what: 'the other decision' });
    await page.goto('/services/shop?tab=subscribers');
    await page.getByRole('link', { name: 'app', exact: true }).waitFor();
    await leave(watched);
  });

  test('a role is a table of permissions', async () => {
    await desk.admin.create('roles', { name: 'support', permissions: ['consumers:*'] });
    const watched = await signIn(desk.browser, desk.gateway, '/roles/support');
    const { page } = watched;
    const box = page.getByRole('checkbox', { name: 'Consumers: delete' });
    await eventually(() => box.isChecked(), { what: 'the wildcard as ticks' });
    await expectAccessible(page, 'a role');
    await box.focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect((await desk.admin.get('/roles/support')).body.permissions.sort()).toEqual(['consumers:create', 'consumers:read', 'consumers:update']);
    await leave(watched);
  });
});
