/**
 * A store in PostgreSQL as an earlier program left it: this one brings its schema up to date, and all of it is there.
 *
 * fixtures/postgres-store-7.sql is the dump (pg_dump) of a schema `upgrade` that a program with step 7 of the schema
 * (9117b2e) filled by its API; the key beside it seals its secrets. It is never made anew: it is what is out there.
 */
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Postgres } from '../harness/postgres.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const fixture = (ending: string): string => fileURLToPath(new URL(`../fixtures/postgres-store-7.${ending}`, import.meta.url));
const [token, key] = ['slat_bDko6lGx-CTnluK1NZ83ugkmGvHnrYk6hhHXwUnAVL0', 'sl-EfLADP7Uh9CXXq_Q7gWnqafhrHlfsWxmxPw0zjpJax4']; // that were made there
const mock = useMock();
let postgres: Postgres;
let gateway: Sluice;
let admin: Admin;

beforeAll(async () => {
  postgres = await Postgres.start();
  postgres.load(fixture('sql'));
  const keyFile = join(postgres.dir, 'master.key');
  copyFileSync(fixture('key'), keyFile);
  chmodSync(keyFile, 0o600);
  gateway = await Sluice.start({ gateway: { store: postgres.url('upgrade') } }, { env: { SLUICE_MASTER_KEY_FILE: keyFile } });
  admin = await Admin.login(gateway, 'admin', adminPassword);
});

afterAll(async () => {
  await gateway?.stop();
  await postgres?.stop();
});

/** What was made there, by noun. */
const made: Record<string, string[]> = {
  teams: ['payments'],
  users: ['admin', 'ann'],
  accounts: ['main'],
  models: ['fast'],
  services: ['ai', 'pets@1.0.0', 'web'],
  releases: ['ai:1', 'web:1', 'web:2'],
  prompts: ['mood'],
  upstreams: ['pool'],
  plans: ['gold'],
  consumers: ['shop'],
  credentials: ['shop-1'],
  subscriptions: ['shop:web'],
  budgets: ['month'],
  webhooks: ['on-call'],
  alerts: ['errors'],
  portals: ['default'],
  settings: ['default'],
};

test('all of it is there, as it was', async () => {
  for (const [noun, keys] of Object.entries(made)) {
    const items = (await admin.get(`/${noun}`)).body.items as { key: string }[];
    expect(items.map((i) => i.key).sort(), noun).toEqual(keys);
  }
  expect((await admin.get('/prices')).body.items).toMatchObject([{ vendor: 'openai', model: 'mock-1', input: '2.50' }]);
  expect((await admin.get('/roles/support')).body.permissions).toEqual(['consumers:*', '*:read']);
  expect((await admin.get('/services/web')).body).toMatchObject({ summary: 'Not published yet.', tags: ['old'], status: { live_release: 2 } });
  expect((await admin.get('/services/ai')).body.status).toMatchObject({ lifecycle: 'deprecated', sunset_at: '2126-01-01T00:00:00Z' });
  expect((await admin.get('/subscriptions/shop:web')).body.status.state).toBe('approved');
  expect((await admin.get('/audit/verify')).body).toMatchObject({ is_whole: true });
  expect((await admin.get('/services?q=we')).body.items).toHaveLength(1); // by the index of names
  const audit = (await admin.get('/audit?kind=service&until=2100-01-01T00:00:00Z')).body.items; // by that of times, which this schema is the first to have
  expect(audit.length).toBeGreaterThan(3);
  expect(Number(postgres.sql('SELECT version FROM upgrade.schema_version'))).toBeGreaterThan(7);
});

test('passwords, tokens, keys and sealed secrets work, and what is new has a place', async () => {
  await Admin.login(gateway, 'ann', 'a long password');
  expect((await admin.withToken(token).get('/services')).status).toBe(200);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  expect((await fetch(`${gateway.url}/echo/home`, { headers })).status).toBe(502); // let in; where it runs is gone
  expect((await admin.patch('/upstreams/pool', { endpoints: [{ url: mock.now.url }] })).status).toBe(200);
  await eventually(async () => (await fetch(`${gateway.url}/echo/home`, { headers })).status === 200, { what: 'the service' });
  const ask = { model: 'quick', messages: [{ role: 'user', content: 'Hello' }] };
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(ask) });
  expect(await answer.json()).toMatchObject({ error: { code: 'connect_failed' } }); // the account's key was opened; its vendor is gone
  const [one] = (await admin.get('/accounts/main')).body.keys;
  expect(one).toMatchObject({ label: 'old' });
  await admin.create('views', { name: 'admin.mine', user: 'admin', group_by: ['service'], since: '7d' }); // a noun that is newer
  expect((await admin.post('/services/web/rollback', { release: 1, reason: 'back' })).status).toBe(200);
  await admin.publish('web', 'onward');
  const { body } = await admin.get('/portal/changes');
  expect(body.items[0]).toMatchObject({ service: 'web', reason: 'onward' });
});
