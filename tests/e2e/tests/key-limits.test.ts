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
