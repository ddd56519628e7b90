/** What a consumer meets after the first day, in a real browser: an operation that is looked for, services that end, keys that expire, quotas that are used up. */
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { openPage } from '../harness/browser.ts';
import { Admin } from '../harness/admin.ts';
import { expectAccessible, leave } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const password = 'a long password';
const mock = useMock();
const desk = useConsole(async ({ admin, gateway }) => {
  for (const version of ['1.0.0', '2.0.0']) {
    const { body } = await admin.post('/import/openapi', { document: payments(version), prefix: `/pay-${version[0]}` });
    await admin.patch(`/services/${body.service}`, { visibility: 'public', policies: [{ type: 'key_auth' }] });
    await admin.publish(body.service, 'First release');
  }
  for (const name of ['weather', 'maps']) {
    await admin.create('services', { name, title: `All ${name}`, visibility: 'public', url: mock.now.url, prefix: `/${name}`, path: '/now', tags: [`of-${name}`], policies: [{ type: 'key_auth' }] });
    await admin.publish(name, 'First release');
  }
  await admin.create('plans', { name: 'small', title: 'Small', offered: true, policies: [{ type: 'rate_limit', limit: 2, window: '1d' }] });
  await admin.create('users', { name: 'ann' });
  expect((await admin.post('/users/ann/set-password', { password })).status).toBe(200);
  await admin.create('portals', { name: 'default', links: [{ text: 'Call us', url: 'mailto:help@acme.example' }] });
  const ann = await Admin.login(gateway, 'ann', password);
  for (const name of ['shop', 'till']) expect((await ann.post('/portal/applications', { name })).status).toBe(201);
  for (const [application, service] of [['ann.shop', 'payments@1.0.0'], ['ann.till', 'weather'], ['ann.shop', 'maps']])
    expect((await ann.post('/portal/subscriptions', { application: application ?? '', service: service ?? '', plan: 'small' })).status).toBe(201);
});

const payments = (version: string): string => `
openapi: 3.1.0
info: { title: Payments, version: ${version} }
servers: [{ url: '${mock.now.url}' }]
paths:
  /charges:
    get: { operationId: charges, summary: All charges, responses: { 200: { description: All. } } }
  /charges/{id}/refunds:
    post: { operationId: refund, summary: Give money back, parameters: [{ name: id, in: path, required: true, schema: { type: string } }], responses: { 202: { description: It is on its way. } } }
`;

async function enter(page: Page, path: string): Promise<void> {
  await page.goto('/portal/login');
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'My applications' }).waitFor();
  await page.goto(path);
}

test('an operation is found by what it does, and one click away; kind and tag narrow the list, and the address keeps it', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await enter(page, '/portal');
  await page.getByLabel('Search services and operations').fill('post money BACK');
  const found = page.getByRole('list', { name: 'Operations of Payments that fit' });
  await eventually(async () => (await found.count()) === 2, { what: 'the operation of both versions' });
  expect(await page.getByRole('link', { name: 'All maps' }).count()).toBe(0);
  expect(page.url()).toContain('q=post+money+BACK');
  await expectAccessible(page, 'operations that were found');
  await found.last().getByRole('link', { name: 'Give money back' }).click();
  await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor();
  const opened = page.locator('details.operation[open]');
  await opened.getByText('It is on its way.').waitFor();
  expect(await opened.locator('summary').innerText()).toContain('/pay-2/charges/{id}/refunds');
  await eventually(() => opened.locator('summary').evaluate((e) => e === document.activeElement && e.getBoundingClientRect().top < window.innerHeight), { what: 'the operation in sight, with the focus' });

  await page.goto('/portal?kind=ai');
  await page.getByText('Nothing fits').waitFor();
  await page.goto('/portal');
  await page.getByRole('link', { name: 'Only with the tag of-maps' }).click();
  await page.getByRole('link', { name: 'All weather' }).waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('button', { name: /^Tag: of-maps/ }).click();
  await page.getByRole('link', { name: 'All weather' }).waitFor();
  await leave(watched);
});

test('who has a service that ends is told when and what comes after it; what is retired is offered to nobody', async () => {
  const ending = { sunset_at: '2126-03-01T12:00:00Z', successor: 'payments@2.0.0', documentation: 'https://docs.acme.example/move' };
  expect((await desk.admin.post('/services/payments@1.0.0/deprecate', ending)).status).toBe(200);
  expect((await desk.admin.post('/services/weather/retire', { without_notice: true, successor: 'maps' })).status).toBe(200);
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await enter(page, '/portal/applications');
  await page.getByRole('listitem').filter({ hasText: 'ann.shop' }).getByText('ends on March 1, 2126').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'ann.till' }).getByText('retired', { exact: true }).waitFor();
  await expectAccessible(page, 'applications with services that end');
  await page.getByRole('link', { name: 'ann.shop' }).click();
  await page.getByText('1.0.0: This service is deprecated.').waitFor();
  await page.getByText('It ends on March 1, 2126.').waitFor();
  await page.getByRole('link', { name: 'https://docs.acme.example/move' }).waitFor();
  await expectAccessible(page, 'an application with a service that ends');
  await page.getByRole('link', { name: 'payments@2.0.0' }).click();
  await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'My applications that have it' }).getByRole('link', { name: 'ann.shop' }).waitFor();
  await page.getByRole('region', { name: 'Changes' }).getByText('release 1').waitFor();

  await page.goto('/portal');
  await page.getByText('ends on March 1, 2126').waitFor();
  expect(await page.getByRole('link', { name: 'All weather' }).count()).toBe(0);
  await page.goto('/portal/applications/ann.till');
  await page.getByRole('link', { name: 'All weather' }).click();
  await page.getByText('This service is retired').waitFor();
  await page.getByRole('link', { name: 'maps', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: /Subscribe/ }).count()).toBe(0);
  await expectAccessible(page, 'a retired service');
  await leave(watched);
});

test('keys are made for as long as one wants, expired ones are told, and so is a quota that is used up', async () => {
  const ann = await Admin.login(desk.gateway, 'ann', password);
  const { body } = await ann.post('/portal/applications/ann.shop/credentials', { name: 'laptop' });
  const soon = new Date(Date.now() + 1500).toISOString();
  expect((await ann.post('/portal/applications/ann.shop/credentials', { name: 'brief', expires: soon })).status).toBe(201);
  const call = async (): Promise<number> => (await fetch(`${desk.gateway.url}/maps/now`, { headers: { authorization: `Bearer ${body.secret}` } })).status;
  await eventually(async () => (await call()) === 429, { what: 'a quota that is used up' });

  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await enter(page, '/portal/applications/ann.shop');
  await page.getByLabel('Name', { exact: true }).fill('week');
  await page.getByRole('button', { name: /Good for/ }).click();
  await page.getByRole('option', { name: '7 days' }).click();
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByRole('dialog', { name: 'Copy this now' }).getByRole('button', { name: 'I have it' }).click();
  const keys = page.getByRole('region', { name: 'Credentials' }).getByRole('listitem');
  await keys.filter({ hasText: 'ann.shop.week' }).getByText('expires soon').waitFor();
  await eventually(
    async () => {
      await page.reload();
      await keys.filter({ hasText: 'ann.shop.brief' }).waitFor();
      return keys.filter({ hasText: 'ann.shop.brief' }).getByText('expired', { exact: true }).isVisible();
    },
    { within: 20_000, what: 'the key that has expired' },
  );
  const maps = page.getByRole('region', { name: 'Subscriptions' }).getByRole('listitem').filter({ hasText: 'All maps' });
  await maps.getByText('used up', { exact: true }).waitFor();
  await maps.getByText(/^Requests: 2 of 2 used/).waitFor();
  await maps.getByText(/answered with 429/).waitFor();
  await expectAccessible(page, 'a quota that is used up');
  await leave(watched);
});

test('what is copied is on the clipboard, also where the browser has none for the page', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined })); // as over http from another machine
  await enter(page, '/portal/services/maps');
  await page.getByRole('button', { name: 'Copy', exact: true }).first().click();
  await page.getByRole('button', { name: 'Copied' }).first().waitFor();
  await page.getByRole('link', { name: 'Services', exact: true }).first().click();
  await page.getByLabel('Search services and operations').focus();
  await page.keyboard.press('Control+V');
  await eventually(async () => (await page.getByLabel('Search services and operations').inputValue()).endsWith('/maps'), { what: 'what was copied' });
  await leave(watched);
});

test('who has forgotten the password is told whom to ask', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/login');
  await page.getByText('Forgotten your password?').click();
  await page.getByText('Ask who runs this portal').waitFor();
  expect(await page.getByRole('link', { name: 'Call us' }).getAttribute('href')).toBe('mailto:help@acme.example');
  await expectAccessible(page, 'a forgotten password');
  await leave(watched);
});

test('who asks for a service that is not there is led to those that are, in the words of the language', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl, { locale: 'zh-CN', width: 390 });
  const { page } = watched;
  await page.goto('/portal/login');
  await page.getByLabel('用户').fill('ann');
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录' }).click();
  await page.getByRole('link', { name: '我的应用' }).waitFor();
  const [menu, place] = [await page.getByRole('button', { name: 'ann' }).boundingBox(), await page.getByRole('link', { name: '我的应用' }).boundingBox()];
  expect(menu?.y).toBeLessThan(place?.y ?? 0); // beside the name of the portal
  await page.goto('/portal/services/nothing');
  await page.getByRole('heading', { name: '这里没有这个服务', level: 1 }).waitFor();
  await expectAccessible(page, 'a service that is not there');
  await page.getByRole('link', { name: '全部服务' }).click();
  await page.getByRole('heading', { name: '服务目录', level: 1 }).waitFor();
  await page.goto('/portal/services/payments@2.0.0');
  await page.getByText('请求：每天最多 2').waitFor();
  await leave(watched);
});
