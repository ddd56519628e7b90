/** The console's administration: backups, settings, against the real program. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openBrowser } from '../harness/browser.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { run, sluicePath } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

let browser: Browser;
let gateway: Sluice;
let admin: Admin;

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

describe('backups', () => {
  test('one is made, downloaded whole, restored elsewhere and deleted', async () => {
    const readme = 'a long text '.repeat(5000); // more than fits into a connection's buffers at once
    for (const name of ['one', 'two', 'three', 'four']) await admin.create('services', { name, url: 'http://127.0.0.1:9', path: `/${name}`, readme });
    const watched = await signIn(browser, gateway, '/backups');
    const { page } = watched;
    await page.getByText('No backup yet').waitFor();
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByText(/^sluice-.* is there: \d+ rows/).waitFor();
    const row = page.getByRole('table', { name: 'Backups' }).getByRole('row').nth(1);
    expect(await row.textContent()).toContain('user:admin');
    await expectAccessible(page, 'backups');
    const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: /^Download/ }).click()]);
    const file = join(gateway.dataDir, 'taken.jsonl');
    await download.saveAs(file);
    const kept = join(gateway.dataDir, 'backups', download.suggestedFilename());
    expect(statSync(file).size).toBeGreaterThan(200_000);
    expect(readFileSync(file).equals(readFileSync(kept))).toBe(true);
    const store = join(gateway.dataDir, 'other.db');
    expect(run(sluicePath, ['restore', file, '--store', store])).toMatchObject({ code: 0 });

    await row.getByRole('button', { name: /^Delete/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No backup yet').waitFor();
    await leave(watched);
  });

  test('a damaged one is told as such; what is said stands in Chinese, too', async () => {
    expect((await admin.call('POST', '/backups')).status).toBe(201);
    writeFileSync(join(gateway.dataDir, 'backups', 'cut.jsonl'), '{"sluice_backup":1,"schema":3}\n');
    const watched = await signIn(browser, gateway, '/backups', { locale: 'zh-CN' });
    const { page } = watched;
    await page.getByRole('heading', { name: '备份', level: 1 }).waitFor();
    await page.getByRole('row', { name: /cut\.jsonl/ }).getByText('已损坏').waitFor();
    await page.getByText('sluice restore FILE').waitFor();
    await leave(watched);
  });
});

describe('settings', () => {
  test('are changed and hold at once; the node tells what it runs with', async () => {
    const watched = await signIn(browser, gateway, '/settings');
    const { page } = watched;
    const form = page.getByRole('form', { name: 'Settings of the installation' });
    await form.getByLabel(/^Title/).fill('Staging');
    await form.getByLabel(/^Session ends when unused for/).fill('40d');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText(/at most/).first().waitFor(); // what is wrong is told at its field
    await form.getByLabel(/^Session ends when unused for/).fill('2h');
    await form.getByLabel(/^Least length of passwords/).fill('40');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await page.getByRole('banner').getByText('Staging').waitFor();
    const about = page.getByRole('region', { name: 'About this node' });
    await about.getByText(gateway.dataDir, { exact: true }).waitFor();
    await about.getByText(/^SQLite/).waitFor();
    await page.getByRole('region', { name: 'From its configuration file' }).getByText('Limits', { exact: true }).click();
    await expectAccessible(page, 'settings');
    await leave(watched);
    await admin.create('users', { name: 'short' });
    expect((await admin.call('POST', '/users/short/set-password', { password: 'only a short one' })).status).toBe(422);
  });

  test('how long requests are kept holds without a restart, and is told of the node', async () => {
    const kept = async () => (await admin.get('/about')).body;
    expect(await kept()).toMatchObject({ requests_kept: '30d', requests_max_bytes: 20 * 2 ** 30 });
    const watched = await signIn(browser, gateway, '/settings');
    const { page } = watched;
    await page.getByText('30 days, in 21.5 GB at most').waitFor();
    const form = page.getByRole('form', { name: 'Settings of the installation' });
    await form.getByLabel(/^Requests are kept/).fill('14d');
    await form.getByLabel(/^Room for requests/).fill('1GiB');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await eventually(async () => (await kept()).requests_kept === '14d', { what: 'the node has taken it' });
    expect(await kept()).toMatchObject({ requests_max_bytes: 2 ** 30, configuration: { ledger: { records: '30d' } } });
    await page.reload();
    await page.getByText(/^14 days, in/).waitFor();
    await leave(watched);
  });

  test('what a node tells of its files has no secrets, and defaults', async () => {
    const { body } = await admin.call('GET', '/about');
    expect(body).toMatchObject({ database: 'sqlite', data_dir: gateway.dataDir });
    expect(body.memory_bytes).toBeGreaterThan(0);
    expect(body.configuration.limits.head_timeout).toBe('10s');
    expect(body.configuration.unknown_price).toBe('allow');
    expect(body.configuration.store).toBeUndefined();
  });
});

describe('tokens', () => {
  test('somebody without a permission for it makes one for themselves, limited, and revokes it', async () => {
    await admin.create('users', { name: 'ann', grants: [{ role: 'viewer' }] });
    const password = 'long enough for whatever the settings of this installation ask';
    expect((await admin.post('/users/ann/set-password', { password })).status).toBe(200);
    await admin.create('consumers', { name: 'seen' });
    const watched = await signIn(browser, gateway, '/', { user: 'ann', password });
    const { page } = watched;
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Your API tokens' }).click();
    await page.getByText('No token yet').waitFor();
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel(/^Name/).fill('laptop');
    await page.getByText('Only what is chosen here').click();
    const box = page.getByRole('checkbox', { name: 'Consumers: read' });
    await box.focus();
    await page.keyboard.press('Space');
    await expectAccessible(page, 'a new token');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const secret = await page.getByRole('dialog').locator('pre').innerText();
    expect(secret).toMatch(/^slat_/);
    await page.getByRole('button', { name: 'I have it' }).click();
    const bearer = admin.withToken(secret);
    expect((await bearer.get('/consumers')).status).toBe(200);
    expect((await bearer.get('/services')).status).toBe(403);
    await page.reload();
    const row = page.getByRole('row', { name: /laptop/ });
    await row.getByText('consumers:read').waitFor();
    await row.getByText(/seconds? ago|now/).waitFor(); // its last use
    await expectAccessible(page, 'tokens of ones own');
    await row.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No token yet').waitFor();
    expect((await bearer.get('/consumers')).status).toBe(401);
    await leave(watched);
  });

  test('an administrator sees those of everybody, makes one for a user, and rotates it', async () => {
    await admin.create('users', { name: 'ci', grants: [{ role: 'editor' }] });
    const watched = await signIn(browser, gateway, '/tokens');
    const { page } = watched;
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel(/^Name/).fill('pipeline');
    await page.getByRole('combobox', { name: /User/ }).fill('ci');
    await page.getByRole('option', { name: 'ci', exact: true }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const first = await page.getByRole('dialog').locator('pre').innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    const row = page.getByRole('row', { name: /pipeline/ });
    await row.getByRole('link', { name: 'ci', exact: true }).waitFor();
    await expectAccessible(page, 'tokens');
    await row.getByRole('button', { name: /^Rotate/ }).click();
    const second = await page.getByRole('dialog').locator('pre').innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    expect((await admin.withToken(first).get('/me')).status).toBe(401);
    expect((await admin.withToken(second).get('/me')).body.user).toBe('ci');
    await leave(watched);
  });
});

describe('users', () => {
  test('one is invited with roles, given others, a new password, and disabled', async () => {
    await admin.create('teams', { name: 'search' });
    const watched = await signIn(browser, gateway, '/users');
    const { page } = watched;
    await page.getByRole('button', { name: 'New user' }).click();
    const window = page.getByRole('dialog');
    await window.getByLabel(/^User/).fill('zoe');
    await window.getByLabel('Mail').fill('zoe@example.com');
    await expectAccessible(page, 'a new user');
    await window.getByRole('button', { name: 'Create', exact: true }).click();
    const password = await window.locator('pre').innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    const zoe = await Admin.login(gateway, 'zoe', password);
    const row = page.getByRole('row', { name: /zoe/ });
    await row.getByText('viewer', { exact: true }).waitFor();

    await row.getByRole('button', { name: /^Roles/ }).click();
    await window.getByRole('button', { name: /Where/ }).click();
    await page.getByRole('option', { name: 'for team search' }).click();
    await window.getByRole('button', { name: 'One more role' }).click();
    const second = window.getByRole('group', { name: 'Role 2' });
    await second.getByRole('button', { name: /^viewer Role/ }).click();
    await page.getByRole('option', { name: 'editor', exact: true }).click();
    await window.getByRole('button', { name: 'Save' }).click();
    await row.getByText('viewer for team search', { exact: true }).waitFor();
    expect((await admin.get('/users/zoe')).body.grants).toEqual([{ role: 'viewer', team: 'search' }, { role: 'editor' }]);
    await expectAccessible(page, 'users');

    await row.getByRole('button', { name: /^New password/ }).click();
    await window.getByRole('button', { name: 'New password' }).click();
    await window.locator('pre').waitFor();
    const next = await window.locator('pre').innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(next).not.toBe(password);
    expect((await zoe.get('/me')).status).toBe(401); // their session has ended
    await Admin.login(gateway, 'zoe', next);
    const isOff = async (what: string, is: boolean): Promise<unknown> => eventually(async () => ((await admin.get('/users/zoe')).body.disabled === true) === is || undefined, { within: 20_000, what });
    await row.getByRole('button', { name: /^Disable/ }).click();
    await row.getByText('disabled', { exact: true }).waitFor(); // at once
    await page.getByText('zoe is disabled.').waitFor();
    await isOff('that they are off', true);
    await page.getByRole('region', { name: 'What was just done' }).getByRole('button', { name: 'Undo' }).click();
    await row.getByText('active', { exact: true }).waitFor();
    await isOff('that they are back', false);
    expect((await admin.patch('/users/zoe', { display_name: 'Somebody changed this' })).status).toBe(200); // which the page does not know
    await row.getByRole('button', { name: /^Disable/ }).click();
    await page.getByRole('region', { name: 'zoe: that was not done' }).getByRole('alert').waitFor();
    await row.getByText('active', { exact: true }).waitFor(); // put back
    await row.getByText('Somebody changed this').waitFor();
    await expectAccessible(page, 'a change that failed');
    await row.getByRole('button', { name: /^Disable/ }).click();
    await isOff('that they are off at last', true);
    await leave(watched);
  });
});

test('what one may not see says which permission is missing and who can give it, and is not tried again', async () => {
  await admin.create('roles', { name: 'looker', permissions: ['services:read'] });
  await admin.create('users', { name: 'leo', password: 'somebody who only looks at services, at nothing else', grants: [{ role: 'looker' }] });
  const watched = await signIn(browser, gateway, '/audit', { user: 'leo', password: 'somebody who only looks at services, at nothing else' });
  const { page } = watched;
  const note = page.getByRole('alert').filter({ hasText: 'This needs the permission audit:read.' });
  expect(await note.textContent()).toContain('Somebody who has it and may change users (users:update) can give you a role with it.');
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await expectAccessible(page, 'a refusal');
  const asked: string[] = [];
  page.on('request', (r) => void (r.url().endsWith('/api/v1/nodes') && asked.push(r.url())));
  await page.goto('/nodes'); // asks again every five seconds where it may
  await page.getByRole('alert').filter({ hasText: 'This needs the permission nodes:read.' }).waitFor();
  await page.waitForTimeout(6000);
  expect(asked.length).toBe(1);
  await leave(watched);
});

describe('sessions', () => {
  test('an administrator sees who is signed in, and with what, and ends one; everybody does so with their own', async () => {
    const password = 'a password that is long enough for all of these tests';
    await admin.create('users', { name: 'sam', password, grants: [{ role: 'viewer' }] });
    const sam = await Admin.login(gateway, 'sam', password);
    const watched = await signIn(browser, gateway, '/sessions');
    const { page } = watched;
    await page.getByRole('row', { name: /^Chromium, Linux this one/ }).waitFor();
    await page.getByRole('combobox', { name: 'Of user' }).fill('sam');
    await page.keyboard.press('Tab'); // closes what it offers
    await page.waitForURL(/[?]user=sam$/);
    const row = page.getByRole('row', { name: /^node sam 127.0.0.1/ });
    await page.getByRole('row', { name: /^node admin/ }).waitFor({ state: 'detached' });
    await row.waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(2);
    await expectAccessible(page, 'sessions');
    await row.getByRole('button', { name: /^End/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
    await page.getByText('Nobody is signed in').waitFor();
    expect((await sam.get('/me')).status).toBe(401);
    await leave(watched);

    const again = await Admin.login(gateway, 'sam', password);
    const own = await signIn(browser, gateway, '/', { user: 'sam', password });
    await own.page.getByRole('button', { name: /Your account/ }).click();
    await own.page.getByRole('menuitem', { name: 'Your sessions' }).click();
    await own.page.getByRole('button', { name: 'End all others' }).click();
    await own.page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
    await own.page.getByText('1 ended').waitFor();
    expect((await again.get('/me')).status).toBe(401);
    await own.page.getByRole('row', { name: /this one/ }).waitFor();
    await leave(own);
  });
});

describe('lists of people and of what they did', () => {
  test('users are narrowed to a team, which stands in the address', async () => {
    await admin.create('teams', { name: 'billing' });
    await admin.create('users', { name: 'bea', grants: [{ role: 'viewer', team: 'billing' }] });
    await admin.create('users', { name: 'cal', grants: [{ role: 'viewer' }] });
    const watched = await signIn(browser, gateway, '/users');
    const { page } = watched;
    await page.getByRole('row', { name: /^cal/ }).waitFor();
    await page.getByRole('button', { name: /Where they may do something/ }).click();
    await page.getByRole('option', { name: 'For team billing' }).click();
    await page.getByRole('row', { name: /^cal/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /^bea/ }).waitFor();
    await page.reload(); // the same for whoever gets the link
    await page.getByRole('row', { name: /^bea/ }).waitFor();
    expect(await page.getByRole('table', { name: 'Users' }).getByRole('row').count()).toBe(2);
    await leave(watched);
  });

  test('the audit log is narrowed to who did what, and says which members became what', async () => {
    await admin.create('consumers', { name: 'seen-in-audit', tags: { stage: 'trial' } });
    expect((await admin.patch('/consumers/seen-in-audit', { tags: { stage: 'live' } })).status).toBe(200);
    const watched = await signIn(browser, gateway, '/audit?kind=consumer');
    const { page } = watched;
    await page.getByLabel('On', { exact: true }).fill('seen-in-audit');
    await page.waitForURL(/kind=consumer&subject=seen-in-audit$/);
    const entries = page.locator('details.entry');
    await expect.poll(() => entries.count()).toBe(2);
    await entries.first().locator('summary').click();
    const changes = entries.first().locator('.changes');
    await changes.getByText('tags.stage').waitFor();
    expect(await changes.locator('del').innerText()).toBe('"trial"');
    expect(await changes.locator('ins').innerText()).toBe('"live"');
    await expectAccessible(page, 'the audit log');
    await page.getByLabel('Who').fill('user:nobody');
    await page.getByText('No such entry').waitFor();
    await leave(watched);
  });
});
