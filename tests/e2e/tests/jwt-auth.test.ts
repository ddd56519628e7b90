/** Callers that show tokens made by jose: from files with secrets and public keys, and by the admin API. */
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { type Json, Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const secret = new TextEncoder().encode('a secret that both sides have: 32+');
const algorithms = ['RS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
const pairs: Record<string, { publicKey: any; privateKey: any }> = {};
let gateway: Sluice;
let admin: Admin;

const sign = (alg: string, key: any, iss: string, exp = '2m'): Promise<string> =>
  new SignJWT({}).setProtectedHeader({ alg }).setIssuer(iss).setIssuedAt().setExpirationTime(exp).sign(key);
const call = (token: string): Promise<Response> => fetch(`${gateway.url}/echo/x`, { headers: { authorization: `Bearer ${token}` } });

beforeAll(async () => {
  const keys: Json[] = [{ name: 'hs', type: 'jwt', key_id: 'shared', key: new TextDecoder().decode(secret) }];
  for (const [i, alg] of algorithms.entries()) {
    pairs[alg] = (await generateKeyPair(alg, { extractable: true })) as { publicKey: any; privateKey: any };
    const key = pairs[alg].publicKey;
    const text = i % 2 === 0 ? await exportSPKI(key) : JSON.stringify(await exportJWK(key));
    keys.push({ name: alg, type: 'jwt', key_id: `by ${alg}`, algorithm: alg, public_key: text });
  }
  gateway = await Sluice.start(
    { services: [{ name: 'rest', url: mock.now.url, path: '/echo/*', policies: [{ type: 'jwt_auth' }] }], consumers: [{ name: 'partner', keys }] },
    { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
  );
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

test.each(algorithms)('a token signed with %s is taken, and not by another key', async (alg) => {
  const other = algorithms[(algorithms.indexOf(alg) + 1) % algorithms.length]!;
  const answer = await call(await sign(alg, pairs[alg]!.privateKey, `by ${alg}`));
  expect(answer.status).toBe(200);
  expect(JSON.stringify(await answer.json())).not.toContain('Bearer');
  expect((await call(await sign(other, pairs[other]!.privateKey, `by ${alg}`))).status).toBe(401);
});

test('a shared secret; expired, foreign and changed tokens are refused', async () => {
  const good = await sign('HS256', secret, 'shared');
  expect((await call(good)).status).toBe(200);
  expect((await call(await sign('HS256', secret, 'shared', '2 minutes ago'))).status).toBe(401);
  expect((await call(await sign('HS256', secret, 'nobody'))).status).toBe(401);
  const [header, claims, signature] = good.split('.');
  const forged = Buffer.from(JSON.stringify({ iss: 'by ES256', exp: 4e9 })).toString('base64url');
  expect((await call(`${header}.${forged}.${signature}`)).status).toBe(401);
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  expect((await call(`${none}.${claims}.`)).status).toBe(401);
  const missing = await fetch(`${gateway.url}/echo/x`);
  expect(missing.status).toBe(401);
  expect(missing.headers.get('www-authenticate')).toContain('Bearer');
});

test('the text of a public key is no secret to sign with', async () => {
  const pem = new TextEncoder().encode(await exportSPKI(pairs.RS256!.publicKey));
  expect((await call(await sign('HS256', pem, 'by RS256'))).status).toBe(401);
});

test('by the admin API: a secret is made, shown once and sealed; a key is checked', async () => {
  await admin.create('consumers', { name: 'app' });
  const made = await admin.create('credentials', { name: 'app-1', consumer: 'app', type: 'jwt', key_id: 'https://app' });
  const made_secret = new TextEncoder().encode(made.secret);
  expect(made_secret.length).toBeGreaterThanOrEqual(32);
  await eventually(async () => (await call(await sign('HS256', made_secret, 'https://app'))).status === 200, { what: 'the credential' });
  expect(JSON.stringify((await admin.get('/credentials/app-1')).body)).not.toContain(made.secret);

  const patched = await admin.patch('/credentials/app-1', { disabled: true });
  expect(patched).toMatchObject({ status: 200 });
  await eventually(async () => (await call(await sign('HS256', made_secret, 'https://app'))).status === 403, { what: 'its end' });

  expect((await admin.patch('/credentials/app-1', { disabled: false })).status).toBe(200);
  const rotated = await admin.post('/credentials/app-1/rotate', { overlap: '1h' });
  expect(rotated.status).toBe(200);
  const secrets = [rotated.body.secret as string, made.secret].map((s) => new TextEncoder().encode(s));
  expect(rotated.body.secret).not.toBe(made.secret);
  for (const secret of secrets) // the one before counts for the overlap
    await eventually(async () => (await call(await sign('HS256', secret, 'https://app'))).status === 200, { what: 'both secrets' });

  const short = await admin.post('/credentials', { name: 'app-3', consumer: 'app', type: 'jwt', key_id: 'x', signing_secret: 'short' });
  expect(short.body.errors[0].pointer).toBe('/signing_secret');
  const bad = await admin.post('/credentials', { name: 'app-2', consumer: 'app', type: 'jwt', key_id: 'x', public_key: 'nonsense' });
  expect(bad.status).toBe(422);
  expect(bad.body.errors[0].pointer).toBe('/public_key');
});
