/** The file that resources are kept in: lost, locked, full; and a process that is killed while it writes. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Program, run } from '../harness/program.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually, parallel } from '../harness/wait.ts';

const mock = useMock();
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };
const running: Sluice[] = [];

async function start(config: Config = {}, options: { after?: Sluice } = {}): Promise<Sluice> {
  const gateway = await Sluice.start(config, { env, ...options });
  running.push(gateway);
  return gateway;
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

describe('without its store', () => {
  test('a node serves its last good configuration and says so', async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
    await admin.publish('web');
    await gateway.stop({ keep: true });
    const db = join(gateway.dataDir, 'control.db');
    expect(existsSync(db)).toBe(true);
    renameSync(db, `${db}.away`);
    writeFileSync(db, 'this is no database at all, but long enough to be looked at as one');
    const again = await start({}, { after: gateway });
    expect((await fetch(`${again.url}/echo`)).status).toBe(200);
    expect(again.log).toContain('serving the last good configuration');
    expect((await new Admin(again.adminUrl).get('/services')).status).toBe(503);
  });
});

describe('what was acknowledged is kept', () => {
  test('killed again and again while it writes', { timeout: 60_000 }, async () => {
    let gateway = await start();
    const admin = await Admin.login(gateway);
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      const [victim, before] = [gateway, acknowledged.length];
      let isDead = false;
      const writers = parallel(3, 3, async (lane) => {
        for (let i = 0; !isDead; i++) {
          const name = `c-${round}-${lane}-${i}`;
          const answer = await admin.post('/consumers', { name }).catch(() => undefined);
          if (answer?.status === 201) acknowledged.push(name);
        }
      });
      await eventually(() => acknowledged.length >= before + 5 + round, { within: 15_000, what: 'some answers' });
      await victim.kill();
      isDead = true;
      await writers;
      gateway = await start({}, { after: victim });
      for (const name of acknowledged) expect((await admin.get(`/consumers/${name}`)).status, name).toBe(200);
      expect((await admin.get('/audit/verify')).body.is_whole).toBe(true);
    }
    const { items } = (await admin.get('/consumers?limit=500&fields=key')).body;
    expect(items.map((c: any) => c.key)).toEqual(expect.arrayContaining(acknowledged));
  });

  test('on a disk that is full: 503, traffic goes on, and it works again afterwards', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
    await admin.publish('web');
    await admin.create('consumers', { name: 'before' });
    const limit = (bytes: string): void => {
      expect(run('prlimit', ['--pid', String(gateway.program.pid), `--fsize=${bytes}:`]).code).toBe(0);
    };
    limit('1'); // no file may grow; writes behind its first byte fail
    for (let i = 0; i < 3; i++) {
      const refused = await admin.post('/consumers', { name: 'lost' });
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject({ reason: 'store_unavailable' });
      expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
    }
    limit('unlimited');
    await eventually(async () => (await admin.post('/consumers', { name: 'after' })).status === 201, { what: 'a write' });
    const keys = async (): Promise<string[]> => (await admin.get('/consumers?fields=key')).body.items.map((c: any) => c.key);
    expect(await keys()).toEqual(['after', 'before']);
    await gateway.stop({ keep: true });
    await start({}, { after: gateway });
    expect(await keys()).toEqual(['after', 'before']);
    expect((await admin.get('/audit/verify')).body.is_whole).toBe(true);
  });

  test('while another program has locked it: 503, and it works again afterwards', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('users', { name: 'ci', grants: [{ role: 'admin' }] });
    const { secret } = await admin.create('tokens', { name: 't', user: 'ci' });
    const ci = admin.withToken(secret);
    const script = [
      'import sqlite3, sys, time',
      'db = sqlite3.connect(sys.argv[1], isolation_level=None)',
      'db.execute("begin immediate")',
      'print("held", flush=True)',
      'time.sleep(600)',
    ].join('\n');
    const holder = new Program('python3', ['-c', script, join(gateway.dataDir, 'control.db')]);
    await eventually(() => holder.stdout.includes('held'), { within: 10_000, what: 'the lock' });
    const refused = await ci.post('/consumers', { name: 'lost' });
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ reason: 'store_unavailable' });
    expect((await ci.get('/consumers')).body.items).toEqual([]); // reading goes on
    await holder.end('SIGKILL');
    expect((await ci.post('/consumers', { name: 'after' })).status).toBe(201);
  });
});
