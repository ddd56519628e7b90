/** What was used, as the admin API tells it: sums step by step, single requests. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openaiAccount, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
let gateway: Sluice;
let admin: Admin;
const keys: Record<string, string> = {};

const ask = (consumer: string, model = 'fast'): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[consumer]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  });

beforeAll(async () => {
  gateway = await Sluice.start({ services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }] }, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
  await admin.create('accounts', openaiAccount('main', mock.now));
  await admin.create('models', { name: 'fast', targets: [{ account: 'main', model: 'mock-1' }] });
  await admin.create('prices', { vendor: 'openai', model: 'mock-1', input: '1', output: '2' });
  for (const name of ['shop', 'desk']) {
    await admin.create('consumers', { name, tags: { team: name === 'shop' ? 'red' : 'blue' } });
    keys[name] = (await admin.create('credentials', { name: `${name}-1`, consumer: name })).secret;
  }
  for (const consumer of ['shop', 'shop', 'shop', 'desk']) expect((await (await ask(consumer)).json()).object).toBe('chat.completion');
  expect((await ask('desk', 'unheard-of')).status).toBe(404);
  await eventually(async () => (await report()).total.requests === 5, { within: 15000, what: 'all requests in the sums' });
});
afterAll(() => gateway.stop());

const report = async (query = ''): Promise<any> => {
  const { status, body } = await admin.get(`/reports?since=1h${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

test('sums are by every dimension, with money, tokens and latencies', async () => {
  const byConsumer = await report('&group=consumer,team');
  expect(byConsumer.rows).toMatchObject([
    { consumer: 'shop', team: 'red', requests: 3, errors: 0 },
    { consumer: 'desk', team: 'blue', requests: 2, errors: 1, failures: 0 },
  ]);
  const [shop] = byConsumer.rows;
  expect(Number(shop.cost_usd)).toBeGreaterThan(0);
  expect(shop.prompt_tokens).toBeGreaterThan(0);
  expect(shop.p50_ms).toBeGreaterThan(0);
  expect(shop.p99_ms).toBeGreaterThanOrEqual(shop.p50_ms);
  expect((await report('&group=model&consumer=shop')).rows).toMatchObject([{ model: 'fast', requests: 3 }]);
  expect((await report('&group=status&order=requests')).rows.map((r: any) => r.status)).toEqual(['404', '200']);
  expect((await report('&group=service,version,route,target,vendor,outcome&outcome=ok')).total.requests).toBe(4);
});

test('sums come step by step, in a time zone, and as CSV', async () => {
  const steps = (await report('&step=1m&fields=requests&time_zone=%2B02:00')).total.steps;
  expect(steps.length).toBeGreaterThanOrEqual(60);
  expect(steps.length).toBeLessThanOrEqual(62);
  expect(steps.reduce((sum: number, s: any) => sum + s.requests, 0)).toBe(5);
  expect(steps[0].time).toMatch(/T\d\d:\d\d:00\+02:00$/);
  const csv = await admin.get('/reports?group=consumer&fields=requests', { accept: 'text/csv' });
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.body).toBe('consumer,requests\r\n"shop",3\r\n"desk",2\r\n');
  const days = await report('&step=day&time_zone=Europe/Berlin&group=team');
  expect(days.time_zone).toBe('Europe/Berlin');
  expect(days.rows[0].steps.at(-1).requests + (days.rows[0].steps.at(-2)?.requests ?? 0)).toBe(3);
});

test('a report that cannot be is refused by the name of its parameter', async () => {
  for (const [query, word] of [['step=7m', 'step'], ['group=colour', 'group'], ['time_zone=Mars', 'time_zone'], ['colour=red', 'colour']]) {
    const { status, body } = await admin.get(`/reports?${query}`);
    expect(status).toBe(400);
    expect(body.detail).toContain(word);
  }
  await admin.create('users', { name: 'nobody' });
  const { secret } = await admin.create('tokens', { name: 'n', user: 'nobody' });
  expect((await admin.withToken(secret).get('/reports')).status).toBe(403);
});

test('the description has the parameters and the answer', async () => {
  const { body } = await admin.get('/openapi.json');
  const operation = body.paths['/api/v1/reports'].get;
  expect(operation.parameters.map((p: any) => p.name)).toEqual(expect.arrayContaining(['group', 'since', 'step', 'time_zone', 'consumer', 'format']));
  expect(Object.keys(body.components.schemas.ReportRow.properties)).toEqual(expect.arrayContaining(Object.keys((await report('&group=service')).rows[0])));
});

test('single requests are looked for by what they were, and each tells its phases and attempts', async () => {
  const items = async (query: string): Promise<any[]> => (await admin.get(`/requests?${query}`)).body.items;
  expect(await items('consumer=desk&status=404')).toMatchObject([{ consumer: 'desk', status: 404, outcome: 'client_error', path: '/v1/chat/completions' }]);
  expect(await items('outcome=ok&model=fast&since=1h&min_latency=1us')).toHaveLength(4);
  expect(await items('min_latency=1h')).toHaveLength(0);
  expect(await items('has_tokens=true&since=1h')).toHaveLength(4); // not the one that no model answered
  expect(await items('has_tokens=true&version=v9')).toHaveLength(0);
  expect(await items('until=2026-01-01T00:00:00Z')).toHaveLength(0);
  for (const query of ['min_latency=fast', 'since=x', 'tail=x', 'failed=maybe', 'colour=red', 'cursor=x']) expect((await admin.get(`/requests?${query}`)).status, query).toBe(400);
  const [one] = await items('consumer=shop&limit=1');
  const { status, body } = await admin.get(`/requests/${one.id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: one.id, consumer: 'shop', team: 'red', is_ai: true, vendor: 'openai', model_route: 'fast' });
  expect(body.attempt_list).toMatchObject([{ target: 'main/mock-1', status: 200 }]);
  const phases: number[] = Object.values(body.phases_us);
  expect(phases.reduce((sum, us) => sum + us, 0)).toBeGreaterThan(0);
  expect(body.tokens_input).toBeGreaterThan(0);
  expect((await admin.get('/requests/nothing')).status).toBe(404);
  expect((await admin.get('/requests/a/b')).status).toBe(404);
});

test('a tail has each request that comes, once', async () => {
  let { tail, items } = (await admin.get('/requests?tail=now')).body;
  expect(items).toEqual([]);
  const id = (await ask('shop')).headers.get('x-request-id');
  const seen: string[] = [];
  await eventually(async () => {
    const { body } = await admin.get(`/requests?consumer=shop&tail=${tail}`);
    tail = body.tail;
    seen.push(...body.items.map((r: any) => r.id));
    return seen.includes(id!);
  }, { within: 15000, what: 'the request in the tail' });
  expect(seen).toEqual([id]);
  expect((await admin.get(`/requests?consumer=shop&tail=${tail}`)).body.items).toEqual([]);
});
