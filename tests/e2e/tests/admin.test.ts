/** The admin API over real sockets: identity, publishing without a lost request, restarts. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword, local } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually, parallel } from '../harness/wait.ts';

const mock = useMock();
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };
const running: Sluice[] = [];

async function start(config: Config = {}, options: { after?: Sluice; env?: Record<string, string> } = {}): Promise<Sluice> {
  const gateway = await Sluice.start(config, { env, ...options });
  running.push(gateway);
  return gateway;
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

describe('identity', () => {
  test('the first run prints a password once, and it works', async () => {
    const gateway = await start({}, { env: {} });
    const shown = await eventually(() => /has the password\n(\S+) /.exec(gateway.log), { what: 'the password' });
    const admin = await Admin.login(gateway, 'admin', shown[1]);
    expect((await admin.get('/me')).body.actor).toBe('user:admin');
    await gateway.stop({ keep: true });
    const again = await start({}, { after: gateway, env: {} });
    await Admin.login(again, 'admin', shown[1]);
    expect(again.log).not.toContain('has the password');
    const files = readdirSync(again.dataDir, { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map((file) => file.name)).toContain('master.key');
    for (const { name } of files) expect(readFileSync(join(again.dataDir, name), 'latin1')).not.toContain(shown[1]);
    expect(statSync(join(again.dataDir, 'master.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(again.dataDir, 'admin.sock')).mode & 0o777).toBe(0o600);
  });

  test('a session that somebody ends is out at once, and the audit trail says so', async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('users', { name: 'carol', grants: [{ role: 'viewer' }] });
    await admin.post('/users/carol/set-password', { password: adminPassword });
    const carol = await Admin.login(gateway, 'carol');
    const own = (await carol.get('/sessions')).body.items;
    expect(own).toMatchObject([{ user: 'carol', remote: '127.0.0.1', agent: 'node', is_current: true }]);
    expect(carol.headers.cookie).not.toContain(own[0].id);
    const all = (await admin.get('/sessions')).body.items;
    expect(all.map((s: any) => [s.user, s.is_current])).toEqual([
      ['carol', false],
      ['admin', true],
    ]);
    expect((await carol.delete(`/sessions/${all[1].id}`)).status).toBe(404);
    expect((await admin.delete(`/sessions/${own[0].id}`)).status).toBe(204);
    expect((await carol.get('/me')).status).toBe(401);
    expect((await admin.get('/me')).status).toBe(200);
    const [entry] = (await admin.get('/audit?limit=1')).body.items;
    expect(entry).toMatchObject({ action: 'session.delete', actor: 'user:admin', subject: 'carol', before: { id: own[0].id } });
  });

  test('sessions, tokens and the local socket', async () => {
    const gateway = await start();
    const nobody = new Admin(gateway.adminUrl);
    expect((await nobody.get('/services')).status).toBe(401);
    expect((await nobody.get('/openapi.json')).status).toBe(200);
    const admin = await Admin.login(gateway);
    const cookie = (await nobody.post('/login', { name: 'admin', password: adminPassword })).headers.get('set-cookie');
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    await admin.create('users', { name: 'ci', grants: [{ role: 'viewer' }] });
    const { secret } = await admin.create('tokens', { name: 't', user: 'ci' });
    const ci = admin.withToken(secret);
    expect((await ci.get('/services')).status).toBe(200);
    expect((await ci.post('/consumers', { name: 'x' })).status).toBe(403);
    expect((await ci.get('/users')).status).toBe(403);
    expect((await local(gateway, '/me')).body.actor).toBe('local');
    expect((await admin.get('/audit/verify')).body.is_whole).toBe(true);
    const lines = (await admin.get('/audit/export')).body.trim().split('\n').map((l: string) => JSON.parse(l));
    expect(lines.map((l: any) => l.action)).toContain('token.create');
  });
});

describe('publishing', () => {
  test('from nothing to traffic and back, drafts apart', async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    const ask = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
    await admin.create('upstreams', { name: 'pool', endpoints: [{ url: mock.now.url }] });
    await admin.create('services', { name: 'web', upstream: 'pool', path: '/echo' });
    expect(await ask('/echo')).toBe(404);
    await admin.publish('web', 'first');
    expect(await ask('/echo')).toBe(200);
    expect((await admin.patch('/services/web', { path: '/nowhere' })).status).toBe(200);
    expect(await ask('/echo')).toBe(200);
    await admin.publish('web', 'second');
    expect(await ask('/echo')).toBe(404);
    const back = await admin.post('/services/web/rollback', { reason: 'it was wrong' });
    expect(back.body.status).toMatchObject({ live_release: 3, has_draft: true });
    expect(await ask('/echo')).toBe(200);
    const { items } = (await admin.get('/releases?service=web&sort=-created_at')).body;
    expect(items.map((r: any) => [r.number, r.reason, r.created_by])).toEqual([
      [3, 'it was wrong', 'user:admin'],
      [2, 'second', 'user:admin'],
      [1, 'first', 'user:admin'],
    ]);
    expect(items[1].diff).toEqual([{ path: 'path', before: '/echo', after: '/nowhere' }]);
    const [node] = (await admin.get('/nodes')).body.items;
    for (const worker of node.workers) expect(worker.version).toBe(node.version);
    await gateway.stop({ keep: true });
    const again = await start({}, { after: gateway });
    expect((await fetch(`${again.url}/echo`)).status).toBe(200);
    expect((await (await Admin.login(again)).get('/services/web')).body.status.live_release).toBe(3);
  });

  test('no request fails while configurations change', async () => {
    const gateway = await start({}, {});
    const admin = await Admin.login(gateway);
    await admin.create('upstreams', { name: 'pool', endpoints: [{ url: mock.now.url }] });
    await admin.create('services', { name: 'web', upstream: 'pool', path: '/echo' });
    await admin.publish('web');
    let isOver = false;
    const statuses = new Map<number, number>();
    const traffic = parallel(4, 4, async () => {
      while (!isOver) {
        const { status } = await fetch(`${gateway.url}/echo`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    for (let i = 0; i < 15; i++) {
      await admin.patch('/services/web', { summary: `change ${i}` });
      await admin.publish('web');
      await admin.create('consumers', { name: `c${i}` });
    }
    isOver = true;
    await traffic;
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(30);
  });

  test('a credential works within a second of its creation and ends with it', async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo', policies: [{ type: 'key_auth' }] });
    await admin.publish('web');
    await admin.create('consumers', { name: 'shop' });
    const { secret } = await admin.create('credentials', { name: 'k', consumer: 'shop' });
    const ask = async (key: string): Promise<number> =>
      (await fetch(`${gateway.url}/echo`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await ask('wrong')).toBe(401);
    expect(await ask(secret)).toBe(200);
    const rotated = (await admin.post('/credentials/k/rotate', { overlap: '4s' })).body.secret;
    expect(await ask(rotated)).toBe(200);
    expect(await ask(secret)).toBe(200);
    await eventually(async () => (await ask(secret)) === 403, { within: 10_000, what: 'the end of the overlap' });
    expect(await ask(rotated)).toBe(200);
    await admin.patch('/credentials/k', { disabled: true });
    expect(await ask(rotated)).toBe(403);
    await admin.delete('/credentials/k');
    expect(await ask(rotated)).toBe(401);
  });

  test('what does not compile changes nothing and is told with its place', async () => {
    const gateway = await start({ services: [{ name: 'filed', url: mock.now.url, path: '/echo' }] });
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'filed', url: mock.now.url, path: '/other' });
    const refused = await admin.post('/services/filed/publish');
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0]).toMatchObject({ pointer: '/name', resource: 'service/filed' });
    expect((await admin.get('/services/filed')).body.status.state).toBe('draft');
    expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
  });
});

describe('what stands in files', () => {
  test('is listed with its place, and changed only there', async () => {
    const gateway = await start({
      upstreams: [{ name: 'pool', endpoints: [{ url: mock.now.url }] }],
      services: [{ name: 'filed', upstream: 'pool', path: '/echo' }],
      accounts: [{ name: 'oa', vendor: 'openai', keys: [{ key: 'sk-of-the-file' }] }],
    });
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'stored', url: mock.now.url, path: '/other' });
    const { items } = (await admin.get('/services')).body;
    expect(items.map((s: any) => [s.key, s.origin?.replace(/.*\/(.*):\d+$/, '$1'), s.status.state])).toEqual([
      ['filed', 'sluice.yaml', 'published'],
      ['stored', undefined, 'draft'],
    ]);
    const account = await admin.get('/accounts/oa');
    expect(account.status).toBe(200);
    expect(JSON.stringify(account.body)).not.toContain('sk-of-the-file');
    const refused = await admin.patch('/services/filed', { path: '/elsewhere' });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toMatch(/stands in a file \(.*sluice\.yaml:\d+\) and can only be changed there/);
    expect((await admin.get('/export')).body.services).toHaveLength(1);
  });
});
