/** Plans and subscriptions, as consumers feel them; versions side by side; apply and the command line. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { run, sluicePath, type Ran } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';

const mock = useMock();
const running: Sluice[] = [];

async function start(): Promise<[Sluice, Admin]> {
  const gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  running.push(gateway);
  return [gateway, await Admin.login(gateway)];
}

/** What bash offers when Tab is pressed behind `line`. */
function complete(dataDir: string, line: string): string {
  const script =
    'source <(sluice completion bash); COMP_LINE=$1 COMP_POINT=${#1}; read -ra COMP_WORDS <<<"$1"; ' +
    '[[ $1 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sluice; echo "${COMPREPLY[@]}"';
  const env = { ...process.env, PATH: `${dirname(sluicePath)}:${process.env.PATH}`, SLUICE_DATA_DIR: dataDir };
  return execFileSync('bash', ['-c', script, 'bash', line], { env, encoding: 'utf8' }).trim();
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

describe('subscriptions', () => {
  test('only approved ones count, with the limits of their plan, within a second', async () => {
    const [gateway, admin] = await start();
    await admin.create('services', {
      name: 'web',
      url: mock.now.url,
      path: '/echo',
      subscribers_only: true,
      policies: [{ type: 'key_auth' }],
    });
    await admin.publish('web');
    await admin.create('plans', { name: 'small', approval: 'manual', policies: [{ type: 'rate_limit', limit: 2, window: '1h' }] });
    const keys: string[] = [];
    for (const name of ['alice', 'bob']) {
      await admin.create('consumers', { name });
      keys.push((await admin.create('credentials', { name: `${name}-1`, consumer: name })).secret);
    }
    const [alice = '', bob = ''] = keys;
    const ask = async (key?: string): Promise<Response> =>
      fetch(`${gateway.url}/echo`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
    expect((await ask()).status).toBe(401);
    const refused = await ask(alice);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ reason: 'denied', detail: 'this needs a subscription to the service' });
    await admin.create('users', { name: 'dev', grants: [{ role: 'editor' }] });
    const subscription = await admin.create('subscriptions', { consumer: 'alice', service: 'web', plan: 'small' });
    expect(subscription.status.state).toBe('approved'); // who may approve need not ask
    expect((await ask(alice)).status).toBe(200);
    expect((await ask(alice)).status).toBe(200);
    expect((await ask(alice)).status).toBe(429);
    expect((await ask(bob)).status).toBe(403);
    await admin.create('subscriptions', { consumer: 'bob', service: 'web', plan: 'small' });
    expect((await ask(bob)).status).toBe(200); // counts for itself
    await admin.post('/subscriptions/bob:web/suspend', { reason: 'unpaid' });
    expect((await ask(bob)).status).toBe(403);
    await admin.post('/subscriptions/bob:web/resume');
    expect((await ask(bob)).status).toBe(200);
    await admin.patch('/plans/small', { policies: [] });
    expect((await ask(alice)).status).toBe(200);
    await admin.post('/subscriptions/bob:web/end');
    expect((await ask(bob)).status).toBe(403);
  });

  test('tell what their limits have counted and what is left', async () => {
    const [gateway, admin] = await start();
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo', policies: [{ type: 'key_auth' }] });
    await admin.publish('web');
    await admin.create('plans', {
      name: 'daily',
      approval: 'manual',
      policies: [
        { type: 'rate_limit', limit: 5, window: '1d' },
        { type: 'rate_limit', name: 'by-address', limit: 100, window: '1s', key: 'ip' },
      ],
    });
    await admin.create('consumers', { name: 'alice' });
    const { secret } = await admin.create('credentials', { name: 'k', consumer: 'alice' });
    await admin.create('subscriptions', { consumer: 'alice', service: 'web', plan: 'daily' });
    const usage = async (): Promise<any> => (await admin.get('/subscriptions/alice:web/usage')).body;
    expect(await usage()).toMatchObject({
      consumer: 'alice',
      service: 'web',
      plan: 'daily',
      state: 'approved',
      is_served: true,
      limits: [
        { name: 'rate_limit', unit: 'requests', limit: 5, window_ms: 86_400_000, used: 0, remaining: 5 },
        { name: 'rate_limit/by-address', counted_by: 'ip', limit: 100 },
      ],
    });
    for (let i = 0; i < 2; i++)
      expect((await fetch(`${gateway.url}/echo`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
    const [daily] = (await usage()).limits;
    expect(daily).toMatchObject({ used: 2, remaining: 3 });
    expect(Date.parse(daily.resets_at)).toBeGreaterThan(Date.now());
    await admin.post('/subscriptions/alice:web/end');
    expect(await usage()).toMatchObject({ state: 'ended', is_served: false, limits: [] });
    expect((await admin.get('/subscriptions/bob:web/usage')).status).toBe(404);
  });

  test('where they are not needed a plan counts all the same', async () => {
    const [gateway, admin] = await start();
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo', policies: [{ type: 'key_auth' }] });
    await admin.publish('web');
    await admin.create('consumers', { name: 'alice' });
    const { secret } = await admin.create('credentials', { name: 'k', consumer: 'alice' });
    const ask = async (): Promise<number> =>
      (await fetch(`${gateway.url}/echo`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await ask()).toBe(200);
    await admin.create('plans', { name: 'one', policies: [{ type: 'rate_limit', limit: 1, window: '1h' }] });
    await admin.create('subscriptions', { consumer: 'alice', service: 'web', plan: 'one' });
    expect([await ask(), await ask()]).toEqual([200, 429]);
  });
});

test('versions of a service are published and rolled back each for itself', async () => {
  const [gateway, admin] = await start();
  for (const version of ['v1', 'v2']) {
    await admin.create('services', { name: 'web', version, url: mock.now.url, path: `/${version}/*`, strip_prefix: true });
    await admin.publish(`web@${version}`);
  }
  const ask = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
  expect([await ask('/v1/echo'), await ask('/v2/echo')]).toEqual([200, 200]);
  await admin.post('/services/web@v1/offline');
  expect([await ask('/v1/echo'), await ask('/v2/echo')]).toEqual([404, 200]);
});

describe('the command line', () => {
  test('diff, apply, export, get, publish, rollback, delete, and their exit statuses', async () => {
    const [gateway] = await start();
    const file = join(gateway.dir, 'resources.yaml');
    const cli = (...args: string[]): Ran => run(sluicePath, [...args, '--data-dir', gateway.dataDir]);
    const write = (path: string): void =>
      writeFileSync(
        file,
        `upstreams:\n  - {name: pool, endpoints: ["${mock.now.url}"]}\n` +
          `services:\n  - {name: web, upstream: pool, path: ${path}}\n` +
          `accounts:\n  - {name: acme, vendor: openai, keys: ["sk-very-secret"]}\n`,
      );
    const ask = async (): Promise<number> => (await fetch(`${gateway.url}/echo`)).status;
    write('/echo');
    expect(cli('diff', '-f', file).code).toBe(3);
    expect(await ask()).toBe(404);
    const applied = cli('apply', '-f', file, '--reason', 'first');
    expect(applied.stderr + applied.stdout).toMatch(/published +service\/web/);
    expect(await ask()).toBe(200);
    expect(cli('diff', '-f', file)).toMatchObject({ code: 0, stdout: 'nothing to change\n' });
    const exported = cli('export');
    expect(exported.stdout).not.toContain('sk-very-secret');
    writeFileSync(join(gateway.dir, 'exported.yaml'), exported.stdout);
    expect(cli('apply', '-f', join(gateway.dir, 'exported.yaml'), '--prune', '--yes').stdout).toBe('nothing to change\n');
    expect(cli('export', 'services').stdout).toMatch(/^services:\n {2}- name: web\n/);
    expect(cli('export', 'service').code).toBe(2);
    write('/elsewhere');
    expect(cli('diff', '-f', file).stdout).toContain('+ path: "/elsewhere"');
    cli('apply', '-f', file, '--no-publish');
    expect(await ask()).toBe(200);
    expect(cli('publish', 'web', '--reason', 'second').code).toBe(0);
    expect(await ask()).toBe(404);
    expect(cli('rollback', 'web').code).toBe(0);
    expect(await ask()).toBe(200);
    expect(cli('get', 'services').stdout).toMatch(/^KEY .*\nweb /);
    expect(JSON.parse(cli('get', 'services', 'web', '-o', 'json').stdout).status.live_release).toBe(3);
    const completed = (line: string): string => complete(gateway.dataDir, line);
    expect(completed('sluice get serv')).toBe('services');
    expect(completed('sluice get -o json services w')).toBe('web');
    expect(completed('sluice rollback ')).toBe('web');
    expect(completed('sluice do services web pub')).toBe('publish');
    expect(completed('sluice get services -o ')).toBe('table json yaml');
    expect(cli('get', 'services', 'nothing').code).toBe(1);
    expect(cli('get').code).toBe(2);
    expect(cli('delete', 'services', 'web').stderr).toContain('take it offline first');
    expect(cli('do', 'services', 'web', 'offline').code).toBe(0);
    expect(cli('delete', 'services', 'web').code).toBe(0);
    expect(cli('get', 'services', '--url', gateway.adminUrl).stderr).toContain('(401)');
    expect(run(sluicePath, ['get', 'services', '--data-dir', '/nowhere']).stderr).toContain('is the gateway running?');
  });

  test('with a token, over TCP, from standard input', async () => {
    const [gateway, admin] = await start();
    const { secret } = await admin.create('tokens', { name: 't' });
    const cli = (input: string, ...args: string[]): Ran =>
      run(sluicePath, [...args, '--url', gateway.adminUrl, '--token', secret], { input });
    const created = cli('name: shop\ntags: {team: search}\n', 'create', 'consumers', '-f', '-', '-o', 'json');
    expect(JSON.parse(created.stdout)).toMatchObject({ key: 'shop', created_by: 'token:t' });
    expect(cli('tags: null\n', 'update', 'consumers', 'shop', '-f', '-').code).toBe(0);
    expect((await admin.get('/consumers/shop')).body.tags).toBeUndefined();
    expect(cli('name: "bad name"\n', 'create', 'consumers', '-f', '-').stderr).toContain('/name');
  });
});
