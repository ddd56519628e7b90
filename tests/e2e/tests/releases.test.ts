/** How a draft gets to the traffic: approved by somebody else, at a time, for a part of the callers first. */
import { afterAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const running: Sluice[] = [];

async function start(config = {}): Promise<[Sluice, Admin]> {
  const gateway = await Sluice.start(config, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  running.push(gateway);
  return [gateway, await Admin.login(gateway)];
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

test('who asks for a release does not approve it, and nothing is served before somebody does', async () => {
  const [gateway, admin] = await start();
  await admin.patch('/workspaces/default', { approvals: 1 });
  const password = 'another long password';
  await admin.create('users', { name: 'bob', grants: [{ role: 'editor' }] });
  await admin.post('/users/bob/set-password', { password });
  await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
  const asked = await admin.post('/services/web/publish', { reason: 'please' });
  expect(asked.body.status).toMatchObject({ state: 'draft', pending: { requested_by: 'user:admin', reason: 'please' } });
  expect((await fetch(`${gateway.url}/echo`)).status).toBe(404);
  expect((await admin.post('/services/web/approve')).status).toBe(403);
  const bob = await Admin.login(gateway, 'bob', password);
  expect((await bob.post('/services/web/approve')).body.status.state).toBe('published');
  expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
  expect((await admin.get('/releases/web%3A1')).body).toMatchObject({
    requested_by: 'user:admin',
    approved_by: ['user:bob'],
    reason: 'please',
  });
});

test('a release comes at its time', async () => {
  const [gateway, admin] = await start();
  await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
  const at = new Date(Date.now() + 4000).toISOString();
  const planned = await admin.post('/services/web/publish', { at, reason: 'at night' });
  expect(planned.body.status).toMatchObject({ state: 'draft', scheduled: { by: 'user:admin', reason: 'at night' } });
  await eventually(async () => (await fetch(`${gateway.url}/echo`)).status === 200, { within: 15_000, every: 100 });
  const service = (await admin.get('/services/web')).body;
  expect(service.status).toMatchObject({ state: 'published', live_release: 1 });
  expect(service.status.scheduled).toBeUndefined();
  expect((await admin.get('/releases/web%3A1')).body).toMatchObject({ requested_by: 'user:admin', reason: 'at night' });
});

test('some callers see the newer release: by header, by share, then all of them', async () => {
  const [gateway, admin] = await start();
  const policy = (value: string) => [{ type: 'headers', response: { set: { 'x-version': value } } }];
  await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo', policies: policy('1') });
  await admin.publish('web');
  await admin.patch('/services/web', { policies: policy('2') });
  const version = async (headers: Record<string, string> = {}): Promise<string | null> =>
    (await fetch(`${gateway.url}/echo`, { headers })).headers.get('x-version');
  const tried = await admin.post('/services/web/canary', { header: 'x-canary', value: 'yes', reason: 'carefully' });
  expect(tried.body.status).toMatchObject({ live_release: 1, canary_release: 2, canary: { percent: 0 } });
  expect([await version(), await version({ 'x-canary': 'no' }), await version({ 'x-canary': 'yes' })]).toEqual(['1', '1', '2']);
  const seen = await fetch(`${gateway.url}/echo`, { headers: { 'x-canary': 'yes' } });
  expect(seen.headers.get('x-sluice-release')).toBe('canary');
  await admin.post('/services/web/canary', { percent: 100 });
  expect(await version()).toBe('2');
  await admin.post('/services/web/abandon');
  expect(await version({ 'x-canary': 'yes' })).toBe('1');
  await admin.post('/services/web/canary', { release: 2, header: 'x-canary' });
  expect(await version({ 'x-canary': '' })).toBe('2');
  expect((await admin.post('/services/web/promote')).body.status).toMatchObject({ live_release: 2, has_draft: false });
  expect(await version()).toBe('2');
  await admin.post('/services/web/rollback', { release: 1 });
  expect(await version()).toBe('1');
});

test('a share is of clients: each stays where it is', async () => {
  const [gateway, admin] = await start({ gateway: { trusted_proxies: ['127.0.0.1'] } });
  await admin.post('/apply', {
    documents: [{ services: [{ name: 'web', url: mock.now.url, path: '/echo' }] }],
  });
  await admin.post('/services/web/canary', { percent: 30 });
  const isTried = async (client: number): Promise<boolean> =>
    (await fetch(`${gateway.url}/echo`, { headers: { 'x-forwarded-for': `198.51.100.${client}` } })).headers.has('x-sluice-release');
  const first = await Promise.all([...Array(200).keys()].map(isTried));
  const share = first.filter(Boolean).length;
  expect(share).toBeGreaterThan(30); // of 200; the choice is a hash of the address, the same in each run
  expect(share).toBeLessThan(90);
  expect(await Promise.all([...Array(200).keys()].map(isTried))).toEqual(first);
});
