/** The samples of the portal, run as people run them: each kind of credential that it makes, against a service that takes it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dialects } from '../../../console/src/lib/endpoints.ts';
import { kinds, type Kind, type Proof, type Taken } from '../../../console/src/lib/proofs.ts';
import { proofHeaders } from '../../../console/src/lib/prove.ts';
import { httpSnippets } from '../../../console/src/lib/snippets.ts';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { root } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000 }); // programs of its own, on a machine that is busy

const mock = useMock();
let gateway: Sluice;
let ann: Admin;
let folder: string; // among the packages, so that samples find them

const policies: Record<Kind, Record<string, string | string[] | boolean>> = {
  api_key: { type: 'key_auth', headers: ['x-key'] },
  basic: { type: 'basic_auth' },
  jwt: { type: 'jwt_auth', key_claim: 'sub', issuers: ['shops'], audiences: ['orders'], max_lifetime: '10m' },
  hmac: { type: 'hmac_auth', signed: ['(request-target)', 'host'], requires_digest: true },
};

beforeAll(async () => {
  folder = await mkdtemp(join(root, 'tests/e2e/node_modules/.samples-'));
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  const admin = await Admin.login(gateway);
  for (const kind of kinds) {
    const name = kind.replace('_', '-');
    await admin.create('services', { name, visibility: 'public', url: mock.now.url, path: `/echo/${name}`, policies: [policies[kind]] });
    await admin.publish(name);
  }
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-a'] });
  await admin.create('models', { name: 'fast', targets: [{ account: 'main', model: 'mock-1' }] });
  await admin.create('services', { name: 'models', kind: 'ai', visibility: 'public', prefix: '/ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('models');
  await admin.create('users', { name: 'ann' });
  expect((await admin.post('/users/ann/set-password', { password: 'a long password' })).status).toBe(200);
  ann = await Admin.login(gateway, 'ann', 'a long password');
  expect((await ann.post('/portal/applications', { name: 'shop' })).status).toBe(201);
});

afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

/** What a program printed; its complaint when it failed. */
async function run(program: string, text: string, ending: string): Promise<string> {
  const file = join(folder, `sample${Math.random()}${ending}`);
  await writeFile(file, text);
  const child = spawn(program, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (said += part));
  const code = await new Promise((done) => child.on('close', done));
  return code === 0 ? said : `ended with ${String(code)}: ${said}`;
}

for (const kind of kinds) {
  test(`${kind}: made in the portal, used by each sample, rotated and removed`, async () => {
    const name = kind.replace('_', '-');
    const service = (await ann.get(`/portal/services/${name}`)).body;
    expect(service.credentials).toHaveLength(1);
    const taken: Taken = service.credentials[0];
    expect(taken.type).toBe(kind);
    const made = await ann.post('/portal/applications/ann.shop/credentials', { name, type: kind });
    expect(made.status).toBe(201);
    const proof: Proof = { taken, id: made.body.key_id ?? made.body.username ?? '', secret: made.body.secret };
    const url = `${gateway.url}/echo/${name}?a=1&b=%20`;
    const body = { text: "it's" };
    const send = async (by: Proof): Promise<number> =>
      (await fetch(url, { method: 'POST', headers: await proofHeaders(by, { method: 'POST', url, body: JSON.stringify(body) }), body: JSON.stringify(body) })).status;
    await eventually(async () => (await send(proof)) === 200, { within: 15_000, what: 'the credential' });

    for (const request of [{ method: 'GET', url }, { method: 'POST', url, body }]) {
      const samples = httpSnippets({ ...request, key: '', proof });
      const text = (id: string): string => samples.find((s) => s.id === id)?.text ?? '';
      const before = (await mock.now.seen()).length;
      expect(await run('node', text('javascript'), '.mjs')).toContain('method');
      expect(await run('sh', text('curl'), '.sh')).toContain('method');
      const seen = (await mock.now.seen()).slice(before);
      expect(seen.map((r) => r.body)).toEqual(Array(2).fill(request.body === undefined ? '' : JSON.stringify(body)));
      expect(seen.some((r) => /authorization|x-key/i.test(r.head))).toBe(false);
    }

    expect(await send({ ...proof, secret: `${proof.secret}x` })).toBe(401);
    const rotated = await ann.post(`/portal/credentials/ann.shop.${name}/rotate`, { overlap: '1h' });
    expect(rotated.status).toBe(200);
    await eventually(async () => (await send({ ...proof, secret: rotated.body.secret })) === 200, { within: 15_000, what: 'the new one' });
    expect(await send(proof)).toBe(200);
    expect((await ann.call('DELETE', `/portal/credentials/ann.shop.${name}`)).status).toBe(204);
    await eventually(async () => (await send(proof)) === 401, { within: 15_000, what: 'its end' });
  });
}

test('an answer without a body, or of text, is no failure', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.method === 'DELETE' ? 204 : 200;
    response.end(request.method === 'DELETE' ? undefined : 'all is well');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pets/1`;
  const sample = (method: string): string => httpSnippets({ method, url, key: 'k' }).find((s) => s.id === 'javascript')?.text ?? '';
  expect(await run('node', sample('DELETE'), '.mjs')).toBe('\n');
  expect(await run('node', sample('GET'), '.mjs')).toBe('all is well\n');
  server.close();
});

test('the endpoints of models, by each SDK that is told', async () => {
  const { secret } = (await ann.post('/portal/applications/ann.shop/credentials', { name: 'sdk' })).body;
  await eventually(async () => (await fetch(`${gateway.url}/ai/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status === 200, { within: 15_000, what: 'the key' });
  for (const { title, snippets } of dialects) {
    const samples = snippets(`${gateway.url}/ai`, secret, 'fast', "it's me");
    const text = (id: string): string => samples.find((s) => s.id === id)?.text ?? '';
    for (const [program, id, ending] of [['node', 'javascript', '.mjs'], ['sh', 'curl', '.sh']] as const) {
      const said = await run(program, text(id), ending);
      expect(said, `${title} ${id}`).not.toMatch(/^ended|error/i);
      expect(said.trim(), `${title} ${id}`).not.toBe('');
      expect((await mock.now.lastSeen()).body, `${title} ${id}`).toContain("it's me");
    }
  }
});
