/** Two nodes that share a PostgreSQL database: changes, drift, and what becomes of them when it goes away. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Admin, adminPassword, local } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Postgres } from '../harness/postgres.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually, parallel } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000 });
const mock = useMock();
const running: Sluice[] = [];
let postgres: Postgres;
let schemas = 0;

beforeAll(async () => {
  postgres = await Postgres.start();
}, 60_000);

afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});

afterAll(() => postgres.stop());

interface Cluster {
  store: string;
  env: Record<string, string>;
}

const cluster = (): Cluster => {
  const name = `nodes${schemas++}`;
  return {
    store: postgres.url(name),
    env: { SLUICE_ADMIN_PASSWORD: adminPassword, SLUICE_MASTER_KEY_FILE: join(postgres.dir, `${name}.key`) },
  };
};

async function start(of: Cluster, config: Config = {}, after?: Sluice): Promise<Sluice> {
  const gateway = await Sluice.start({ gateway: { store: of.store }, ...config }, { env: of.env, ...(after && { after }) });
  running.push(gateway);
  return gateway;
}

const status = async (gateway: Sluice, path = '/echo'): Promise<number> => (await fetch(gateway.url + path)).status;

async function publishEcho(admin: Admin): Promise<void> {
  await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
  await admin.publish('web');
}

const nodesOf = async (gateway: Sluice): Promise<any[]> => (await local(gateway, '/nodes')).body.items;

describe('two nodes', () => {
  test('serve what either of them publishes, and know each other', async () => {
    const of = cluster();
    const one = await start(of);
    const two = await start(of);
    await publishEcho(await Admin.login(one));
    expect(await status(one)).toBe(200);
    await eventually(async () => (await status(two)) === 200, { what: 'the change on the other node', within: 15_000 });
    const admin = await Admin.login(two);
    await admin.create('consumers', { name: 'acme' });
    await admin.patch('/services/web', { policies: [{ type: 'key_auth' }] });
    await admin.publish('web');
    expect(await status(two)).toBe(401);
    await eventually(async () => (await status(one)) === 401, { what: 'the change on the first node', within: 15_000 });
    const items = await eventually(
      async () => {
        const nodes = await nodesOf(one);
        return nodes.length === 2 && nodes.every((n) => n.state === 'serving' && !n.has_drift) && nodes;
      },
      { what: 'two nodes without drift', within: 15_000 },
    );
    expect(new Set(items.map((n: any) => n.id)).size).toBe(2);
    expect(items.filter((n: any) => n.is_this)).toHaveLength(1);

    const other = await eventually(
      async () => {
        await Promise.all(Array.from({ length: 5 }, () => status(two)));
        const node = (await nodesOf(one)).find((n: any) => !n.is_this);
        return node.load.requests_per_second > 0 && node.load.cpu_percent > 0 && node;
      },
      { what: 'how busy the other node is, as its own words', within: 15_000 },
    );
    expect(other.load).toMatchObject({ cores: expect.any(Number), connections: expect.any(Number), memory_bytes: expect.any(Number) });
    expect(other.load.cpu_percent).toBeLessThanOrEqual(101);
    expect(other.load.memory_bytes).toBeGreaterThan(1 << 20);
    expect(other.load.memory_max_bytes).toBeGreaterThan(other.load.memory_bytes);
    expect(other.load.connections_max).toBeGreaterThan(1000);
    expect(other.uptime_s).toBeGreaterThanOrEqual(0);
    expect(other.workers.length).toBeGreaterThan(0);
  });

  test('show drift: a file of their own, a change that one of them cannot take', async () => {
    const of = cluster();
    const one = await start(of);
    const two = await start(of, { services: [{ name: 'filed', url: mock.now.url, path: '/filed' }] });
    const seen = (state: string) => async () =>
      (await nodesOf(one)).find((n: any) => !n.is_this && n.state === state && n.has_drift);
    await eventually(seen('serving'), { what: 'a node that has a file more', within: 15_000 });
    const admin = await Admin.login(one);
    await publishEcho(admin);
    await eventually(async () => (await status(two)) === 200, { what: 'the change', within: 15_000 });
    await admin.create('services', { name: 'filed', url: mock.now.url, path: '/other' });
    await admin.publish('filed'); // two has this name in its file
    await eventually(seen('refusing'), { what: 'a node that refuses', within: 15_000 });
    expect(two.log).toContain("the store's last change is refused here");
    expect(await status(two)).toBe(200);
    expect((await admin.post('/services/filed/offline', { reason: 'two cannot' })).status).toBe(200);
    await eventually(seen('serving'), { what: 'a node that serves again', within: 15_000 });
  });
});

describe('while the database is away', () => {
  test('no request fails, the API says so, and everything comes back', async () => {
    const of = cluster();
    const one = await start(of);
    const two = await start(of);
    const admin = await Admin.login(one);
    await publishEcho(admin);
    await eventually(async () => (await status(two)) === 200, { what: 'the change', within: 15_000 });
    let isOver = false;
    const statuses = new Map<number | string, number>();
    const traffic = parallel(4, 4, async (i) => {
      while (!isOver) {
        const seen = await status(i % 2 === 0 ? one : two).catch(String);
        statuses.set(seen, (statuses.get(seen) ?? 0) + 1);
      }
    });
    await postgres.down();
    const refused = await admin.post('/consumers', { name: 'lost' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body).toMatchObject({ reason: 'store_unavailable', status: 503 });
    await eventually(async () => /sluice_store_failing 1/.test(await two.metrics()), { what: 'the metric', within: 15_000 });
    await postgres.up();
    await eventually(async () => (await admin.get('/consumers')).status === 200, { what: 'the API', within: 15_000 });
    expect((await admin.get('/consumers')).body.items).toEqual([]);
    await eventually(async () => /sluice_store_failing 0/.test(await two.metrics()), { what: 'the metric', within: 15_000 });
    isOver = true;
    await traffic;
    expect([...statuses.keys()]).toEqual([200]);
    await admin.patch('/services/web', { path: '/echo2' });
    await admin.publish('web');
    await eventually(async () => (await status(two)) === 404, { what: 'a change after the restart', within: 15_000 });
  });

  test('a node that starts serves its last good configuration, and takes up the store when it is back', async () => {
    const of = cluster();
    const one = await start(of);
    const two = await start(of);
    await publishEcho(await Admin.login(one));
    await eventually(async () => (await status(two)) === 200, { what: 'the change', within: 15_000 });
    await two.stop({ keep: true });
    await postgres.down();
    const again = await start(of, {}, two);
    expect(await status(again)).toBe(200);
    expect(again.log).toContain('serving the last good configuration');
    expect((await local(again, '/nodes')).status).toBe(503);
    await postgres.up();
    await eventually(async () => (await local(again, '/nodes')).status === 200, { what: 'the API', within: 15_000 });
    const admin = await Admin.login(one);
    await admin.post('/services/web/offline', { reason: 'e2e' });
    await eventually(async () => (await status(again)) === 404, { what: 'the change', within: 15_000 });
  });
});
