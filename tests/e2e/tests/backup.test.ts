/** sluice backup, restore and reseal: from a file to a server and back, while gateways run. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword, local } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Postgres } from '../harness/postgres.ts';
import { run, sluicePath } from '../harness/program.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const running: Sluice[] = [];
const dir = mkdtempSync(join(tmpdir(), 'sluice-backup-'));
const file = join(dir, 'all.backup');
let postgres: Postgres;

beforeAll(async () => {
  postgres = await Postgres.start();
}, 60_000);
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});
afterAll(async () => {
  await postgres.stop();
  rmSync(dir, { recursive: true });
});

async function start(config: Config = {}, options: { after?: Sluice; env?: Record<string, string> } = {}): Promise<Sluice> {
  const gateway = await Sluice.start(config, { ...options, env: { SLUICE_ADMIN_PASSWORD: adminPassword, ...options.env } });
  running.push(gateway);
  return gateway;
}

const sluice = (...args: string[]) => run(sluicePath, args);

async function fill(gateway: Sluice): Promise<Admin> {
  const admin = await Admin.login(gateway);
  await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
  await admin.publish('web');
  await admin.create('accounts', { name: 'main', vendor: 'openai', keys: [{ key: 'sk-vendor-secret' }] });
  return admin;
}

test('a backup of a running gateway comes back in a file and on a server, with drafts, releases and audit', { timeout: 60_000 }, async () => {
  const gateway = await start();
  const admin = await fill(gateway);
  const made = sluice('backup', file, '--data-dir', gateway.dataDir);
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout).toMatch(/^\d+ rows, schema \d+/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain('sk-vendor-secret');
  const before = (await admin.get('/export')).body;

  // into the same store, while it runs: what was made since is gone, from the traffic, too
  await admin.create('services', { name: 'later', url: mock.now.url, path: '/later' });
  await admin.publish('later');
  expect(sluice('restore', file, '--data-dir', gateway.dataDir).stderr).toContain('--replace');
  expect(sluice('restore', file, '--config', gateway.file, '--replace')).toMatchObject({ code: 0 });
  await eventually(async () => (await fetch(`${gateway.url}/later`)).status === 404, { what: 'the restored traffic', within: 15_000 });
  expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
  const back = await Admin.login(gateway); // sessions end with a restore
  expect((await back.get('/export')).body).toEqual(before);
  expect((await back.get('/audit/verify')).body.is_whole).toBe(true);

  // onto a server
  const store = postgres.url('restored');
  expect(sluice('restore', file, '--store', store)).toMatchObject({ code: 0 });
  const key = join(dir, 'copied.key');
  copyFileSync(join(gateway.dataDir, 'master.key'), key);
  const other = await start({ gateway: { store } }, { env: { SLUICE_MASTER_KEY_FILE: key } });
  expect((await fetch(`${other.url}/echo`)).status).toBe(200);
  expect((await (await Admin.login(other)).get('/export')).body).toEqual(before);

  // and from there
  const second = join(dir, 'server.backup');
  expect(sluice('backup', second, '--config', other.file)).toMatchObject({ code: 0 });
  expect(sluice('restore', second, '--data-dir', gateway.dataDir, '--replace')).toMatchObject({ code: 0 });
  writeFileSync(second, readFileSync(second, 'utf8').slice(0, -40));
  expect(sluice('restore', second, '--data-dir', gateway.dataDir, '--replace')).toMatchObject({ code: 1 });
  expect((await (await Admin.login(gateway)).get('/services/web')).status).toBe(200);
});

test('the master key is changed: a new line, a restart, reseal, and the old line goes', { timeout: 60_000 }, async () => {
  const gateway = await start();
  await fill(gateway);
  const key = join(gateway.dataDir, 'master.key');
  await gateway.stop({ keep: true });
  const line = `k2 ${randomBytes(32).toString('base64')}\n`;
  writeFileSync(key, line + readFileSync(key, 'utf8'));
  const both = await start({}, { after: gateway });
  const resealed = sluice('reseal', '--data-dir', both.dataDir);
  expect(resealed).toMatchObject({ code: 0, stdout: '1 secrets sealed anew, 0 were already.\n' });
  expect((await local(both, '/accounts/main')).status).toBe(200);
  await both.stop({ keep: true });
  writeFileSync(key, line);
  const fresh = await start({}, { after: both });
  expect(fresh.log).not.toContain('last good');
  expect((await fetch(`${fresh.url}/echo`)).status).toBe(200);
  expect((await (await Admin.login(fresh)).patch('/accounts/main', { keys: [{ key: 'sk-other' }] })).status).toBe(200);
});
