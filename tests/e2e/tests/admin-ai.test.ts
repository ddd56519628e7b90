/** AI through the admin API: an account is tested, a model is made, its traffic is in the reports. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { anthropicAccount, openaiAccount, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
let gateway: Sluice;
let admin: Admin;

beforeAll(async () => {
  gateway = await Sluice.start({ services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }] }, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

describe('the test of an account', () => {
  test('asks with each key and says what each is worth', async () => {
    const { key: secret } = ((openaiAccount('oa', mock.now) as any).keys[0] ?? {}) as { key: string };
    expect(secret).toBeTruthy();
    await admin.create('accounts', openaiAccount('oa', mock.now, { keys: [{ key: 'sk-good', label: 'first' }, { key: 'sk-bad', label: 'second' }] }));
    await mock.now.script({ key: 'sk-bad', always: 'error=auth' });
    const { status, body } = await admin.post('/accounts/oa/test', { model: 'mock-1' });
    expect(status).toBe(200);
    expect(body.model).toBe('mock-1');
    expect(body.results).toMatchObject([
      { key: 'first', is_ok: true, status: 200 },
      { key: 'second', is_ok: false, status: 401, reason: 'upstream_auth' },
    ]);
    expect(JSON.stringify(body)).not.toContain('sk-bad');
  });

  test('says when nobody is there', async () => {
    await admin.create('accounts', { name: 'nobody', vendor: 'custom-openai', base_url: 'http://127.0.0.1:1/v1', keys: ['sk-x'] });
    const { body } = await admin.post('/accounts/nobody/test', { model: 'm' });
    expect(body.results).toMatchObject([{ is_ok: false, reason: 'connect_failed' }]);
    const without = await admin.post('/accounts/nobody/test');
    expect(without.status).toBe(422);
    expect(without.body.errors[0].pointer).toBe('/model');
  });

  test('speaks the vendor\'s dialect', async () => {
    await admin.create('accounts', anthropicAccount('an', mock.now));
    const { body } = await admin.post('/accounts/an/test', { model: 'mock-1' });
    expect(body.results).toMatchObject([{ is_ok: true }]);
  });

  test('knows vendors of one\'s own', async () => {
    await admin.create('vendors', { name: 'acme', base_url: `${mock.now.url}/v1`, dialect: 'openai' });
    await admin.create('accounts', { name: 'own', vendor: 'acme', keys: ['sk-own'] });
    const { body } = await admin.post('/accounts/own/test', { model: 'mock-1' });
    expect(body.results).toMatchObject([{ is_ok: true }]);
    expect((await admin.delete('/vendors/acme')).status).toBe(409);
  });

  test('needs its own permission', async () => {
    await admin.create('users', { name: 'viewer', grants: [{ role: 'viewer' }] });
    const { secret } = await admin.create('tokens', { name: 'v', user: 'viewer' });
    expect((await admin.withToken(secret).post('/accounts/oa/test', { model: 'mock-1' })).status).toBe(403);
  });
});

test('a model that was made is served at once, and its requests are in the reports', async () => {
  await admin.create('accounts', openaiAccount('main', mock.now));
  await admin.create('models', { name: 'fast', targets: [{ account: 'main', model: 'mock-1' }] });
  await admin.create('prices', { vendor: 'openai', model: 'mock-1', input: '1', output: '2' });
  await admin.create('consumers', { name: 'shop' });
  const { secret } = await admin.create('credentials', { name: 'shop-1', consumer: 'shop' });
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'hello' }] }),
  });
  expect(answer.status).toBe(200);
  const id = answer.headers.get('x-request-id');
  const row = await eventually(async () => (await admin.get('/requests?consumer=shop')).body.items.find((r: any) => r.id === id), { what: 'the request' });
  expect(row).toMatchObject({ service: 'ai', consumer: 'shop', credential: 'shop/shop-1', model: 'fast', account: 'main', status: 200, outcome: 'ok' });
  expect(Number(row.cost_usd)).toBeGreaterThan(0);
  const usage = (await admin.get('/usage?group=consumer')).body;
  expect(usage.rows.find((r: any) => r.name === 'shop')).toMatchObject({ requests: 1, errors: 0 });
  expect((await admin.get('/usage?group=hour&since=2026-01-01T00:00:00Z')).body.rows[0].name).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/);
  expect((await admin.get('/usage?group=colour')).status).toBe(400);
  expect((await admin.get('/requests?cursor=x')).status).toBe(400);
  // What something needs stays.
  expect((await admin.delete('/accounts/main')).body.detail).toContain("model 'fast' still depends");
});

test('vendors and their models are known', async () => {
  const { items } = (await admin.get('/catalogue/vendors')).body;
  expect(items.map((v: any) => v.id)).toEqual(expect.arrayContaining(['openai', 'anthropic']));
  const models = (await admin.get('/catalogue/models?vendor=openai')).body.items;
  expect(models.find((m: any) => m.name === 'gpt-4o-mini')).toMatchObject({ mode: 'chat', has_price: true, prices: { input: '0.15', cache_read: '0.075', output: '0.6' } });
  const types = (await admin.get('/policy-types')).body.items;
  expect(types.find((t: any) => t.name === 'rate_limit').schema.properties.limit).toBeTruthy();
});

describe('the state of vendor keys', () => {
  const keysOf = async (account: string, who = admin): Promise<any> => (await who.get(`/accounts/${account}/keys`)).body;
  const ask = async (model: string): Promise<number> => {
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${consumerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  let consumerKey: string;
  beforeAll(async () => {
    await admin.create('consumers', { name: 'states' });
    consumerKey = (await admin.create('credentials', { name: 'states-1', consumer: 'states' })).secret;
  });

  test('a 429 with Retry-After cools the key until then; the next one serves', async () => {
    const keys = [{ key: 'sk-state-limited-a1b2' }, { key: 'sk-state-spare-c3d4', label: 'spare', order: 1 }];
    await admin.create('accounts', openaiAccount('cooled', mock.now, { keys }));
    expect(await keysOf('cooled')).toMatchObject({
      account: 'cooled',
      is_served: true,
      other_nodes: 0,
      keys: [
        { index: 0, key: '…a1b2', state: 'ready', requests: 0, failures: 0 },
        { index: 1, key: 'spare', state: 'ready', order: 1 },
      ],
    });
    await mock.now.script({ key: 'sk-state-limited-a1b2', always: 'status=429,retry_after=300' });
    const before = Date.now();
    expect(await ask('cooled/mock-1')).toBe(200);
    const [limited, spare] = await eventually(
      async () => {
        const { keys: now } = await keysOf('cooled');
        return now[1].requests === 1 && now;
      },
      { what: 'the answer of the spare key' },
    );
    expect(limited).toMatchObject({ state: 'cooling', requests: 1, failures: 1, last_failure: { status: 429, code: 'rate_limit_exceeded' } });
    expect(Date.parse(limited.until)).toBeGreaterThanOrEqual(before + 299_000);
    expect(Date.parse(limited.until)).toBeLessThanOrEqual(Date.now() + 301_000);
    expect(Date.parse(limited.last_failure.at)).toBeGreaterThanOrEqual(before - 1000);
    expect(spare).toMatchObject({ state: 'ready', requests: 1, failures: 0 });
    expect(spare).not.toHaveProperty('until');
    expect(JSON.stringify(await keysOf('cooled'))).not.toContain('sk-state');
  });

  test('one that the vendor refuses, one that has expired and one that is disabled are not used', async () => {
    const keys = [
      { key: 'sk-state-disabled-01', disabled: true },
      { key: 'sk-state-expired-02', expires: '2020-01-01T00:00:00Z' },
      { key: 'sk-state-refused-03', order: 1 },
    ];
    await admin.create('accounts', openaiAccount('dead', mock.now, { keys }));
    await mock.now.script({ key: 'sk-state-refused-03', always: 'error=auth' });
    expect(await ask('dead/mock-1')).toBe(502);
    expect(await ask('dead/mock-1')).toBe(502);
    expect((await keysOf('dead')).keys).toMatchObject([
      { state: 'disabled', requests: 0 },
      { state: 'expired', requests: 0, expires: '2020-01-01T00:00:00Z' },
      { state: 'refused', requests: 1, failures: 1, last_failure: { status: 401 } },
    ]);
    expect((await mock.now.stats()).by_key).not.toHaveProperty('sk-state-disabled-01');
    await admin.patch('/accounts/dead', { keys: [{ key: 'sk-state-fresh-04' }] });
    expect(await eventually(async () => (await ask('dead/mock-1')) === 200, { what: 'the new key' })).toBe(true);
  });

  test('is read by who may read the account, and by nobody else', async () => {
    await admin.create('accounts', openaiAccount('seen', mock.now));
    await admin.create('users', { name: 'key-watcher', grants: [{ role: 'viewer' }] });
    await admin.create('users', { name: 'key-stranger' });
    const as = async (user: string): Promise<Admin> => admin.withToken((await admin.create('tokens', { name: user, user })).secret);
    expect((await (await as('key-watcher')).get('/accounts/seen/keys')).status).toBe(200);
    expect((await (await as('key-stranger')).get('/accounts/seen/keys')).status).toBe(403);
    expect((await admin.get('/accounts/nothing/keys')).status).toBe(404);
  });
});
