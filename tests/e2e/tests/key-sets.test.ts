/** Tokens of an issuer whose keys stand at a URL: fetched, changed, away, and known after a restart. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { type Config, Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000 }); // keys that change are served every 10 s at most

const mock = useMock();

/** An issuer: its set of keys, and how it answers. */
class Issuer {
  answer: { status: number; body: string } = { status: 200, body: '{"keys":[]}' };
  asked = 0;
  authorization: string | undefined;
  private readonly pairs = new Map<string, { publicKey: any; privateKey: any }>();
  private readonly server: Server = createServer((request, response) => {
    this.asked++;
    this.authorization = request.headers.authorization;
    response.writeHead(this.answer.status, { 'content-type': 'application/json' });
    response.end(this.answer.body);
  });

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  async publish(...kids: string[]): Promise<void> {
    const keys: JWK[] = [];
    for (const kid of kids) {
      const pair = this.pairs.get(kid) ?? ((await generateKeyPair('ES256', { extractable: true })) as { publicKey: any; privateKey: any });
      this.pairs.set(kid, pair);
      keys.push({ ...(await exportJWK(pair.publicKey)), kid, use: 'sig', alg: 'ES256' });
    }
    this.answer = { status: 200, body: JSON.stringify({ keys }) };
  }

  token(kid: string, sub = 'billing', header: { kid?: string } = { kid }): Promise<string> {
    return new SignJWT({ sub }).setProtectedHeader({ alg: 'ES256', ...header }).setIssuer('https://corp').setIssuedAt().setExpirationTime('5m').sign(this.pairs.get(kid)!.privateKey);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const issuer = new Issuer();
let gateway: Sluice;
let admin: Admin;
let config: Config;
const options = { env: { SLUICE_ADMIN_PASSWORD: adminPassword } };

const call = async (token: string): Promise<number> => (await fetch(`${gateway.url}/echo/x`, { headers: { authorization: `Bearer ${token}` } })).status;
const isTaken = (kid: string): Promise<boolean> => eventually(async () => (await call(await issuer.token(kid))) === 200, { within: 30_000, every: 100, what: `a token of ${kid}` });
const status = async (name: string): Promise<any> => (await admin.get(`/key-sets/${name}`)).body.status;

beforeAll(async () => {
  await issuer.start();
  await issuer.publish('k1');
  config = {
    gateway: { admin: { fetch_from: ['127.0.0.0/8'] } },
    'key-sets': [{ name: 'corp', url: issuer.url, refresh: '1h', pause: '1s' }],
    services: [{ name: 'rest', url: mock.now.url, path: '/echo/*', policies: [{ type: 'jwt_auth', key_claim: 'sub' }] }],
    consumers: [{ name: 'partner', keys: [{ name: 'corp', type: 'jwt', key_id: 'billing', key_set: 'corp', issuer: 'https://corp' }] }],
  };
  gateway = await Sluice.start(config, options);
  admin = await Admin.login(gateway);
});
afterAll(async () => {
  await gateway.stop();
  issuer.stop();
});

test('1. a set in a file is fetched, and its keys are those that count', async () => {
  await isTaken('k1');
  expect(await call(await issuer.token('k1', 'billing', {}))).toBe(200); // without a kid
  expect(await call(await issuer.token('k1', 'somebody'))).toBe(401);
  expect(await status('corp')).toMatchObject({ keys: 1, key_ids: ['k1'], fetched_at: expect.any(String) });
  const forged = (await issuer.token('k1')).replace(/[^.]+$/, (signature) => signature.split('').reverse().join(''));
  expect(await call(forged)).toBe(401);
});

test('2. an issuer changes its keys: the new one is fetched when it is shown, the old one goes', async () => {
  await issuer.publish('k2');
  await isTaken('k2');
  expect(await call(await issuer.token('k1'))).toBe(401);
  expect((await status('corp')).key_ids).toEqual(['k2']);
});

test('3. tokens of unknown keys do not make the issuer be asked more often than is said', async () => {
  await issuer.publish('k2', 'k3');
  await isTaken('k3');
  const pair = (await generateKeyPair('ES256')) as { privateKey: any };
  const unknown = await new SignJWT({ sub: 'billing' }).setProtectedHeader({ alg: 'ES256', kid: 'x' }).setIssuer('https://corp').setExpirationTime('5m').sign(pair.privateKey);
  const began = Date.now(), before = issuer.asked;
  for (let i = 0; i < 200; i++) expect(await call(unknown)).toBe(401);
  expect(issuer.asked - before).toBeLessThanOrEqual(2 + (Date.now() - began) / 1000);
});

test('4. what cannot be fetched stays as it was, and the status says why', async () => {
  await admin.create('key-sets', { name: 'same-place', url: issuer.url }); // what is found there is for both
  for (const [answer, problem] of [
    [{ status: 500, body: 'no' }, /500/],
    [{ status: 200, body: '<html>' }, /no set of keys/],
    [{ status: 200, body: '{"keys":[]}' }, /no key/],
    [{ status: 302, body: '' }, /redirects/],
    [{ status: 200, body: `{"keys":[],"x":"${'x'.repeat(300_000)}"}` }, /larger/],
  ] as const) {
    issuer.answer = answer;
    const refused = await admin.post('/key-sets/same-place/refresh');
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/url', detail: expect.stringMatching(problem) }] } });
    expect((await status('corp')).problem).toMatch(problem);
    expect(await call(await issuer.token('k3'))).toBe(200);
  }
});

test('5. the issuer is down at a restart: its keys are known still; when it is back, all is well', async () => {
  await gateway.stop({ keep: true });
  gateway = await Sluice.start(config, { ...options, after: gateway });
  admin = await Admin.login(gateway);
  expect(await call(await issuer.token('k3'))).toBe(200);
  await eventually(async () => (await status('corp')).problem, { what: 'the failure' });
  await issuer.publish('k3', 'k4');
  await isTaken('k4');
  expect((await status('corp')).problem).toBeUndefined();
});

test('6. by the admin API: made, used, refreshed, and not deleted while a credential names it', async () => {
  const other = new Issuer();
  await other.start();
  await other.publish('o1');
  await admin.create('key-sets', { name: 'other', url: other.url, authorization: 'Bearer for-the-keys', pause: '1s' });
  await admin.create('consumers', { name: 'app' });
  await admin.create('credentials', { name: 'app-1', consumer: 'app', type: 'jwt', key_id: 'app', key_set: 'other' });
  await eventually(async () => (await call(await other.token('o1', 'app'))) === 200, { within: 15_000, every: 100, what: 'a token of the new set' });
  expect(other.authorization).toBe('Bearer for-the-keys');
  expect(JSON.stringify((await admin.get('/key-sets/other')).body)).not.toContain('for-the-keys');

  await other.publish('o1', 'o2');
  const refreshed = await admin.post('/key-sets/other/refresh');
  expect(refreshed).toMatchObject({ status: 200, body: { status: { keys: 2, key_ids: ['o1', 'o2'] } } });
  expect(await call(await other.token('o2', 'app'))).toBe(200);

  expect((await admin.delete('/key-sets/other')).status).toBe(409);
  expect((await admin.post('/credentials', { name: 'app-2', consumer: 'app', type: 'jwt', key_id: 'x', key_set: 'nobody' })).status).toBe(422);
  expect((await admin.post('/credentials', { name: 'app-2', consumer: 'app', type: 'jwt', key_id: 'x', key_set: 'other', algorithm: 'HS256' })).status).toBe(422);
  expect((await admin.post('/key-sets', { name: 'plain', url: 'http://login.example.com/jwks' })).status).toBe(422);
  other.stop();
});

test('7. addresses of private networks are out of reach unless they are named', async () => {
  const lone = await Sluice.start({ 'key-sets': [{ name: 'corp', url: issuer.url }] }, options);
  const asked = issuer.asked;
  try {
    const its = await Admin.login(lone);
    await eventually(async () => /may not be connected to/.test((await its.get('/key-sets/corp')).body.status.problem), { what: 'the refusal' });
    expect(issuer.asked).toBe(asked);
  } finally {
    await lone.stop();
  }
});

test('8. issuers that never answer hold up nobody: several are asked at once', async () => {
  let [waiting, most] = [0, 0];
  const silent = createServer((_, response) => {
    most = Math.max(most, ++waiting);
    response.on('close', () => waiting--);
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const good = new Issuer();
  await good.start();
  await good.publish('g1');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const sets = ['a', 'b', 'c', 'd'].map((name) => ({ name, url: `${url}/${name}` }));
  const many = await Sluice.start({ ...config, 'key-sets': [...sets, { name: 'corp', url: good.url }] }, options);
  try {
    await eventually(
      async () => (await fetch(`${many.url}/echo/x`, { headers: { authorization: `Bearer ${await good.token('g1')}` } })).status === 200,
      { within: 15_000, every: 100, what: 'a token of the one that answers' },
    );
    await eventually(() => most === 4, { within: 15_000, what: 'four that wait at the same time' });
  } finally {
    silent.close();
    silent.closeAllConnections();
    await many.stop();
    good.stop();
  }
});
