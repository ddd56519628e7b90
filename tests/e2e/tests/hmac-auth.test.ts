/** Callers that sign their requests with a shared secret: by a signer of our own making, after draft-cavage-http-signatures-12. */
import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openaiAccount, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const secret = 'a secret that both sides have: 32+';
let gateway: Sluice;
let admin: Admin;

interface Signed {
  keyId?: string;
  key?: string;
  algorithm?: string;
  method?: string;
  /** What is signed, in this order. */
  fields?: string[];
  date?: Date;
  body?: string;
  headers?: Record<string, string>;
}

/** The header fields of a signed request. */
function sign(path: string, { keyId = 'shop', key = secret, algorithm = 'sha256', method = 'GET', date = new Date(), body, headers = {}, ...rest }: Signed = {}): Record<string, string> {
  const sent: Record<string, string> = { 'x-date': date.toUTCString(), ...headers };
  if (body !== undefined) sent['digest'] = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
  const fields = rest.fields ?? ['(request-target)', 'x-date', ...(body === undefined ? [] : ['digest'])];
  const lines = fields.map((name) => {
    if (name === 'request-line') return `${method} ${path} HTTP/1.1`;
    if (name === '(request-target)') return `${name}: ${method.toLowerCase()} ${path}`;
    return `${name}: ${name === 'host' ? new URL(gateway.url).host : sent[name]}`;
  });
  const signature = createHmac(algorithm, key).update(lines.join('\n')).digest('base64');
  return { ...sent, authorization: `Signature keyId="${keyId}",algorithm="hmac-${algorithm}",headers="${fields.join(' ')}",signature="${signature}"` };
}

const call = (path: string, options: Signed = {}, sent: { path?: string; body?: string } = {}): Promise<Response> => {
  const body = sent.body ?? options.body;
  return fetch(gateway.url + (sent.path ?? path), { method: options.method ?? 'GET', headers: sign(path, options), ...(body === undefined ? {} : { body }) });
};

beforeAll(async () => {
  gateway = await Sluice.start(
    {
      services: [
        { name: 'rest', url: mock.now.url, path: '/echo/*', policies: [{ type: 'hmac_auth' }] },
        { name: 'strict', url: mock.now.url, path: '/echo/strict/*', policies: [{ type: 'hmac_auth', requires_digest: true, signed: ['(request-target)', 'host'] }] },
        { name: 'ai', kind: 'ai', policies: [{ type: 'hmac_auth' }] },
      ],
      accounts: [openaiAccount('oa', mock.now)],
      models: [{ name: 'fast', targets: [{ account: 'oa', model: 'mock' }] }],
      consumers: [{ name: 'partner', keys: [{ name: 'k', type: 'hmac', key_id: 'shop', key: secret }, { name: 'k512', type: 'hmac', key_id: 'shop512', key: secret, algorithm: 'HS512' }] }],
    },
    { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
  );
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

test('01 a signed request passes, and its signature stays here', async () => {
  const answer = await call('/echo/a%20b?x=1&y=%2F');
  expect(answer.status).toBe(200);
  expect(JSON.stringify(await answer.json())).not.toContain('keyId');
  expect((await call('/echo/x', { fields: ['x-date', 'request-line'] })).status).toBe(200); // Kong's way
  expect((await call('/echo/x', { keyId: 'shop512', algorithm: 'sha512' })).status).toBe(200);
});

test('02 what was changed, signed by somebody else, or is not of now, is refused', async () => {
  const wrong: [Signed, { path?: string }?][] = [
    [{}, { path: '/echo/y' }],
    [{}, { path: '/echo/x?more=1' }],
    [{ key: 'another secret of more than 32 bytes' }],
    [{ keyId: 'nobody' }],
    [{ keyId: 'shop512' }], // its algorithm is another one
    [{ date: new Date(Date.now() - 3_600_000) }],
    [{ date: new Date(Date.now() + 3_600_000) }],
    [{ fields: ['x-date'] }],
    [{ fields: ['(request-target)'] }],
  ];
  for (const [options, sent] of wrong) {
    const answer = await call('/echo/x', options, sent);
    expect(answer.status, JSON.stringify([options, sent])).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Signature realm="sluice",headers="(request-target) date"');
  }
});

test('03 a body is the one whose digest was signed', async () => {
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });
  expect((await call('/echo/x', { method: 'POST', body })).status).toBe(200);
  expect((await call('/echo/x', { method: 'POST', body }, { body: body.replace('x', 'y') })).status).toBe(401);
  expect((await call('/echo/x', { method: 'POST' }, { body })).status).toBe(200); // not signed, not asked for
  const signed = ['(request-target)', 'host', 'x-date'];
  expect((await call('/echo/strict/x', { method: 'POST', fields: signed }, { body })).status).toBe(401);
  expect((await call('/echo/strict/x', { method: 'POST', body, fields: [...signed, 'digest'] })).status).toBe(200);
  expect((await call('/echo/strict/x')).status).toBe(401); // the host is not signed
  expect((await call('/echo/strict/x', { fields: signed })).status).toBe(200);
});

test('04 the same for models', async () => {
  const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'hi' }] });
  const options = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  expect((await call('/v1/chat/completions', options)).status).toBe(200);
  expect((await call('/v1/chat/completions', options, { body: body.replace('hi', 'ho') })).status).toBe(401);
});

test('05 by the admin API: a secret is made, shown once and sealed', async () => {
  await admin.create('consumers', { name: 'app' });
  const made = await admin.create('credentials', { name: 'app-1', consumer: 'app', type: 'hmac', key_id: 'AK-1' });
  expect(made.secret.length).toBeGreaterThanOrEqual(32);
  const as = { keyId: 'AK-1', key: made.secret };
  await eventually(async () => (await call('/echo/x', as)).status === 200, { within: 15_000, what: 'the credential' });
  expect(JSON.stringify((await admin.get('/credentials/app-1')).body)).not.toContain(made.secret);
  const rotated = await admin.post('/credentials/app-1/rotate', { overlap: '1h' });
  expect(rotated).toMatchObject({ status: 200 });
  expect(rotated.body.secret).not.toBe(made.secret);
  await eventually(async () => (await call('/echo/x', { ...as, key: rotated.body.secret })).status === 200, { within: 15_000, what: 'the new secret' });
  expect((await call('/echo/x', as)).status).toBe(200); // the one before, for an hour
  expect((await admin.patch('/credentials/app-1', { disabled: true })).status).toBe(200);
  await eventually(async () => (await call('/echo/x', as)).status === 403, { within: 15_000, what: 'its end' });
  const bad = await admin.post('/credentials', { name: 'app-2', consumer: 'app', type: 'hmac', key_id: 'x', public_key: 'x' });
  expect([bad.status, bad.body.errors[0].pointer]).toEqual([422, '/public_key']);
  const taken = await admin.post('/credentials', { name: 'app-3', consumer: 'app', type: 'hmac', key_id: 'AK-1' });
  expect(taken.status).toBe(422);
});

test('06 a request that may change something is taken once: what somebody has seen cannot be sent again', async () => {
  const headers = sign('/echo/pay', { method: 'POST', headers: { 'x-nonce': '1' }, fields: ['(request-target)', 'x-date', 'x-nonce'] });
  const send = (more = {}): Promise<Response> => fetch(`${gateway.url}/echo/pay`, { method: 'POST', headers: { ...headers, ...more }, body: 'x' });
  expect((await send()).status).toBe(200);
  const again = await send();
  expect(again.status).toBe(401);
  expect(JSON.stringify(await again.json())).toContain('sent before');
  expect((await send({ 'x-nonce': '2' })).status).toBe(401); // it is signed
  const other = sign('/echo/pay', { method: 'POST', headers: { 'x-nonce': '2' }, fields: ['(request-target)', 'x-date', 'x-nonce'] });
  expect((await send(other)).status).toBe(200);
});
