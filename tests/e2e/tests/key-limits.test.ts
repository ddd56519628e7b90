/** What a key is good for: services, models and networks; from files and by the admin API. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openaiAccount, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
let gateway: Sluice;
let admin: Admin;

const keyOf = (name: string): string => `sl-limits-${name}-0123456789`;

beforeAll(async () => {
  gateway = await Sluice.start(
    {
      gateway: { trusted_proxies: ['127.0.0.0/8'] },
      policies: [{ type: 'key_auth' }],
      services: [
        { name: 'ai', kind: 'ai' },
        { name: 'rest', url: mock.now.url, path: '/echo/*' },
      ],
      accounts: [openaiAccount('oa', mock.now)],
      models: [
        { name: 'fast', targets: ['oa/mock-1'] },
        { name: 'slow', targets: ['oa/mock-2'] },
      ],
      consumers: [
        {
          name: 'shop',
          keys: [
            { name: 'any', key: keyOf('any') },
            { name: 'rest', key: keyOf('rest'), services: ['rest'] },
            { name: 'model', key: keyOf('model'), models: ['fast'] },
            { name: 'net', key: keyOf('net'), networks: ['10.1.0.0/16', '2001:db8::/32'] },
            { name: 'all', key: keyOf('all'), services: ['ai'], models: ['f*'], networks: ['10.1.0.0/16'] },
          ],
        },
      ],
    },
    { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
  );
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

const rest = (key: string, from = '10.1.2.3'): Promise<Response> => fetch(`${gateway.url}/echo/x`, { headers: { 'x-api-key': key, 'x-forwarded-for': from } });
const chat = (key: string, model: string, from = '10.1.2.3'): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'x-forwarded-for': from, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  });

describe('from files', () => {
  test.each([
    ['any', 200, 200, 200, 200],
    ['rest', 200, 403, 403, 200],
    ['model', 200, 200, 403, 200],
    ['net', 200, 200, 200, 403],
    ['all', 403, 200, 403, 403],
  ])('the key "%s"', async (name, onRest, onFast, onSlow, fromElsewhere) => {
    const key = keyOf(name);
    expect((await rest(key)).status).toBe(onRest);
    expect((await chat(key, 'fast')).status).toBe(onFast);
    expect((await chat(key, 'slow')).status).toBe(onSlow);
    expect((await rest(key, '10.2.0.1')).status).toBe(fromElsewhere);
  });

  test('the list of models has only those of the key', async () => {
    const answer = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': keyOf('model'), 'x-forwarded-for': '10.1.0.1' } });
    const { data } = (await answer.json()) as any;
    expect(data.map((m: any) => m.id)).toContain('fast');
    expect(data.map((m: any) => m.id)).not.toContain('slow');
  });
});

test('by the admin API: a change counts at once, and a rotation keeps it', async () => {
  await admin.create('consumers', { name: 'app' });
  const made = await admin.create('credentials', { name: 'app-1', consumer: 'app', models: ['fast'] });
  await eventually(async () => (await chat(made.secret, 'fast')).status === 200, { what: 'the key' });
  expect((await chat(made.secret, 'slow')).status).toBe(403);
  expect((await admin.get('/credentials/app-1')).body.models).toEqual(['fast']);

  await admin.patch('/credentials/app-1', { services: ['rest'], models: null });
  await eventually(async () => (await chat(made.secret, 'fast')).status === 403, { what: 'the restriction' });
  expect((await rest(made.secret)).status).toBe(200);

  const rotated = await admin.post('/credentials/app-1/rotate', { overlap: '1h' });
  await eventually(async () => (await rest(rotated.body.secret)).status === 200, { what: 'the new key' });
  for (const key of [made.secret, rotated.body.secret]) expect((await chat(key, 'fast')).status).toBe(403);

  const wrong = await admin.patch('/credentials/app-1', { networks: ['10.0.0.0/99'] });
  expect(wrong.status).toBe(422);
  expect(JSON.stringify(wrong.body.errors)).toContain('must be a network');
});

describe('passwords (HTTP Basic)', () => {
  let house: Sluice;
  beforeAll(async () => {
    house = await Sluice.start(
      {
        services: [
          { name: 'basic', url: mock.now.url, path: '/echo/basic/*', policies: ['basic_auth'] },
          { name: 'either', url: mock.now.url, path: '/echo/either/*', policies: [{ type: 'key_auth', optional: true }, 'basic_auth'] },
        ],
        consumers: [
          { name: 'file', keys: [{ name: 'web', username: 'file', key: 'a long password' }, { name: 'key', key: 'sl-a-key-of-a-file' }] },
        ],
      },
      { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
    );
  });
  afterAll(() => house.stop());

  const basic = (name: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
  const call = (where: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${house.url}/echo/${where}/x`, { headers });

  test('are asked for, and taken', async () => {
    const asked = await call('basic');
    expect(asked.status).toBe(401);
    expect(asked.headers.get('www-authenticate')).toBe('Basic realm="sluice", charset="UTF-8"');
    expect((await call('basic', basic('file', 'wrong'))).status).toBe(401);
    const answer = await call('basic', basic('file', 'a long password'));
    expect(answer.status).toBe(200);
    expect((await house.record(answer.headers.get('x-request-id'))).credential).toBe('file/web');
    expect((await mock.now.lastSeen()).head.toLowerCase()).not.toContain('authorization');
  });

  test('or a key, where both are taken', async () => {
    expect((await call('either', basic('file', 'a long password'))).status).toBe(200);
    expect((await call('either', { authorization: 'Bearer sl-a-key-of-a-file' })).status).toBe(200);
    expect((await call('either')).status).toBe(401);
    expect((await call('either', { 'x-api-key': 'file:a long password' })).status).toBe(401);
  });

  test('by the admin API: made, rotated, disabled', async () => {
    const people = await Admin.login(house);
    await people.create('consumers', { name: 'app' });
    const made = await people.create('credentials', { name: 'app-web', consumer: 'app', username: 'app' });
    await eventually(async () => (await call('basic', basic('app', made.secret))).status === 200, { what: 'the password' });
    expect((await call('either', { 'x-api-key': made.secret })).status).toBe(401);
    expect((await people.patch('/credentials/app-web', { username: 'other' })).status).toBe(422);
    const { secret } = (await people.post('/credentials/app-web/rotate', { overlap: '0s' })).body;
    await eventually(async () => (await call('basic', basic('app', secret))).status === 200, { what: 'the new password' });
    await eventually(async () => [401, 403].includes((await call('basic', basic('app', made.secret))).status), { what: 'the end of the old one' });
    await people.patch('/credentials/app-web', { disabled: true });
    await eventually(async () => (await call('basic', basic('app', secret))).status === 403, { what: 'the refusal' });
  });
});
