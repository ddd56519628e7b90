/** The portal in a real browser, as who uses services sees it: as a guest, and from finding one to the quota of the first call. */
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { openPage } from '../harness/browser.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const password = 'a long password';
const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('workspaces', { name: 'acme', portal_is_public: true });
  await offer({ name: 'maps', title: 'Maps of everything', path: '/maps', workspace: 'acme' });
  await offer({ name: 'web', title: 'The web', summary: 'Pages of others', readme: '# How to\n\nJust **call** it.', prefix: '/echo', operations });
  await offer({ name: 'pay', title: 'Payments', prefix: '/echo/pay', operations, subscribers_only: false, policies: [{ type: 'key_auth', optional: true }, { type: 'hmac_auth', requires_digest: true }] });
  await admin.create('plans', { name: 'small', title: 'Small plan', offered: true, approval: 'manual', policies: [{ type: 'rate_limit', limit: 10, window: '1d' }] });
  await admin.create('users', { name: 'ann' });
  expect((await admin.post('/users/ann/set-password', { password })).status).toBe(200);
});

const operations = [
  { id: 'getPage', method: 'GET', path: '/{page}', summary: 'One page', parameters: [{ name: 'page', in: 'path', required: true, schema: { type: 'string', example: 'home' } }] },
  {
    id: 'addPage',
    method: 'POST',
    path: '/pages',
    summary: 'Add a page',
    request: { content: { 'application/json': { type: 'object', properties: { text: { type: 'string', example: 'hello' } } } } },
  },
];

async function offer(service: Record<string, unknown>): Promise<void> {
  await desk.admin.create('services', { visibility: 'public', url: mock.now.url, subscribers_only: true, policies: [{ type: 'key_auth' }], ...service });
  await desk.admin.publish(String(service['name']));
}


test('a guest sees what is public in a workspace that lets guests in, after a small first load', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  let bytes = 0;
  page.on('response', (r) => {
    if (r.url().endsWith('.js')) bytes += Number(r.headers()['content-length'] ?? Number.NaN);
  });
  await page.goto('/portal');
  await page.getByRole('link', { name: 'acme portal' }).waitFor();
  await page.getByRole('link', { name: 'Maps of everything' }).waitFor();
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(250_000);
  expect(await page.getByText('The web').count()).toBe(0);
  await expectAccessible(page, 'catalogue of guests');
  await page.getByRole('link', { name: 'Maps of everything' }).click();
  await page.getByRole('heading', { name: 'Maps of everything', level: 1 }).waitFor();
  expect(await page.getByRole('button', { name: /Subscribe/ }).count()).toBe(0);
  await page.goto('/portal/applications');
  await page.waitForURL(/\/portal\/login\?to=%2Fapplications$/);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await expectAccessible(page, 'sign-in');
  await leave(watched);
});

async function makeKey(page: Page): Promise<string> {
  await page.getByLabel('Name', { exact: true }).fill('laptop');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const shown = page.getByRole('dialog', { name: 'Copy this now' });
  const secret = await shown.locator('pre').innerText();
  await expectAccessible(page, 'the key');
  await shown.getByRole('button', { name: 'I have it' }).click();
  await shown.waitFor({ state: 'detached' });
  await page.getByText('ann.shop.laptop').waitFor();
  return secret;
}

test('find, subscribe, be approved, make a key, call, see the quota, rotate and disable the key', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/services/maps?from=mail');
  await page.getByRole('link', { name: 'Sign in' }).first().click();
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Maps of everything', level: 1 }).waitFor(); // what one looked at before
  await page.waitForURL('**/portal/services/maps?from=mail');
  await page.getByRole('link', { name: 'Services', exact: true }).first().click();
  await page.getByLabel('Search services').fill('PAGES of');
  await page.getByRole('link', { name: 'Maps of everything' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'The web' }).click();
  await page.getByRole('heading', { name: 'The web', level: 1 }).waitFor();
  await page.locator('.readme strong', { hasText: 'call' }).waitFor();
  await page.getByText('Requests: 10 per day').waitFor();
  await expectAccessible(page, 'service');

  await page.getByRole('button', { name: 'Subscribe to The web: Small plan' }).click();
  const dialog = page.getByRole('dialog', { name: 'Subscribe to The web: Small plan' });
  await dialog.getByLabel('Name of the new application').fill('shop');
  await dialog.getByLabel('What for?').fill('to look at it');
  await expectAccessible(page, 'subscribe');
  await dialog.getByRole('button', { name: 'Subscribe' }).click();
  await dialog.getByText('Somebody has to approve it').waitFor();
  await dialog.getByRole('link', { name: 'To the application ann.shop' }).click();
  await page.getByRole('heading', { name: 'ann.shop', level: 1 }).waitFor();
  await page.getByText('requested').waitFor();

  const secret = await makeKey(page);
  const call = async (): Promise<number> => (await fetch(`${desk.gateway.url}/echo/home`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await call()).toBe(403);
  expect((await desk.admin.post('/subscriptions/ann.shop:web/approve')).status).toBe(200);
  await eventually(async () => (await call()) === 200, { what: 'a call that is let through' });
  await page.reload();
  await page.getByText(/Requests: [1-9]\d* of 10 used/).waitFor();
  await page.getByRole('meter', { name: 'Requests' }).waitFor();
  await expectAccessible(page, 'application');

  await page.getByRole('link', { name: 'Services', exact: true }).click();
  await page.getByRole('link', { name: 'The web' }).click();
  await page.getByText('Add a page').click();
  const trying = page.getByRole('form', { name: 'Try addPage' });
  await trying.getByRole('button', { name: 'Send' }).click();
  await trying.getByText(/^401 /).waitFor(); // no key yet
  await page.getByRole('button', { name: 'Make a key for a day' }).click();
  await eventually(async () => (await page.getByLabel('Key', { exact: true }).inputValue()).startsWith('sl-'), { what: 'the key' });
  await trying.getByRole('button', { name: 'Send' }).click();
  await trying.getByText(/^200 /).waitFor();
  const [sent] = (await mock.now.seen()).filter((r) => r.head.startsWith('POST /echo/pages'));
  expect(sent?.body).toBe('{\n  "text": "hello"\n}');
  expect(sent?.head.toLowerCase()).not.toMatch(/cookie|x-csrf/);
  for (const language of ['curl', 'Python', 'JavaScript', 'Go', 'Java']) await trying.getByRole('tab', { name: language, exact: true }).waitFor();
  await expectAccessible(page, 'trying');

  await page.getByRole('link', { name: 'Usage' }).first().click();
  const sums = page.getByRole('table');
  await sums.getByRole('row', { name: /^web / }).waitFor({ timeout: 30_000 }); // sums are made every few seconds
  await page.getByRole('img', { name: 'Requests over time' }).waitFor();
  await expectAccessible(page, 'usage');
  const csv = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
  const table = await (await page.request.get(csv ?? '')).text();
  expect(table).toMatch(/^time,service,requests,/);
  expect(table).not.toContain('maps');
  await page.getByRole('link', { name: 'My applications' }).first().click();
  await page.getByRole('link', { name: 'ann.shop' }).click();

  await page.getByRole('button', { name: 'Rotate ann.shop.laptop' }).click();
  await page.getByRole('dialog', { name: 'Rotate ann.shop.laptop' }).getByRole('button', { name: 'Rotate' }).click();
  const next = page.getByRole('dialog', { name: 'Copy this now' });
  expect(await next.locator('pre').innerText()).not.toBe(secret);
  await next.getByRole('button', { name: 'I have it' }).click();
  await next.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Disable ann.shop.laptop' }).click();
  const question = page.getByRole('dialog', { name: 'Disable ann.shop.laptop' });
  await question.getByRole('button', { name: 'Disable' }).click();
  await question.waitFor({ state: 'detached' });
  await page.getByText('disabled', { exact: true }).waitFor();
  await eventually(async () => (await call()) !== 200, { what: 'the key that is refused' });

  await page.getByRole('link', { name: 'My applications' }).first().click();
  await page.getByRole('heading', { name: 'My applications', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'ann.shop' }).waitFor();
  await expectAccessible(page, 'applications');
  await leave(watched);
});

test('a secret that signs is made, shown once with its access key, and signs what is tried from the page', async () => {
  await desk.admin.create('consumers', { name: 'ann.till', owner: 'ann' });
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/login');
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'My applications' }).click();
  await page.getByRole('link', { name: 'ann.till' }).click();
  const kind = page.getByRole('button', { name: /Kind/ });
  await kind.click();
  await page.getByRole('option', { name: 'Signed token (JWT)' }).click();
  await page.getByRole('button', { name: /What checks tokens/ }).click();
  await page.getByRole('option', { name: 'My public key' }).click();
  await page.getByRole('textbox', { name: 'Public key' }).waitFor();
  await expectAccessible(page, 'a public key');
  await kind.click();
  await page.getByRole('option', { name: 'Signed requests (HMAC)' }).click();
  await page.getByLabel('Name', { exact: true }).fill('server');
  await page.getByRole('button', { name: 'Make', exact: true }).click();
  const shown = page.getByRole('dialog', { name: 'Copy this now' });
  await shown.getByText('ann.till.server').waitFor();
  const secret = await shown.locator('pre').last().innerText();
  await expectAccessible(page, 'the secret');
  await shown.getByRole('button', { name: 'I have it' }).click();
  await shown.waitFor({ state: 'detached' });
  const before = page.viewportSize() ?? { width: 1280, height: 720 };
  await page.setViewportSize({ width: 390, height: 800 });
  await page.getByRole('button', { name: 'Remove ann.till.server' }).waitFor();
  await eventually(async () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), { what: 'a narrow page that fits' });
  await page.setViewportSize(before);

  await page.getByRole('link', { name: 'Services', exact: true }).click();
  await page.getByRole('link', { name: 'Payments' }).click();
  await page.getByText('Callers prove themselves with:').waitFor();
  await page.getByRole('button', { name: /Kind/ }).click();
  await page.getByRole('option', { name: 'Signed requests (HMAC)' }).click();
  await page.getByLabel('Access key').fill('ann.till.server');
  await page.getByLabel('Secret key').fill(secret);
  await page.getByText('Add a page').click();
  const trying = page.getByRole('form', { name: 'Try addPage' });
  await trying.getByRole('tab', { name: 'JavaScript' }).click();
  await trying.getByText('createHmac').first().waitFor();
  await eventually(
    async () => {
      await trying.getByRole('button', { name: 'Send' }).click();
      await trying.getByText(/^\d{3} /).waitFor();
      return trying.getByText(/^200 /).isVisible();
    },
    { within: 20_000, what: 'a request that is signed' },
  );
  await expectAccessible(page, 'trying with a signature');

  await page.getByRole('link', { name: 'My applications' }).first().click();
  await page.getByRole('link', { name: 'ann.till' }).click();
  await page.getByRole('button', { name: 'Remove ann.till.server' }).click();
  await page.getByRole('dialog', { name: 'Remove ann.till.server' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No credentials yet.').waitFor();
  await leave(watched);
});

const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><script>document.title = 'ran'</script><circle cx="12" cy="12" r="11" fill="#7a2ea0"/></svg>`;

test('the operator gives the portal its own look, which everybody sees, and colours that cannot be read are refused', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/portals');
  const { page } = watched;
  await page.getByRole('heading', { name: 'Portal look', level: 1 }).waitFor();
  const colour = page.getByLabel('Colour on light ground', { exact: true });
  await colour.fill('#ffee00');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/must have a contrast of at least 4\.5 to its ground, and has 1\.\d; #\w{6} has it/).first().waitFor();
  await colour.fill('#7a2ea0');
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a picture' }).click();
  await (await choosing).setFiles({ name: 'acme.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(picture) });
  await page.getByText('acme.svg').waitFor();
  await page.getByLabel('Title').fill('Acme developers');
  await page.getByLabel('Welcome').fill('**Welcome** to the APIs of Acme.');
  await page.getByLabel('Footer').fill('Acme Inc.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').waitFor();
  await page.getByText('Acme developers').first().waitFor();
  await page.getByRole('button', { name: 'Add a language' }).click();
  await page.getByLabel('Language, such as de or zh-CN').fill('zh-CN');
  const chineseTexts = page.getByRole('group', { name: 'zh-CN' });
  await chineseTexts.getByLabel('Title').fill('Acme 开发者');
  await chineseTexts.getByLabel('Welcome').fill('欢迎使用 **Acme** 的 API。');
  await page.getByRole('button', { name: 'Save' }).click();
  await eventually(async () => (await desk.admin.get('/portal?language=zh-CN')).body.title === 'Acme 开发者', { what: 'the texts in Chinese' });
  await expectAccessible(page, 'portal look');
  await leave(watched);

  const guest = await openPage(desk.browser, desk.gateway.adminUrl);
  await guest.page.goto('/portal');
  await guest.page.getByRole('link', { name: 'Acme developers' }).waitFor();
  await guest.page.locator('.welcome strong', { hasText: 'Welcome' }).waitFor();
  await guest.page.getByText('Acme Inc.').waitFor();
  expect(await guest.page.title()).toBe('Acme developers');
  const logo = guest.page.locator('.brand img');
  expect(await logo.getAttribute('src')).toMatch(/^\/api\/v1\/portal\/logo\?revision=\d+$/);
  await eventually(async () => logo.evaluate((i) => (i as HTMLImageElement).naturalWidth > 0), { what: 'the logo' });
  const link = guest.page.getByRole('link', { name: 'Maps of everything' });
  expect(await link.evaluate((e) => getComputedStyle(e).color)).toBe('rgb(122, 46, 160)');
  await expectAccessible(guest.page, 'the portal in its own look');
  expect((await desk.admin.post('/services/maps/deprecate', { sunset_at: '2126-03-01T12:00:00Z', documentation: 'https://docs.acme.example/move' })).status).toBe(200);
  await guest.page.goto('/portal/services/maps');
  await guest.page.getByRole('link', { name: 'https://docs.acme.example/move' }).waitFor();
  await expectAccessible(guest.page, 'a link in a warning, in the own colour');
  await leave(guest);

  const chinese = await openPage(desk.browser, desk.gateway.adminUrl, { locale: 'zh-CN' });
  await chinese.page.goto('/portal');
  await chinese.page.getByLabel('搜索服务').waitFor();
  await chinese.page.getByRole('region', { name: '欢迎' }).getByText('欢迎使用').waitFor();
  await chinese.page.getByRole('link', { name: 'Acme 开发者' }).waitFor();
  await chinese.page.getByText('Acme Inc.').waitFor(); // what has no translation
  await leave(chinese);
});

test('somebody asks for a user, is approved in the console, and makes an application for the team', async () => {
  const look = (await desk.admin.get('/portals/default')).status === 200 ? await desk.admin.patch('/portals/default', { self_registration: true }) : await desk.admin.post('/portals', { name: 'default', self_registration: true });
  expect(look.status).toBeLessThan(300);
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/login');
  await page.getByRole('link', { name: 'No user yet? Ask for one' }).click();
  await page.getByRole('heading', { name: 'Ask for access' }).waitFor();
  await page.getByLabel('User').fill('zoe');
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('What for?').fill('the shop');
  await expectAccessible(page, 'asking for access');
  await page.getByRole('button', { name: 'Ask for access' }).click();
  await page.getByText('Asked for. You may sign in once somebody has approved it.').waitFor();

  const chief = await signIn(desk.browser, desk.gateway, '/users/zoe');
  await chief.page.getByText('requested').first().waitFor();
  await chief.page.getByRole('button', { name: 'Approve' }).click();
  const question = chief.page.getByRole('dialog', { name: 'Approve: zoe' });
  await question.getByRole('button', { name: 'Run' }).click();
  await question.getByText('Done: Approve').waitFor();
  await leave(chief);
  await desk.admin.create('teams', { name: 'buyers' });
  await desk.admin.create('roles', { name: 'none', permissions: ['nothing:read'] });
  expect((await desk.admin.patch('/users/zoe', { grants: [{ role: 'none', team: 'buyers' }] })).status).toBe(200);

  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('User').fill('zoe');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'My applications' }).click();
  await page.getByLabel('Name of the new application').fill('cart');
  await page.getByRole('button', { name: /Team/ }).click();
  await page.getByRole('option', { name: 'buyers' }).click();
  await page.getByRole('button', { name: 'Make an application' }).click();
  await page.getByRole('heading', { name: 'zoe.cart', level: 1 }).waitFor();
  expect((await desk.admin.get('/consumers/zoe.cart')).body).toMatchObject({ team: 'buyers', owner: 'zoe' });
  await leave(watched);
});
