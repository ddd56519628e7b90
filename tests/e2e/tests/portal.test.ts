/** The portal API, as a developer who uses it sees it: find a service, subscribe, be approved, make a key, call, see the usage. */
import { request } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const running: Sluice[] = [];

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

async function addUser(admin: Admin, gateway: Sluice, name: string): Promise<Admin> {
  await admin.create('users', { name });
  expect((await admin.post(`/users/${name}/set-password`, { password: 'a long password' })).status).toBe(200);
  return Admin.login(gateway, name, 'a long password');
}

test('from the catalogue to a call and its usage, and nobody sees what is another one\'s', async () => {
  const gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  running.push(gateway);
  const admin = await Admin.login(gateway);
  await admin.create('services', {
    name: 'web',
    title: 'The web',
    visibility: 'public',
    url: mock.now.url,
    path: '/echo',
    subscribers_only: true,
    policies: [{ type: 'key_auth' }],
  });
  await admin.publish('web');
  await admin.create('plans', {
    name: 'small',
    offered: true,
    approval: 'manual',
    policies: [{ type: 'rate_limit', limit: 10, window: '1d' }],
  });
  const ann = await addUser(admin, gateway, 'ann');
  const bob = await addUser(admin, gateway, 'bob');

  const { items } = (await ann.get('/portal/services?q=THE%20WEB')).body;
  expect(items).toMatchObject([{ key: 'web', title: 'The web' }]);
  const service = (await ann.get('/portal/services/web')).body;
  expect(service).toMatchObject({ url: gateway.url, plans: [{ name: 'small', limits: [{ type: 'rate_limit', limit: 10 }] }] });

  expect((await ann.post('/portal/applications', { name: 'shop' })).status).toBe(201);
  const key = (await ann.post('/portal/applications/ann.shop/credentials', { name: 'laptop' })).body;
  const wish = { application: 'ann.shop', service: 'web', plan: 'small', reason: 'to look at it' };
  expect((await ann.post('/portal/subscriptions', wish)).body).toMatchObject({ state: 'requested' });
  const call = async (): Promise<number> =>
    (await fetch(`${gateway.url}/echo`, { headers: { authorization: `Bearer ${key.secret}` } })).status;
  expect(await call()).toBe(403);
  expect((await admin.post('/subscriptions/ann.shop:web/approve')).status).toBe(200);
  expect(await call()).toBe(200);

  const quota = (await ann.get('/portal/subscriptions/ann.shop:web/usage')).body;
  expect(quota).toMatchObject({ is_served: true, limits: [{ limit: 10, used: 1, remaining: 9 }] });
  const used = async (): Promise<any> => (await ann.get('/portal/applications/ann.shop/usage?group=service')).body;
  await eventually(async () => (await used()).total.requests === 2, { within: 15000, what: 'both requests in the sums' });
  expect(await used()).toMatchObject({ rows: [{ service: 'web', requests: 2, errors: 1 }] });

  expect((await bob.get('/portal/applications')).body).toEqual({ items: [] });
  for (const path of ['/applications/ann.shop', '/applications/ann.shop/usage', '/subscriptions/ann.shop:web/usage'])
    expect((await bob.get(`/portal${path}`)).status).toBe(404);
  expect((await bob.post('/portal/credentials/ann.shop.laptop/rotate', {})).status).toBe(404);

  expect((await ann.post('/portal/credentials/ann.shop.laptop/disable')).status).toBe(200);
  expect(await call()).toBe(403);
});

test('what is tried comes from who tries it, not from this machine, and nobody else can say so', async () => {
  const gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  running.push(gateway);
  const admin = await Admin.login(gateway);
  await admin.create('services', {
    name: 'web',
    visibility: 'public',
    url: mock.now.url,
    path: '/echo',
    policies: [{ type: 'ip_filter', allow: ['127.0.0.1'] }],
  });
  await admin.publish('web');
  const ann = await addUser(admin, gateway, 'ann');
  const tried = (localAddress: string, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const url = `${gateway.adminUrl}/api/v1/portal/services/web/call?method=GET&path=/echo`;
      const rq = request(url, { method: 'POST', localAddress, headers: { ...ann.headers, ...headers } }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      rq.on('error', reject);
      rq.end();
    });
  expect(await tried('127.0.0.1')).toBe(200);
  expect(await tried('127.0.0.2')).toBe(403);
  for (const header of ['x-forwarded-for', 'gateway-x-forwarded-for', 'gateway-x-sluice-relay'])
    expect(await tried('127.0.0.2', { [header]: '127.0.0.1' }), header).toBe(403);

  const direct = (headers: Record<string, string>): Promise<Response> => fetch(`${gateway.url}/echo`, { headers });
  const forged = { 'x-sluice-relay': 'guess', 'x-forwarded-for': '192.0.2.1' };
  expect((await direct(forged)).status, 'it is not believed').toBe(200);
  expect(await (await direct(forged)).text(), 'and not passed on').not.toContain('guess');
});
