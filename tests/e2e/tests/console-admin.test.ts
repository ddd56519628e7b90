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
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
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
    await row.getByRole('button', { name: /^Disable/ }).click();
    await row.getByText('disabled', { exact: true }).waitFor();
    expect((await admin.get('/users/zoe')).body.disabled).toBe(true);
    await row.getByRole('button', { name: /^Enable/ }).click();
    await row.getByText('active', { exact: true }).waitFor();
    await leave(watched);
  });
});
