/** Answers of upstreams compared with what the API's description says of them: policy `validate`, `responses`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const json = { 'content-type': 'application/json' };
const rex = JSON.stringify({ name: 'Rex' });
const long = JSON.stringify({ name: 'x'.repeat(300_000) });
let encodings: (string | undefined)[] = [];
let cuts = 0;

const kinds: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  good: (response) => response.writeHead(200, json).end(rex),
  bad: (response) => response.writeHead(200, json).end(JSON.stringify({ name: 7, tags: ['a', 2] })),
  broken: (response) => response.writeHead(200, json).end('{"name":'),
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  teapot: (response) => response.writeHead(418, json).end(rex),
  dribbled: (response) => {
    response.writeHead(200, json);
    for (const c of rex) response.write(c);
    response.end();
  },
  gzip: (response) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync('{}')),
  long: (response) => response.writeHead(200, { ...json, 'content-length': long.length }).end(long),
  'long-chunks': (response) => {
    response.writeHead(200, json);
    for (let i = 0; i < long.length; i += 10_000) response.write(long.slice(i, i + 10_000));
    response.end();
  },
  large: (response) => response.writeHead(200, json).end(JSON.stringify({ name: 'y'.repeat(150_000) })),
  cut: (response) => {
    cuts++;
    response.writeHead(200, { ...json, 'content-length': 1000 }).write('{"name":', () => response.destroy());
  },
  'half-way': (response) => response.writeHead(200, { ...json, 'content-length': 100_000 }).write(JSON.stringify({ name: 'z'.repeat(59_000) }).slice(0, 59_000)),
  medium: (response) => response.writeHead(200, json).end(JSON.stringify({ name: 'z'.repeat(59_000) })),
  silent: (response) => response.writeHead(200, { ...json, 'content-length': 1000 }).write('{"name":'),
};

const server = createServer((request, response) => {
  encodings.push(request.headers['accept-encoding']);
  kinds[request.url?.split('/').at(-1) ?? '']?.(response, request);
});

const schema = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
};
const service = (name: string, responses: string, upstream = 'pool') => ({
  name,
  prefix: `/${name}`,
  upstream,
  policies: [{ type: 'validate', responses, body_max: '200KiB' }],
  operations: [
    {
      id: 'read',
      method: 'GET',
      path: '/{kind}',
      responses: { 200: { description: 'one', content: { 'application/json': schema } } },
    },
  ],
});

let gateway: Sluice;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gateway = await Sluice.start({
    services: [service('strict', 'refuse'), service('lax', 'report'), service('patient', 'refuse', 'slow')],
    upstreams: [
      { name: 'pool', endpoints: [{ url }], retry: { attempts: 1 }, timeouts: { idle: '1s' }, breaker: { failures: 0 } },
      { name: 'slow', endpoints: [{ url }] },
    ],
  });
});

afterAll(async () => {
  await gateway.stop();
  server.closeAllConnections();
  server.close();
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(gateway.url + path, init);

async function refused(kind: string): Promise<any> {
  const response = await ask(`/strict/${kind}`);
  expect([response.status, response.headers.get('content-type')]).toEqual([502, 'application/problem+json']);
  return response.json();
}

describe('an answer', () => {
  test('that keeps to its description passes as it is, however it comes', async () => {
    for (const kind of ['good', 'dribbled']) {
      const response = await ask(`/strict/${kind}`);
      expect([response.status, await response.text()]).toEqual([200, rex]);
    }
    const large = await ask('/strict/large');
    expect((await large.json()).name).toHaveLength(150_000);
  });

  test('that does not is refused with each fault and its place', async () => {
    expect(await refused('bad')).toMatchObject({
      type: 'urn:sluice:problem:response_invalid',
      reason: 'response_invalid',
      errors: [
        { in: 'body', pointer: '/name', detail: 'must be a string' },
        { in: 'body', pointer: '/tags/1', detail: 'must be a string' },
      ],
    });
    expect((await refused('broken')).errors[0].detail).toContain('is not good JSON');
    expect((await refused('html')).errors).toEqual([
      { in: 'header', name: 'content-type', pointer: '', detail: 'is of no type that is described' },
    ]);
    expect((await refused('teapot')).errors).toEqual([{ in: 'status', pointer: '', detail: '418 is not described' }]);
    expect((await ask('/strict/good')).status).toBe(200);
  });

  test('that does not passes with a field that says so, where it is only reported', async () => {
    const bad = await ask('/lax/bad');
    expect([bad.status, bad.headers.get('x-sluice-validation')]).toEqual([200, 'response; faults=2']);
    expect(await bad.json()).toMatchObject({ name: 7 });
    expect((await ask('/lax/good')).headers.get('x-sluice-validation')).toBeNull();
    const teapot = await ask('/lax/teapot');
    expect([teapot.status, teapot.headers.get('x-sluice-validation')]).toEqual([418, 'response; faults=1']);
  });

  test('that is too long, or compressed, passes unchecked and whole, and is counted', async () => {
    for (const kind of ['long', 'long-chunks', 'gzip']) {
      const response = await ask(`/lax/${kind}`);
      expect([response.status, response.headers.get('x-sluice-validation')]).toEqual([200, 'response; unchecked']);
      expect(await response.text()).toBe(kind === 'gzip' ? '{}' : long);
      const strict = await ask(`/strict/${kind}`);
      expect([strict.status, (await strict.text()).length]).toEqual([200, kind === 'gzip' ? 2 : long.length]);
    }
    const count = /^sluice_response_validations_total\{service="strict",route="[^"]*",result="unchecked"\} 3$/m;
    await eventually(async () => count.test(await gateway.metrics()), { what: 'three unchecked answers' });
  });

  test('is asked for without compression, which could not be looked at', async () => {
    encodings = [];
    await (await ask('/strict/good', { headers: { 'accept-encoding': 'gzip' } })).text();
    expect(encodings).toEqual(['identity']);
  });

  test('that breaks off or falls silent while it is held is an error of the upstream, not half an answer', async () => {
    cuts = 0;
    expect((await refused('cut')).reason).toBe('upstream_truncated');
    expect(cuts).toBe(2);
    const silent = await ask('/strict/silent');
    expect([silent.status, (await silent.json()).reason]).toEqual([504, 'upstream_idle']);
    expect((await ask('/strict/good')).status).toBe(200);
  });

  test('whose caller leaves while it is held is given up', async () => {
    const leaving = new AbortController();
    const left = ask('/patient/silent', { signal: leaving.signal });
    await eventually(async () => /^sluice_requests_in_flight\S* [1-9]/m.test(await gateway.metrics()), { what: 'it is held' });
    leaving.abort();
    await expect(left).rejects.toThrow();
    await eventually(async () => !/^sluice_requests_in_flight\S* [1-9]/m.test(await gateway.metrics()), { what: 'it has ended' });
    expect((await ask('/patient/good')).status).toBe(200);
  });
});

describe('all answers that a worker holds', () => {
  let small: Sluice;
  beforeAll(async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    small = await Sluice.start({
      gateway: { workers: 1, limits: { held_answers: '100KiB' } },
      services: [service('strict', 'refuse'), service('lax', 'report')],
      upstreams: [{ name: 'pool', endpoints: [{ url }] }],
    });
  });
  afterAll(() => small.stop());
  const status = async (path: string, init: RequestInit = {}): Promise<number> => {
    const response = await fetch(small.url + path, init);
    await response.arrayBuffer();
    return response.status;
  };

  test('have a limit: beyond it one is refused, or passes unchecked where it is only reported', async () => {
    const refused = await fetch(`${small.url}/strict/large`);
    expect([refused.status, (await refused.json()).reason]).toEqual([503, 'overloaded']);
    const passed = await fetch(`${small.url}/lax/large`);
    expect([passed.status, passed.headers.get('x-sluice-validation')]).toEqual([200, 'response; unchecked']);
    expect((await passed.json()).name).toHaveLength(150_000);
    for (let i = 0; i < 4; i++) expect(await status('/strict/medium'), 'what was sent is free again').toBe(200);
  });

  test('share it, and what a caller leaves behind is free again', async () => {
    const leaving = new AbortController();
    const left = fetch(`${small.url}/strict/half-way`, { signal: leaving.signal });
    await eventually(async () => (await status('/strict/medium')) === 503, { what: 'two are too many' });
    expect(await status('/strict/good'), 'a short one still fits').toBe(200);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await eventually(async () => (await status('/strict/medium')) === 200, { what: 'there is room again' });
  });
});
