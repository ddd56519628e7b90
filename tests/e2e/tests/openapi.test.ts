/** Services made from OpenAPI documents: what is imported, what is served of it, what is refused. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { run, sluicePath } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';

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

const petstore = (url: string): string => `
openapi: 3.1.0
info: { title: Pet Store, version: 1.0.0, description: "# Pets\\n\\nAll of them." }
servers: [{ url: '${url}' }]
paths:
  /echo:
    get:
      operationId: echo
      summary: Say it again
      parameters: [{ $ref: '#/components/parameters/Limit' }]
      responses: { 200: { description: what was said } }
    post:
      operationId: addPet
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } }
      responses: { 201: { description: added } }
  /echo/{pet-id}/{name}.json:
    get:
      tags: [pets]
      responses: { 200: { description: one } }
components:
  parameters:
    Limit: { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: { type: string, minLength: 1 }
        children: { type: array, items: { $ref: '#/components/schemas/Pet' } }
`;

describe('an OpenAPI document', () => {
  test('becomes a draft whose operations are routes once it is published', async () => {
    const [gateway, admin] = await start();
    const text = petstore(mock.now.url);
    const made = await admin.post('/import/openapi', { document: text, prefix: '/pets' });
    expect(made.body).toMatchObject({
      service: 'pet-store@1.0.0',
      document: 'pet-store@1.0.0:1',
      format: 'OpenAPI 3.1.0',
      operations: 3,
      schemas: 1,
      is_new: true,
    });
    expect(made.status).toBe(200);
    expect(made.body.warnings).toEqual([
      {
        pointer: '/paths/~1echo~1{pet-id}~1{name}.json/get',
        detail: 'has no operationId; one was made of its method and path',
      },
    ]);
    expect(made.body.resource).toMatchObject({ title: 'Pet Store', readme: '# Pets\n\nAll of them.', url: mock.now.url });
    expect(made.body.resource.operations[0].parameters[0]).toMatchObject({ name: 'limit', in: 'query' });
    expect(made.body.resource.operations[1].request.content['application/json']).toEqual({ $ref: '#/schemas/Pet' });

    const ask = async (method: string, path: string): Promise<number> =>
      (await fetch(gateway.url + path, { method })).status;
    expect(await ask('GET', '/pets/echo')).toBe(404);
    await admin.publish('pet-store@1.0.0');
    expect(await ask('GET', '/pets/echo')).toBe(200);
    expect(await ask('POST', '/pets/echo')).toBe(200);
    expect(await ask('DELETE', '/pets/echo')).toBe(405);
    expect(await ask('GET', '/pets/echo/7/rex.xml')).toBe(404);
    expect(await ask('GET', '/echo')).toBe(404);
    const kept = await admin.get('/documents/pet-store@1.0.0%3A1');
    expect(kept.body.text).toBe(text);
    expect((await admin.get('/documents')).body.items[0].text).toBeUndefined();
  });

  test('is fetched from a URL, where that is allowed, and imported again as a new version', async () => {
    let document = petstore(mock.now.url);
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/openapi.yaml' }).end();
      else if (request.url === '/huge') response.writeHead(200).end('x'.repeat(9 << 20));
      else response.writeHead(200, { 'content-type': 'text/yaml' }).end(document);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [, closed] = await start();
    const refused = await closed.post('/import/openapi', { document_url: `${at}/openapi.yaml` });
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0]).toMatchObject({
      pointer: '/document_url',
      detail: 'cannot be fetched: the name stands for an address that may not be connected to',
    });

    const [, admin] = await start({ gateway: { admin: { fetch_from: ['127.0.0.0/8'] } } });
    const first = await admin.post('/import/openapi', { document_url: `${at}/openapi.yaml`, prefix: '/pets' });
    expect(first.body).toMatchObject({ service: 'pet-store@1.0.0' });
    expect((await admin.post('/import/openapi', { document_url: `${at}/moved` })).body.errors[0].detail).toContain('302');
    expect((await admin.post('/import/openapi', { document_url: `${at}/huge` })).body.errors[0].detail).toContain('larger');
    expect((await admin.post('/import/openapi', { document_url: `${at}/openapi.yaml` })).status).toBe(409);
    document = document.replace('version: 1.0.0', 'version: 1.1.0');
    const next = await admin.post('/import/openapi', { document_url: `${at}/openapi.yaml`, base: 'pet-store@1.0.0' });
    expect(next.body).toMatchObject({ service: 'pet-store@1.1.0', resource: { prefix: '/pets', strip_prefix: true } });
    const again = await admin.post('/import/openapi', { document_url: `${at}/openapi.yaml`, replace: true });
    expect(again.body).toMatchObject({ is_new: false, document: 'pet-store@1.1.0:2' });
    server.close();
  });

  test('that cannot be served is refused with the place and the reason', async () => {
    const [, admin] = await start();
    const head = { openapi: '3.0.3', info: { title: 'Bad', version: '1' }, servers: [{ url: mock.now.url }] };
    const bad = async (document: unknown): Promise<{ pointer: string; detail: string }> => {
      const answer = await admin.post('/import/openapi', { document } as never);
      expect(answer.status).toBe(422);
      return answer.body.errors[0];
    };
    const circle = { components: { parameters: { A: { $ref: '#/components/parameters/B' }, B: { $ref: '#/components/parameters/A' } } } };
    const get = { get: { parameters: [{ $ref: '#/components/parameters/A' }] } };
    expect(await bad({ ...head, paths: { '/a': get }, ...circle })).toMatchObject({
      pointer: '/paths/~1a/get/parameters/0',
      detail: expect.stringContaining('circle'),
    });
    expect(await bad({ ...head, paths: { '/a': get } })).toMatchObject({ detail: expect.stringContaining('is not there') });
    const outside = { get: { parameters: [{ $ref: 'http://169.254.169.254/x' }] } };
    expect(await bad({ ...head, paths: { '/a': outside } })).toMatchObject({ detail: expect.stringContaining('bundle') });
    let deep: Record<string, unknown> = { type: 'string' };
    for (let i = 0; i < 45; i++) deep = { type: 'array', items: deep };
    expect(await bad({ ...head, paths: { '/a': { get: {} } }, components: { schemas: { Deep: deep } } })).toMatchObject({
      detail: 'is nested deeper than 40 levels',
    });
    expect(await bad({ ...head, paths: {} })).toMatchObject({ pointer: '/paths' });
    expect(await bad({ ...head, openapi: '4.0' })).toMatchObject({ detail: expect.stringContaining('2.0, 3.0 and 3.1') });
    expect(await bad('{"openapi": ')).toBeDefined();
    expect(await bad('a: &x [*x]')).toBeDefined();
    expect((await admin.get('/services')).body.items).toEqual([]);
  });

  test('keeps requests to what it says, where that is wanted', async () => {
    const [gateway, admin] = await start();
    await admin.post('/import/openapi', { document: petstore(mock.now.url), validate: true });
    await admin.publish('pet-store@1.0.0');
    const ask = async (path: string, body?: string, type = 'application/json') => {
      const response = await fetch(gateway.url + path, {
        ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': type } }),
      });
      return { status: response.status, body: response.ok ? undefined : await response.json() };
    };
    expect((await ask('/echo?limit=7')).status).toBe(200);
    const bad = await ask('/echo?limit=700');
    expect(bad.status).toBe(400);
    expect(bad.body).toMatchObject({
      reason: 'request_invalid',
      errors: [{ in: 'query', name: 'limit', pointer: '', detail: 'must be at most 100' }],
    });
    expect((await ask('/echo?limit=a')).body.errors[0].detail).toBe('must be an integer');
    expect((await ask('/echo', JSON.stringify({ name: 'Rex', children: [{ name: 'Bo' }] }))).status).toBe(200);
    const nameless = await ask('/echo', JSON.stringify({ name: 'Rex', children: [{ name: '' }, {}] }));
    expect(nameless.status).toBe(400);
    expect(nameless.body.errors).toEqual([
      { in: 'body', pointer: '/children/0/name', detail: 'must have at least 1 characters' },
      { in: 'body', pointer: '/children/1/name', detail: 'is required' },
    ]);
    expect((await ask('/echo', '{"name":')).body.errors[0].detail).toContain('is not good JSON');
    expect((await ask('/echo', '')).body.errors).toEqual([{ in: 'body', pointer: '', detail: 'is required' }]);
    expect((await ask('/echo', 'name=Rex', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await ask('/echo', JSON.stringify({ name: 'x'.repeat(1 << 20) }))).status).toBe(413);
    const service = (await admin.get('/services/pet-store@1.0.0')).body;
    await admin.patch('/services/pet-store@1.0.0', {
      policies: service.policies.map((p: object) => ({ ...p, body: 'report', parameters: 'off' })),
    });
    await admin.publish('pet-store@1.0.0');
    const reported = await fetch(`${gateway.url}/echo?limit=700`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([reported.status, reported.headers.get('x-sluice-validation')]).toEqual([200, 'request; faults=1']);
  });
});

test('two versions are compared, and the difference that breaks callers has an exit status', async () => {
  const [gateway, admin] = await start();
  const text = petstore(mock.now.url);
  const next = text.replace('version: 1.0.0', 'version: 2.0.0').replace('maximum: 100', 'maximum: 50');
  await admin.post('/import/openapi', { document: text });
  await admin.post('/import/openapi', { document: next });
  const cli = (...args: string[]) =>
    run(sluicePath, ['diff-api', ...args, '--data-dir', gateway.dataDir]);
  const same = cli('pet-store@1.0.0', 'pet-store@1.0.0');
  expect([same.code, same.stdout]).toEqual([0, '0 changes, 0 of them breaking\n']);
  const worse = cli('pet-store@1.0.0', 'pet-store@2.0.0');
  expect(worse.stdout).toBe('BREAKING GET /echo, query limit: maximum: 50, was 100\n1 changes, 1 of them breaking\n');
  expect(worse.code).toBe(3);
  const json = JSON.parse(cli('pet-store@2.0.0', 'pet-store@1.0.0', '-o', 'json').stdout);
  expect(json).toMatchObject({ breaking: 0, total: 1, changes: [{ level: 'compatible', operation: 'GET /echo' }] });
  expect(cli('pet-store@1.0.0', 'nobody').code).toBe(1);
  const readme = await admin.get('/readme?service=pet-store@1.0.0');
  expect(readme.body).toEqual({ html: '<h2>Pets</h2>\n<p>All of them.</p>\n' });
});
