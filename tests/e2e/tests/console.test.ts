/** The console in a real browser against the real program: what a provider does in the first minutes. */
import { describe, expect, test, vi } from 'vitest';
import { adminPassword } from '../harness/admin.ts';
import { accessibilityProblems, openPage } from '../harness/browser.ts';
import { leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole();

describe('how it is served', () => {
  test('policy, caching and revalidation', async () => {
    const page = await fetch(`${desk.gateway.adminUrl}/`);
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const again = await fetch(`${desk.gateway.adminUrl}/`, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? '';
    for (const coding of ['br', 'identity']) {
      const asset = await fetch(`${desk.gateway.adminUrl}${script}`, { headers: { 'accept-encoding': coding } });
      expect(asset.status).toBe(200);
      expect(asset.headers.get('content-encoding')).toBe(coding === 'br' ? 'br' : null);
      expect(asset.headers.get('cache-control')).toContain('immutable');
      expect(await asset.text()).toContain('function');
    }
    expect((await fetch(`${desk.gateway.adminUrl}/assets/none.js`)).status).toBe(404);
    expect((await fetch(`${desk.gateway.adminUrl}/services/some/page`)).status).toBe(200);
    expect((await fetch(`${desk.gateway.adminUrl}/api/v1/none`)).status).toBe(404);
    expect((await fetch(`${desk.gateway.adminUrl}/`, { method: 'POST' })).status).toBe(405);
  });
});

describe('signing in', () => {
  test('a wrong password is told, the right one leads to where one wanted to go', async () => {
    const watched = await openPage(desk.browser, desk.gateway.adminUrl);
    const { page } = watched;
    await page.goto('/consumers');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the name or the password is wrong').waitFor();
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Consumers', level: 1 }).waitFor();
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await leave(watched);
  });

  test('shows nothing of who was there before, also while it is not known who is there', async () => {
    await desk.admin.create('users', { name: 'bob', grants: [{ role: 'viewer' }] });
    await desk.admin.post('/users/bob/set-password', { password: adminPassword });
    const watched = await signIn(desk.browser, desk.gateway, '/');
    const { page } = watched;
    await page.reload(); // now it is asked who is there before the program has come
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      void page.route('**/api/v1/me', async (route) => {
        resolve();
        await new Promise<void>((go) => { answer = go; });
        await route.continue();
      });
    });
    await page.getByLabel('User').fill('bob');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await asked;
    await page.waitForTimeout(200); // time to draw what it should not
    expect(await page.getByRole('navigation', { name: 'Main' }).count()).toBe(0);
    answer();
    await page.getByRole('button', { name: /Your account.*bob|bob.*Your account/ }).waitFor();
    await leave(watched);
  });
});

describe('the first sign-in', () => {
  test('asks for a password in place of the printed one, once', async () => {
    const fresh = await Sluice.start({});
    try {
      const printed = await eventually(() => /has the password\n(\S+)/.exec(fresh.log)?.[1], { what: 'the printed password' });
      const watched = await openPage(desk.browser, fresh.adminUrl);
      const { page } = watched;
      await page.goto('/');
      await page.getByLabel('User').fill('admin');
      await page.getByLabel('Password').fill(printed);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
      expect(await page.getByLabel('Current password').count()).toBe(0); // it was typed a moment ago
      await page.keyboard.type('chosen by its user'); // the field is ready for it
      await page.getByText('Show the new password').click();
      expect(await page.getByRole('textbox', { name: 'New password' }).inputValue()).toBe('chosen by its user');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await leave(watched);
    } finally {
      await fresh.stop();
    }
  });
});

describe('a gateway that was away', () => {
  test('is noticed when it is back, without a click', async () => {
    const first = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
    const watched = await signIn(desk.browser, first, '/services');
    const { page } = watched;
    await page.getByText('Nothing here yet').waitFor();
    await first.stop({ keep: true });
    await page.getByRole('link', { name: 'Consumers', exact: true }).click();
    await page.getByText("The gateway's admin API does not answer.").waitFor();
    const second = await Sluice.start({}, { after: first });
    await page.getByText('Nothing here yet').waitFor();
    await watched.context.close();
    await second.stop();
  });
});

describe('addresses', () => {
  test('what is not there leads on, and a taken name says what to do', async () => {
    await desk.admin.create('consumers', { name: 'taken' });
    const watched = await signIn(desk.browser, desk.gateway, '/nothing');
    const { page } = watched;
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    await page.goto('/consumers/nobody');
    await page.getByRole('heading', { name: "There is no consumer 'nobody'." }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Consumers' }).click();
    await page.getByRole('heading', { name: 'Consumers', level: 1 }).waitFor();
    await page.goto('/consumers/new');
    await page.getByLabel(/^Name/).fill('taken');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const note = page.getByRole('alert');
    await note.waitFor();
    expect((await note.innerText()).replaceAll(/\s+/g, ' ').trim()).toBe("name another consumer is named 'taken'. Choose another name.");
    await leave(watched);
  });
});

describe('a provider', () => {
  test('makes an account, a model route, a consumer and a key, and calls with it', async () => {
    const watched = await signIn(desk.browser, desk.gateway);
    const { page } = watched;
    await page.getByText('Add an AI vendor\'s key and test it').click();
    await page.getByRole('link', { name: 'All settings of an account' }).click();
    await page.getByLabel('Name', { exact: false }).first().fill('mock');
    await page.getByRole('combobox', { name: /Vendor/ }).fill('custom-openai');
    await page.keyboard.press('Escape');
    await page.getByLabel(/Base url/).fill(`${mock.now.url}/v1`);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'mock', level: 1 }).waitFor();

    await page.goto('/models/new');
    await page.getByLabel(/^Name/).fill('fast');
    await page.getByRole('button', { name: 'Add a target' }).click();
    await page.getByRole('button', { name: /^mock/ }).waitFor(); // the account that there is
    await page.getByRole('combobox', { name: 'Model' }).fill('mock-1');
    await page.keyboard.press('Tab'); // leaves the list of models, should it be open
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'fast', level: 1 }).waitFor();

    await desk.admin.create('services', { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] });
    await page.goto('/services/ai');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('dialog').getByLabel(/Reason/).fill('first');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('Done: Publish').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('published', { exact: true }).waitFor();

    await desk.admin.create('consumers', { name: 'shop' });
    await page.goto('/credentials/new');
    await page.getByLabel(/^Name/).fill('shop-1');
    await page.getByRole('combobox', { name: /Consumer/ }).fill('sho');
    await page.getByRole('option', { name: 'shop' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const key = await page.getByRole('dialog').locator('pre').innerText();
    expect(key).toMatch(/^sl-/);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('heading', { name: 'shop-1', level: 1 }).waitFor();
    expect(await page.content()).not.toContain(key);

    const answer = await fetch(`${desk.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    expect(answer.status).toBe(200);
    await page.goto('/');
    await eventually(async () => (await page.locator('.figure').first().innerText()).includes('1') || undefined, {
      what: 'the request on the home page',
    });
    await page.getByRole('rowheader', { name: /shop/ }).waitFor();
    await leave(watched);
  });

  test('sees which field the server refused, and corrects it', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/accounts/new');
    const { page } = watched;
    await page.getByLabel(/^Name/).first().fill('bad/name');
    await page.getByRole('combobox', { name: /Vendor/ }).fill('no-such-vendor');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/name|vendor/);
    await leave(watched);
  });

  test('does not overwrite what somebody else has changed', async () => {
    await desk.admin.create('upstreams', { name: 'both', endpoints: [{ url: 'http://127.0.0.1:9' }] });
    const watched = await signIn(desk.browser, desk.gateway, '/upstreams/both');
    const { page } = watched;
    await page.getByRole('tab', { name: 'Settings' }).waitFor();
    const theirs = await desk.admin.patch('/upstreams/both', { endpoints: [{ url: 'http://127.0.0.1:10' }] });
    expect(theirs.status).toBe(200);
    await page.getByLabel(/^Url/).first().fill('http://127.0.0.1:11');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody changed this in the meantime').waitFor();
    expect((await desk.admin.get('/upstreams/both')).body.endpoints[0].url).toBe('http://127.0.0.1:10');
    await page.getByRole('button', { name: 'Reload' }).click();
    const url = page.getByLabel(/^Url/).first();
    await eventually(async () => (await url.inputValue()) === 'http://127.0.0.1:10' || undefined, {
      what: 'their value in the field',
    });
    await page.getByRole('button', { name: 'Delete' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'Upstreams', level: 1 }).waitFor();
    expect((await desk.admin.get('/upstreams/both')).status).toBe(404);
    await leave(watched);
  });

  test('finds things by keyboard alone', async () => {
    await desk.admin.create('consumers', { name: 'needle-7' });
    const watched = await signIn(desk.browser, desk.gateway);
    const { page } = watched;
    await page.keyboard.press('Control+k');
    await page.keyboard.type('needle');
    await page.getByRole('menuitem', { name: /needle-7/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'needle-7', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('new budget'); // as many say for "create"
    await page.getByRole('menuitem', { name: 'Create: Budgets' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Create: Budgets' }).waitFor();
    for (const what of ['Amount', 'Tokens', 'Period']) await page.getByLabel(what, { exact: true }).first().waitFor(); // what a budget is, not below "More settings"
    await leave(watched);
  });

  test('scrolls to the last of 300 consumers, of which few are drawn', async () => {
    for (let i = 0; i < 300; i++) await desk.admin.create('consumers', { name: `many-${String(i).padStart(4, '0')}` });
    const watched = await signIn(desk.browser, desk.gateway, '/consumers?q=many-');
    const { page } = watched;
    const table = page.getByRole('table');
    await table.waitFor();
    await eventually(
      async () => {
        await table.evaluate((e) => e.scrollTo(0, e.scrollHeight));
        return (await page.getByRole('link', { name: 'many-0299' }).count()) > 0 || undefined;
      },
      { what: 'the last row' },
    );
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    await leave(watched);
  });
});

describe('for everybody', () => {
  const paths = ['/', '/services', '/services/new', '/accounts/new', '/users', '/audit', '/nodes'];
  test.each([{ dark: false }, { dark: true }])('axe finds nothing, dark $dark', async ({ dark }) => {
    const watched = await signIn(desk.browser, desk.gateway, '/', { dark });
    const { page } = watched;
    for (const path of paths) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await accessibilityProblems(page), path).toEqual([]);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    expect(await accessibilityProblems(page), 'the palette').toEqual([]);
    await leave(watched);
  });

  test('in Chinese, and on a narrow screen', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/', { locale: 'zh-CN' });
    const { page } = watched;
    await page.getByRole('link', { name: '消费者', exact: true }).click();
    await page.getByRole('heading', { name: '消费者', level: 1 }).waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('button', { name: '打开菜单' }).click();
    await page.getByRole('link', { name: '审计日志' }).click();
    await page.getByRole('heading', { name: '审计日志', level: 1 }).waitFor();
    const isTooWide = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(await isTooWide()).toBe(false);
    await fetch(`${desk.gateway.url}/nowhere`); // so that there is something to report
    await page.goto('/analytics');
    await page.getByRole('table').waitFor();
    expect(await isTooWide()).toBe(false);
    await desk.admin.create('services', { name: 'not-yet', url: mock.now.url });
    await page.goto('/services');
    const row = page.getByRole('row', { name: /not-yet/ });
    await row.getByText('草稿').waitFor(); // beside its name, not below it or out of sight
    const boxes = await row.getByRole('cell').evaluateAll((cells) => cells.map((c) => c.getBoundingClientRect()).filter((b) => b.width > 0).map((b) => [b.top < 800, b.right <= 390]));
    expect(boxes).toEqual([[true, true], [true, true], [true, true]]);
    await leave(watched);
  });
});
