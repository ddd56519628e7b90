/**
 * The main screens of the console, light and dark, as pictures: `npx vite-node screenshots.ts [DIRECTORY [NAME...]]`
 * in tests/e2e, with the program built. They are for people: look at them.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Admin, adminPassword } from './harness/admin.ts';
import { openBrowser } from './harness/browser.ts';
import { signIn } from './harness/console.ts';
import { Mock } from './harness/mock.ts';
import { RealProvider } from './harness/oidc.ts';
import { Sluice } from './harness/sluice.ts';

interface Screen {
  name: string;
  path: string;
  before?: (page: Page) => Promise<void>;
}

async function play(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make a key for a day' }).click();
  await page.getByText('Made for the consumer').waitFor();
  await page.getByRole('button', { name: /^Run/ }).click();
  await page.getByText('done', { exact: true }).nth(1).waitFor();
  await page.getByText(/^\$0\.0/).nth(1).waitFor();
}

async function openStep(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show the steps' }).click();
  await page.locator('summary', { hasText: 'Call a model' }).click();
  await page.getByRole('button', { name: 'Ask the model' }).waitFor();
}

async function askWay(page: Page): Promise<void> {
  await page.getByLabel('URL or path').fill('/orders/42');
  await page.getByRole('button', { name: 'Which route?' }).click();
  await page.getByRole('region', { name: 'The way it goes' }).waitFor();
}

const fillPrompt = (page: Page): Promise<void> => page.getByLabel('text', { exact: true }).fill('What a day!');

const openOperation = (page: Page): Promise<void> => page.locator('summary', { hasText: 'Add a pet' }).click();

const drawn = (page: Page): Promise<void> => page.locator('canvas').first().waitFor();

const openRules = (page: Page): Promise<void> => page.getByRole('group', { name: 'Routes' }).first().scrollIntoViewIfNeeded();

const comparedArms = (page: Page): Promise<void> => page.getByRole('row', { name: /^sentiment@v2 .* [1-9]/ }).waitFor();

const catalogueShown = (page: Page): Promise<void> => page.getByRole('link', { name: 'Orders' }).waitFor();

const operationsFound = (page: Page): Promise<void> => page.getByRole('link', { name: 'Add a pet' }).waitFor();

const newsShown = (page: Page): Promise<void> => page.getByText('deprecated', { exact: true }).waitFor();

const endpointsShown = (page: Page): Promise<void> => page.getByRole('tab', { name: 'Python' }).click();

const quotaShown = (page: Page): Promise<void> => page.getByRole('meter').first().waitFor();

async function makeBackup(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByText(/is there: /).waitFor();
}

async function trySso(page: Page): Promise<void> {
  const trial = page.getByRole('region', { name: 'Try it' });
  await trial.getByRole('button', { name: 'Ask the provider' }).click();
  await trial.getByText('answers', { exact: true }).waitFor();
  await trial.getByRole('button', { name: 'Try these claims' }).click();
  await trial.getByText('may come in', { exact: true }).waitFor();
  await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
}

async function openDelivery(page: Page): Promise<void> {
  await page.getByText('alert.firing').first().waitFor({ timeout: 60_000 }); // alerts are looked at now and then
  await page.locator('details.entry summary').first().click();
}

const screens: Screen[] = [
  { name: 'home', path: '/', before: drawn },
  { name: 'analytics', path: '/analytics?group=model&measure=cost', before: drawn },
  { name: 'requests', path: '/requests' },
  { name: 'playground', path: '/playground?model=fast&model=careful', before: play },
  { name: 'accounts', path: '/accounts' },
  { name: 'models', path: '/models' },
  { name: 'model-rules', path: '/models/careful' },
  { name: 'catalogue', path: '/catalogue?vendor=openai' },
  { name: 'services', path: '/services' },
  { name: 'service', path: '/services/orders' },
  { name: 'routes', path: '/services/orders?tab=routes', before: askWay },
  { name: 'prompt', path: '/prompts/sentiment', before: fillPrompt },
  { name: 'first-steps', path: '/', before: openStep },
  { name: 'operations', path: '/services/pets@1.0.0?tab=operations', before: openOperation },
  { name: 'inbox', path: '/subscriptions' },
  { name: 'role', path: '/roles/support' },
  { name: 'backups', path: '/backups', before: makeBackup },
  { name: 'settings', path: '/settings' },
  { name: 'rules', path: '/services/orders?tab=settings', before: openRules },
  { name: 'prompt-ab', path: '/prompts/sentiment?tab=trial', before: comparedArms },
  { name: 'sso', path: '/identity-providers/corp', before: trySso },
  { name: 'users', path: '/users' },
  { name: 'tokens', path: '/tokens' },
  { name: 'deliveries', path: '/deliveries', before: openDelivery },
  { name: 'portal', path: '/portal', before: catalogueShown },
  { name: 'portal-search', path: '/portal?q=pet', before: operationsFound },
  { name: 'portal-service', path: '/portal/services/orders' },
  { name: 'portal-news', path: '/portal/changes', before: newsShown },
  { name: 'portal-models', path: '/portal/services/ai', before: endpointsShown },
  { name: 'portal-application', path: '/portal/applications/admin.shop', before: quotaShown },
];

const pets = (url: string): string => `
openapi: 3.1.0
info: { title: Pets, version: 1.0.0 }
servers: [{ url: '${url}' }]
paths:
  /pets:
    get:
      { operationId: listPets, summary: All pets, tags: [Pets], parameters: [{ name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 }, description: How many at most. }], responses: { 200: { description: All. } } }
    post:
      operationId: addPet
      summary: Add a pet
      tags: [Pets]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { 201: { description: The pet as it was added., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } }
  /pets/{id}:
    delete: { operationId: removePet, summary: Remove a pet, tags: [Pets], parameters: [{ name: id, in: path, required: true, schema: { type: string } }], responses: { 204: { description: Gone. } } }
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: { name: { type: string, minLength: 1, example: Rex, description: What it is called. }, born: { type: string, format: date }, friends: { type: array, items: { $ref: '#/components/schemas/Pet' } } }
`;

async function fill(admin: Admin, gateway: Sluice, mock: Mock): Promise<void> {
  const base_url = `${mock.url}/v1`;
  const keys = [{ key: 'sk-one', label: 'main' }, { key: 'sk-two', label: 'spare', order: 2 }];
  await admin.create('accounts', { name: 'openai', vendor: 'openai', base_url, serves_unlisted: true, keys });
  await admin.create('accounts', { name: 'mistral', vendor: 'mistral', base_url, serves_unlisted: true, keys: ['sk-3'] });
  await admin.create('prices', { vendor: 'openai', model: 'mock-1', input: '2.50', output: '10' });
  await admin.create('prices', { vendor: 'mistral', model: 'mock-1', input: '0.40', output: '2' });
  await admin.create('models', { name: 'fast', targets: [{ account: 'mistral', model: 'mock-1' }] });
  await admin.create('models', {
    name: 'careful',
    aliases: ['best'],
    targets: [
      { account: 'openai', model: 'mock-1', weight: 90 },
      { account: 'mistral', model: 'mock-1', weight: 10 },
      { account: 'mistral', model: 'mock-2', order: 2 },
    ],
    rules: [
      { name: 'pictures', when: { has: ['images'] }, targets: ['openai/mock-1'] },
      { name: 'long', when: { input_tokens: { min: 100000 } }, targets: ['mistral/mock-2'] },
      { name: 'night jobs', when: { metadata: [{ name: 'job', regex: 'night-.*' }], hours: { from: '22:00', until: '06:00', time_zone: 'Europe/Berlin' } }, targets: ['mistral/mock-1'] },
    ],
  });
  await admin.create('services', { name: 'ai', kind: 'ai', title: 'Language models', summary: 'Every model of the house behind one key.', visibility: 'public', policies: [{ type: 'key_auth' }] });
  await admin.create('upstreams', { name: 'orders-pool', endpoints: [{ url: mock.url }, { url: 'http://127.0.0.1:9', weight: 1 }] });
  await admin.create('services', {
    name: 'orders',
    title: 'Orders',
    summary: 'Place, follow and cancel orders.',
    readme: '# Orders\n\nEach order has a *number* and a state.\n\n- `GET /orders` lists them\n- `GET /orders/{id}` is one',
    visibility: 'public',
    upstream: 'orders-pool',
    routes: [{ name: 'list', path: '/orders', methods: ['GET'] }, { name: 'one', path: '/orders/{id}' }],
    policies: [{ type: 'key_auth' }, { type: 'rate_limit', limit: 1000, window: '1m' }],
  });
  await admin.post('/import/openapi', { document: pets(mock.url), prefix: '/pets' });
  const mood = {
    name: 'sentiment',
    model: 'fast',
    system: 'You say what mood a {{kind}} has.',
    template: '{{text}}',
    variables: [{ name: 'text', max: 4000 }, { name: 'kind', values: ['letter', 'review'], default: 'review' }],
    parameters: { temperature: 0 },
  };
  await admin.create('prompts', mood);
  await admin.create('prompts', { ...mood, version: 'v2', model: 'careful', system: 'One word: the mood of this {{kind}}.' });
  await admin.patch('/prompts/sentiment', { trial: { by: 'call', arms: [{ prompt: 'sentiment@v2', percent: 30 }] } });
  await admin.create('services', { name: 'texts', kind: 'prompt', prefix: '/texts', prompts: ['sentiment'], policies: [{ type: 'key_auth' }] });
  await admin.patch('/services/pets@1.0.0', { visibility: 'public', policies: [{ type: 'key_auth' }] });
  for (const service of ['ai', 'orders', 'texts', 'pets@1.0.0']) await admin.publish(service, 'first version');
  const { operations } = (await admin.get('/services/pets@1.0.0')).body;
  const [first, ...others] = operations.map((o: object) => ({ ...o }));
  await admin.patch('/services/pets@1.0.0', { operations: [{ ...first, deprecated: true }, ...others, { id: 'feed', method: 'POST', path: '/pets/{id}/meals', summary: 'Feed a pet' }] });
  await admin.publish('pets@1.0.0', 'Pets are fed, and no longer only listed.');
  await admin.create('plans', { name: 'team', title: 'Team', description: 'For a team of up to ten.', offered: true, policies: [{ type: 'rate_limit', limit: 100, window: '1m' }], approval: 'manual' });
  await admin.post('/portal/applications', { name: 'shop' });
  await admin.post('/portal/subscriptions', { application: 'admin.shop', service: 'orders', plan: 'team', reason: 'the shop' });
  await admin.post('/subscriptions/admin.shop:orders/approve');
  await admin.post('/portal/applications/admin.shop/credentials', { name: 'laptop' });
  await fillPeople(admin, mock);
  await admin.create('roles', { name: 'support', description: 'Looks after consumers.', permissions: ['consumers:*', 'credentials:rotate', '*:read'] });
  for (const name of ['web-shop', 'mobile-app', 'analytics']) {
    await admin.create('consumers', { name });
    const { secret } = await admin.create('credentials', { name: `${name}-1`, consumer: name });
    for (let i = 0; i < 6; i++) await ask(gateway, secret, i % 3 === 0 ? 'careful' : 'fast', name);
  }
}

/** Who administers, and what is told to others. */
async function fillPeople(admin: Admin, mock: Mock): Promise<void> {
  await admin.create('teams', { name: 'payments' });
  const people = [
    { name: 'ann', display_name: 'Ann Example', email: 'ann@example.com', grants: [{ role: 'editor', workspace: 'default' }, { role: 'viewer' }] },
    { name: 'bob', display_name: 'Bob Example', email: 'bob@example.com', grants: [{ role: 'developer', team: 'payments' }] },
    { name: 'carol', display_name: 'Carol Example', email: 'carol@example.com', grants: [{ role: 'auditor' }], disabled: true },
  ];
  for (const person of people) await admin.create('users', person);
  const ci = await admin.create('tokens', { name: 'pipeline', user: 'ann', scopes: ['services:read', 'services:update', 'services:publish', 'releases:read'], expires: '2027-06-30T00:00:00Z' });
  await admin.withToken(ci.secret).get('/services');
  await admin.create('tokens', { name: 'laptop', user: 'bob' });
  await admin.create('tokens', { name: 'old-script', user: 'ann', scopes: ['*:read'], expires: '2026-01-01T00:00:00Z' });
  const provider = await RealProvider.start('http://127.0.0.1/none');
  closing.push(() => provider.stop());
  await admin.create('identity-providers', {
    name: 'corp', title: 'Example Corp.', issuer: provider.issuer, client_id: 'sluice', scopes: ['profile', 'email', 'groups'], create_users: true, link_users: true,
    grants: [{ role: 'viewer' }, { group: 'gateway-users', role: 'developer', team: 'payments' }],
  });
  await admin.create('webhooks', { name: 'on-call', url: `${mock.url}/hooks/on-call`, signing_key: 'a key of some length' });
  await admin.create('alerts', { name: 'traffic', metric: 'requests', threshold: '0', description: 'somebody is here', webhooks: ['on-call'] });
}

async function ask(gateway: Sluice, key: string, model: string, name: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: `Hello from ${name}` }] });
  await (await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
  await (await fetch(`${gateway.url}/orders/${model}`, { headers })).text();
  await (await fetch(`${gateway.url}/texts/sentiment`, { method: 'POST', headers, body: '{"text":"What a day!"}' })).text();
}

const closing: (() => void)[] = [];
const directory = process.argv[2] ?? '../../docs/guide/screens';
const wanted = process.argv.slice(3);
await mkdir(directory, { recursive: true });
const mock = await Mock.start();
const gateway = await Sluice.start({ gateway: { admin: { fetch_from: ['127.0.0.0/8', '::1/128'] } } }, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
const admin = await Admin.login(gateway);
await fill(admin, gateway, mock);
const browser = await openBrowser();
const { page } = await signIn(browser, gateway, '/');
for (const screen of screens.filter((s) => wanted.length === 0 || wanted.includes(s.name))) {
  await page.goto(screen.path);
  await page.getByRole('heading', { level: 1 }).first().waitFor(); // a readme may have one, too
  await screen.before?.(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForTimeout(300); // a picture for people, not a test
    await page.screenshot({ path: join(directory, `${screen.name}-${colorScheme}.png`) });
  }
}
await browser.close();
await gateway.stop();
for (const close of closing) close();
await mock.stop();
