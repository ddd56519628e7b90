/** `POST /explain`: which way a request would go, as the traffic then goes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';

const mock = useMock();
let gateway: Sluice;
let admin: Admin;

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
  await admin.create('upstreams', { name: 'pool', endpoints: [{ url: mock.now.url, weight: 3 }] });
  await admin.create('services', {
    name: 'shop',
    version: '2',
    upstream: 'pool',
    routes: [
      { name: 'one', path: '/echo/{id}', methods: ['GET'] },
      { name: 'beta', path: '/echo/{id}', methods: ['GET'], headers: [{ name: 'x-beta', value: 'yes' }] },
    ],
    policies: [{ type: 'rate_limit', limit: 50, window: '1m' }, { type: 'key_auth' }],
  });
  await admin.publish('shop@2');
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-vendor-secret'] });
  await admin.create('models', { name: 'smart', targets: [{ account: 'main', model: 'mock-1', weight: 3 }, { account: 'main', model: 'mock-2', order: 2 }] });
  await admin.create('services', { name: 'llm', kind: 'ai', prefix: '/llm' });
  await admin.publish('llm');
});
afterAll(() => gateway?.stop());

const explain = async (question: Record<string, unknown>): Promise<any> => {
  const answer = await admin.post('/explain', question as never);
  expect(answer.status).toBe(200);
  return answer.body;
};

describe('explain', () => {
  test('tells the route, its parameters, the policies in order and the targets', async () => {
    const answer = await explain({ method: 'GET', url: 'http://shop.example/echo/./42?full=1' });
    expect(answer).toMatchObject({
      matched: true,
      host: 'shop.example',
      path: '/echo/42',
      service: 'shop',
      version: '2',
      handler: 'proxy',
      parameters: [{ name: 'id', value: '42' }],
      upstream: 'pool',
      targets: [{ url: mock.now.url, weight: 3 }],
    });
    expect(answer.route).toMatch(/one$/);
    const types = answer.policies.map((p: { type: string }) => p.type);
    expect(types.indexOf('key_auth')).toBeLessThan(types.indexOf('rate_limit'));
    expect(answer.policies.every((p: { does: string; place: string }) => p.does !== '' && p.place !== '')).toBe(true);
  });

  test('a header decides between routes', async () => {
    expect((await explain({ url: '/echo/1', headers: { 'X-Beta': 'yes' } })).route).toMatch(/beta$/);
    expect((await explain({ url: '/echo/1', headers: { 'X-Beta': 'no' } })).route).toMatch(/one$/);
  });

  test('what no route takes is told with the status that the traffic gets', async () => {
    for (const [method, path] of [['DELETE', '/echo/1'], ['GET', '/nowhere']] as const) {
      const { matched, status, reasons } = await explain({ method, url: path });
      expect(matched).toBe(false);
      expect(reasons).toHaveLength(1);
      expect((await fetch(`${gateway.url}${path}`, { method })).status).toBe(status);
    }
  });

  test('an AI request has the targets of its model, and no secrets', async () => {
    const answer = await explain({ method: 'POST', url: '/llm/v1/chat/completions', model: 'smart' });
    expect(answer).toMatchObject({
      matched: true,
      service: 'llm',
      handler: 'ai',
      model: 'smart',
      targets: [
        { account: 'main', vendor: 'openai', model: 'mock-1', weight: 3 },
        { account: 'main', model: 'mock-2', order: 2 },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain('sk-vendor');
  });

  test('what cannot be a request is refused', async () => {
    expect((await admin.post('/explain', { url: 'orders' })).status).toBe(400);
    expect((await admin.post('/explain', { url: '/a', headers: { 'x y': '1' } })).status).toBe(400);
  });
});
