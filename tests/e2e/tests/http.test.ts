/** HTTP/1.1 as proxies should speak it: cases 14-35 of cases-http that concern this step. */
import { randomBytes, createHash } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request as undici } from 'undici';
import { WebSocket } from 'ws';
import { chat, restConfig, useGateway, useMock } from '../harness/gateway.ts';
import { exchange, field, RawClient } from '../harness/raw.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually, freePort, sleep } from '../harness/wait.ts';

interface Echo {
  method: string;
  target: string;
  headers: [string, string][];
  body_bytes: number;
  body_sha1: string;
  body: string;
}

const echoOf = (body: Buffer | string): Echo => JSON.parse(body.toString()) as Echo;
const valuesOf = (echo: Echo, name: string): string[] =>
  echo.headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v);

const mock = useMock();

/** A service that answers with bytes of our choice, whatever is asked. */
class Scripted {
  server: Server | undefined;
  port = 0;
  answers: ((socket: Socket, request: string) => void)[] = [];
  connections = 0;

  async listen(): Promise<void> {
    this.server = createServer((socket) => {
      this.connections++;
      let request = '';
      socket.on('error', () => undefined);
      socket.on('data', (part: Buffer) => {
        request += part.toString('latin1');
        if (!request.includes('\r\n\r\n')) return;
        const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
        answer?.(socket, request);
        request = '';
      });
    });
    await new Promise<void>((done) => this.server?.listen(0, '127.0.0.1', done));
    this.port = (this.server?.address() as AddressInfo).port;
  }

  always(bytes: string, then: 'close' | 'reset' | 'keep' = 'keep'): void {
    this.answers = [
      (socket) => {
        socket.write(bytes, 'latin1', () => {
          if (then === 'close') socket.end();
          if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 30);
        });
      },
    ];
  }
}

const scripted = new Scripted();
beforeAll(() => scripted.listen());
afterAll(() => scripted.server?.close());

const gateway = useGateway(async () =>
  restConfig(mock.now, {
    gateway: { limits: { head_timeout: '700ms', body_timeout: '700ms', idle_timeout: '5s', write_timeout: '5s' } },
    services: [
      { name: 'web', url: mock.now.url, path: '/*' },
      { name: 'raw', url: `http://127.0.0.1:${scripted.port}`, path: '/raw/*' },
      { name: 'dead', upstream: 'dead', path: '/dead/*' },
      { name: 'slow', upstream: 'slow', path: '/slow/*', strip_prefix: true },
      { name: 'strict', url: mock.now.url, path: '/echo/strict/*', path_mode: 'reject' },
      { name: 'kept', url: mock.now.url, path: '/kept/*', path_mode: 'preserve', strip_prefix: true },
      { name: 'quiet', url: mock.now.url, path: '/quiet/*', strip_prefix: true, upgrade: true, timeouts: { tunnel_idle: '400ms', total: '200ms' } },
      { name: 'tunnel', url: mock.now.url, path: '/ws', upgrade: true, timeouts: { first_byte: '500ms', total: '500ms' } },
    ],
    upstreams: [
      { name: 'dead', endpoints: [{ url: `http://127.0.0.1:${await freePort()}` }], retry: { attempts: 0 } },
      { name: 'slow', endpoints: [{ url: mock.now.url }], timeouts: { first_byte: '300ms', idle: '300ms' }, retry: { attempts: 0 } },
    ],
  } satisfies Config),
);

const url = (path: string): string => `${gateway.now.url}${path}`;
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;

describe('14 hop-by-hop fields', () => {
  test('are dropped, also those that Connection names, but not the ones security rests on', async () => {
    const { answer } = await exchange(
      gateway.now.port,
      lines(
        'GET /echo HTTP/1.1', 'Host: gw', 'Authorization: Bearer z', 'X-Drop: 1', 'X-Keep: 2', 'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic x', 'TE: gzip', 'X-Forwarded-For: 1.2.3.4',
        'Connection: close, X-Drop, Host, Authorization, X-Forwarded-For, Content-Length',
      ),
    );
    const echo = echoOf(answer.body);
    for (const name of ['x-drop', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'upgrade'])
      expect(valuesOf(echo, name), name).toEqual([]);
    expect(valuesOf(echo, 'x-keep')).toEqual(['2']);
    expect(valuesOf(echo, 'authorization')).toEqual(['Bearer z']);
    expect(valuesOf(echo, 'host')).toHaveLength(1);
    expect(valuesOf(echo, 'x-forwarded-for')).toEqual(['127.0.0.1']);
  });
});

describe('15 aliases', () => {
  test('fields that a service might read as ones of the gateway do not pass', async () => {
    const { answer } = await exchange(
      gateway.now.port,
      lines('GET /echo HTTP/1.1', 'Host: gw', 'X_Forwarded_For: 6.6.6.6', 'X_Real_IP: 6.6.6.6', 'X_Request_Id: forged', 'X-Fine: yes'),
      { fate: 0 },
    );
    if (answer.status === 200) expect(answer.body.toString()).not.toMatch(/6\.6\.6\.6|forged/);
    else expect(answer.status).toBe(400);
  });
});

describe('16 limits', () => {
  const rows = [
    { what: 'a target of 100 KB', request: lines(`GET /${'a'.repeat(100_000)} HTTP/1.1`, 'Host: gw'), status: 414 },
    { what: 'a field of 100 KB', request: lines('GET /echo HTTP/1.1', 'Host: gw', `X: ${'a'.repeat(100_000)}`), status: 431 },
    {
      what: 'a head of 100 KB in many fields',
      request: lines('GET /echo HTTP/1.1', 'Host: gw', ...Array.from({ length: 90 }, (_, i) => `X-${i}: ${'a'.repeat(1000)}`)),
      status: 431,
    },
    {
      what: '5,000 tiny fields',
      request: lines('GET /echo HTTP/1.1', 'Host: gw', ...Array.from({ length: 5000 }, (_, i) => `a${i}:`)),
      status: 431,
    },
  ];
  test.each(rows)('$what is $status and closed', async ({ request, status }) => {
    const { answer, fate } = await exchange(gateway.now.port, request);
    expect(answer.status).toBe(status);
    expect(fate).not.toBe('open');
    expect(await mock.now.requests()).toBe(0);
  });
});

describe('17 Expect', () => {
  test('100 comes when the body will be read', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('POST /echo HTTP/1.1', 'Host: gw', 'Expect: 100-continue', 'Content-Length: 5'));
    expect((await client.answer('POST')).status).toBe(100);
    client.send('hello');
    const answer = await client.answer('POST');
    expect(echoOf(answer.body)).toMatchObject({ body: 'hello' });
    expect(valuesOf(echoOf(answer.body), 'expect')).toEqual([]);
    client.close();
  });

  test('a refusal comes without 100, and nothing waits', async () => {
    const { answer } = await exchange(
      gateway.now.port,
      lines('POST /nowhere/%00 HTTP/1.1', 'Host: gw', 'Expect: 100-continue', 'Content-Length: 5'),
      { method: 'POST', fate: 0 },
    );
    expect(answer.status).toBe(400);
  });

  test('another expectation is 417', async () => {
    const { answer } = await exchange(gateway.now.port, lines('GET /echo HTTP/1.1', 'Host: gw', 'Expect: the-best', 'Connection: close'));
    expect(answer.status).toBe(417);
  });
});

describe('18 HEAD and answers without a body', () => {
  test('HEAD has the fields of GET and no body; the connection goes on', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('HEAD /bytes/1000 HTTP/1.1', 'Host: gw'));
    const answer = await client.answer('HEAD');
    expect(answer.status).toBe(200);
    expect(field(answer, 'content-length')).toBe('1000');
    client.send(lines('GET /bytes/10 HTTP/1.1', 'Host: gw'));
    expect((await client.answer()).body).toHaveLength(10);
    client.close();
  });

  test.each([204, 304])('%i carries neither body nor framing', async (status) => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines(`GET /status/${status} HTTP/1.1`, 'Host: gw'));
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(field(answer, 'transfer-encoding')).toBeUndefined();
    if (status === 204) expect(field(answer, 'content-length')).toBeUndefined();
    client.send(lines('GET /bytes/10 HTTP/1.1', 'Host: gw'));
    expect((await client.answer()).body).toHaveLength(10);
    client.close();
  });

  test('a service that sends a body to HEAD: it goes nowhere and the connection is not reused', async () => {
    scripted.always('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL');
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('HEAD /raw/x HTTP/1.1', 'Host: gw'));
    expect((await client.answer('HEAD')).status).toBe(200);
    const before = scripted.connections;
    scripted.always('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
    client.send(lines('GET /raw/y HTTP/1.1', 'Host: gw'));
    expect((await client.answer()).body.toString()).toBe('good');
    expect(scripted.connections).toBe(before + 1);
    client.close();
  });

  test('an error to HEAD has no body either', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('HEAD /dead/x HTTP/1.1', 'Host: gw'));
    expect((await client.answer('HEAD')).status).toBe(502);
    client.send(lines('GET /bytes/3 HTTP/1.1', 'Host: gw'));
    expect((await client.answer()).body).toHaveLength(3);
    client.close();
  });
});

describe('19 interim answers', () => {
  test('103 passes before the answer', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /early-hints HTTP/1.1', 'Host: gw'));
    const hints = await client.answer();
    expect(hints.status).toBe(103);
    expect(field(hints, 'link')).toContain('/a.css');
    expect((await client.answer()).body.toString()).toBe('after the hints\n');
    client.close();
  });

  test('several of them, each once and in order', async () => {
    const hint = (i: number): string => `HTTP/1.1 103 Early Hints\r\nLink: </${i}.css>; rel=preload\r\n\r\n`;
    scripted.always(`${hint(1)}HTTP/1.1 102 Processing\r\n\r\n${hint(2)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /raw/x HTTP/1.1', 'Host: gw'));
    const answers = [await client.answer(), await client.answer(), await client.answer(), await client.answer()];
    expect(answers.map((answer) => answer.status)).toEqual([103, 102, 103, 200]);
    expect(answers.map((answer) => field(answer, 'link'))).toEqual(['</1.css>; rel=preload', undefined, '</2.css>; rel=preload', undefined]);
    client.close();
  });

  test('but not to HTTP/1.0', async () => {
    const { answer } = await exchange(gateway.now.port, lines('GET /early-hints HTTP/1.0', 'Host: gw'));
    expect(answer.status).toBe(200);
  });

  test('101 that nobody asked for is a bad answer', async () => {
    scripted.always('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n');
    const { answer } = await exchange(gateway.now.port, lines('GET /raw/x HTTP/1.1', 'Host: gw'), { fate: 0 });
    expect(answer.status).toBe(502);
  });
});

describe('20, 21 early answers and half-close', () => {
  test('20 an answer before the body has ended is forwarded', async () => {
    scripted.always('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('POST /raw/x HTTP/1.1', 'Host: gw', 'Content-Length: 50000000') + 'x'.repeat(300_000));
    const answer = await client.answer('POST');
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toBe('no');
    expect(await client.end(2000), 'the rest of the body is not read for ever').not.toBe('open');
    client.close();
  });

  test('21 a client that has sent its FIN still gets its answer, by default', async () => {
    const plain = await Sluice.start(restConfig(mock.now));
    const client = await RawClient.open(plain.port);
    client.send(lines('GET /delay/200 HTTP/1.1', 'Host: gw'));
    client.finish();
    const answer = await client.answer();
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('late\n');
    client.close();
    await plain.stop();
  });

  test('21, 28 by default one that has left is noticed at once all the same (decision 0011)', async () => {
    const plain = await Sluice.start(restConfig(mock.now));
    const client = await RawClient.open(plain.port);
    client.send(lines('GET /delay/3000 HTTP/1.1', 'Host: gw'));
    await eventually(async () => (await mock.now.requests()) === 1, { what: 'the request at the service' });
    client.close();
    await eventually(async () => (await mock.now.stats()).aborted === 1, { what: 'the service to be let go' });
    const [record] = await plain.recordsOf((r) => r.path === '/delay/3000');
    expect(record).toMatchObject({ status: 499, outcome: 'cancelled' });
    await plain.stop();
  });

  test('21, 28 with limits.half_close: false a FIN before the answer counts as leaving', async () => {
    const strict = await Sluice.start(restConfig(mock.now, { gateway: { limits: { half_close: false } } }));
    const client = await RawClient.open(strict.port);
    client.send(lines('GET /delay/3000 HTTP/1.1', 'Host: gw'));
    await eventually(async () => (await mock.now.requests()) === 1, { what: 'the request at the service' });
    const left = Date.now();
    client.socket.end();
    await eventually(async () => (await mock.now.stats()).aborted === 1, { what: 'the service to be let go' });
    expect(Date.now() - left).toBeLessThan(400);
    const [record] = await strict.recordsOf((r) => r.path === '/delay/3000');
    expect(record).toMatchObject({ status: 499, outcome: 'cancelled' });
    await strict.stop();
  });

  test('21 the FIN of the service ends an HTTP/1.0 body', async () => {
    const { answer } = await exchange(gateway.now.port, lines('GET /close HTTP/1.1', 'Host: gw'));
    expect(answer.body.toString()).toBe('to the close\n');
    expect(answer.complete).toBe(true);
  });
});

describe('22 broken answers', () => {
  const rows = [
    { what: 'a short body', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort' },
    { what: 'a chunked body without its end', bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n' },
    { what: 'a bad chunk', bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nXX\r\n' },
  ];
  test.each(rows.flatMap((row) => (['close', 'reset'] as const).map((then) => ({ ...row, then }))))(
    '$what ($then) is never complete for the client',
    async ({ bytes, then }) => {
      scripted.always(bytes, then);
      const client = await RawClient.open(gateway.now.port);
      client.send(lines('GET /raw/x HTTP/1.1', 'Host: gw'));
      const answer = await client.answer();
      if (answer.status === 200) expect(answer.complete).toBe(false);
      else expect(answer.status).toBe(502);
      expect(answer.status === 502 || (await client.end()) !== 'open').toBe(true);
      client.close();
    },
  );

  const unusable = [
    { what: 'CL with TE', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },
    { what: 'two CL', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello' },
    { what: 'no HTTP', bytes: 'SSH-2.0-OpenSSH_9.2\r\n\r\n' },
    { what: 'a space before the colon', bytes: 'HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 0\r\n\r\n' },
    { what: 'a NUL in a value', bytes: 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n' },
    { what: 'a head without end', bytes: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(200_000)}` },
    { what: 'nothing', bytes: '' },
  ];
  test.each(unusable)('$what from a service is 502', async ({ bytes }) => {
    scripted.always(bytes, 'close');
    const { answer } = await exchange(gateway.now.port, lines('GET /raw/x HTTP/1.1', 'Host: gw'), { fate: 0 });
    expect(answer.status).toBe(502);
    expect(field(answer, 'proxy-status')).toContain('sluice');
    expect(field(answer, 'content-type')).toBe('application/problem+json');
  });
});

describe('23 reuse of connections to services', () => {
  test('a kept-alive connection that was closed is replaced without the client noticing', async () => {
    await (await fetch(url('/echo'))).text();
    await mock.now.script({ always: 'fault=reset_idle' });
    for (let i = 0; i < 5; i++) {
      const response = await fetch(url('/echo'));
      expect(response.status).toBe(200);
      await response.text();
    }
  });
});

describe('26 slow clients', () => {
  test('a head that does not come is 408 or closed', async () => {
    const client = await RawClient.open(gateway.now.port);
    const began = Date.now();
    client.send('GET /echo HTTP/1.1\r\nHost: g');
    const drip = setInterval(() => client.send('w'), 100);
    expect(await client.end(3000)).not.toBe('open');
    clearInterval(drip);
    expect(Date.now() - began).toBeLessThan(2500);
    expect(client.received.toString()).toMatch(/^$|^HTTP\/1\.1 408/);
    client.close();
  });

  test('a body that stops is 408, and the service is not left waiting', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('POST /echo HTTP/1.1', 'Host: gw', 'Content-Length: 100') + 'half');
    const answer = await client.answer('POST', 4000);
    expect(answer.status).toBe(408);
    expect(await client.end()).not.toBe('open');
    client.close();
  });

  test('100 clients that hang do not slow down one that does not', async () => {
    const slow = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(gateway.now.port)));
    for (const client of slow) client.send('GET /echo HTTP/1.1\r\nHost');
    const began = Date.now();
    for (let i = 0; i < 20; i++) expect((await fetch(url('/bytes/100'))).status).toBe(200);
    expect((Date.now() - began) / 20).toBeLessThan(500); // one that waited for them would wait for seconds
    for (const client of slow) client.close();
  });

  test('a client that does not read does not fill the memory', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /bytes/100000000 HTTP/1.1', 'Host: gw'));
    await client.text('HTTP/1.1 200');
    client.socket.pause();
    await sleep(500);
    const memory = Number(/^process_resident_memory_bytes ([\d.e+]+)/m.exec(await gateway.now.metrics())?.[1]);
    expect(memory).toBeLessThan(300e6);
    client.reset();
  });
});

describe('27 slow and dead services', () => {
  test('nothing listens: 502 with a reason', async () => {
    const response = await fetch(url('/dead/x'));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ status: 502, reason: 'connect_failed', request_id: expect.any(String) as string });
    expect(response.headers.get('x-sluice-error-origin')).toBe('upstream');
  });

  test('no answer in time: 504 with a reason', async () => {
    const began = Date.now();
    const response = await fetch(url('/slow/delay/5000'));
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ status: 504, reason: 'upstream_timeout' });
    expect(Date.now() - began).toBeLessThan(1500);
  });

  test('silence inside the body: the client sees that it is incomplete', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /slow/sse/3/2000 HTTP/1.1', 'Host: gw'));
    expect((await client.answer('GET', 4000)).complete).toBe(false);
    client.close();
  });
});

describe('28 the client leaves', () => {
  test('the service is cut within 100 ms', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /sse/1000/10 HTTP/1.1', 'Host: gw'));
    await client.text('"i":3');
    client.reset();
    const left = Date.now();
    await eventually(async () => (await mock.now.stats()).aborted === 1, { every: 5 });
    expect(Date.now() - left).toBeLessThan(250);
    const [record] = await gateway.now.recordsOf((r) => r.outcome === 'cancelled' && r.path === '/sse/1000/10');
    expect(record?.path).toBe('/sse/1000/10');
  });
});

describe('29, 30 connections', () => {
  test('29 pipelined requests are answered in order', async () => {
    const client = await RawClient.open(gateway.now.port);
    const paths = ['/delay/120', '/bytes/5', '/chunked/3/4', '/status/404', '/bytes/0', '/bytes/7'];
    client.send(paths.map((path) => lines(`GET ${path} HTTP/1.1`, 'Host: gw')).join(''));
    const answers = [];
    for (const _ of paths) answers.push(await client.answer());
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 404, 200, 200]);
    expect(answers.map((a) => a.body.length)).toEqual([5, 5, 12, 12, 0, 7]);
    client.close();
  });

  test('29 a body is never read as the next request', async () => {
    const inner = lines('GET /smuggled HTTP/1.1', 'Host: evil');
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('POST /echo HTTP/1.1', 'Host: gw', `Content-Length: ${inner.length}`) + inner + lines('GET /bytes/3 HTTP/1.1', 'Host: gw'));
    expect(echoOf((await client.answer('POST')).body).body).toBe(inner);
    expect((await client.answer()).body).toHaveLength(3);
    expect(Object.keys((await mock.now.stats()).by_path)).not.toContain('/smuggled');
    client.close();
  });

  test('29 an error in the middle answers what was before, then closes', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /bytes/3 HTTP/1.1', 'Host: gw') + lines('BAD REQUEST') + lines('GET /smuggled HTTP/1.1', 'Host: gw'));
    expect((await client.answer()).status).toBe(200);
    expect((await client.answer()).status).toBe(400);
    expect(await client.end()).not.toBe('open');
    expect(Object.keys((await mock.now.stats()).by_path)).not.toContain('/smuggled');
    client.close();
  });

  test('30 Connection: close is kept, HTTP/1.0 closes unless it asks', async () => {
    const close = await exchange(gateway.now.port, lines('GET /bytes/3 HTTP/1.1', 'Host: gw', 'Connection: close'));
    expect(field(close.answer, 'connection')).toBe('close');
    expect(close.fate).not.toBe('open');
    const old = await exchange(gateway.now.port, lines('GET /chunked/3/5 HTTP/1.0', 'Host: gw'));
    expect(old.answer.body).toHaveLength(15);
    expect(field(old.answer, 'transfer-encoding')).toBeUndefined();
    expect(old.fate).not.toBe('open');
  });
});

describe('31 paths', () => {
  const rows = [
    { path: '/echo/a//b', forwarded: '/echo/a/b' },
    { path: '/echo/a/./b', forwarded: '/echo/a/b' },
    { path: '/echo/a/../b', forwarded: '/echo/b' },
    { path: '/echo/a/%2e%2e/b', forwarded: '/echo/b' },
    { path: '/echo/%41%7e', forwarded: '/echo/A~' },
    { path: '/echo/a/..;v=1/b', forwarded: '/echo/b' },
    { path: '/echo/a%2fb', forwarded: '/echo/a%2Fb' },
    { path: '/echo/%e4%bd%a0', forwarded: '/echo/%E4%BD%A0' },
  ];
  test.each(rows)('$path is forwarded as $forwarded', async ({ path, forwarded }) => {
    const { answer } = await exchange(gateway.now.port, lines(`GET ${path} HTTP/1.1`, 'Host: gw'), { fate: 0 });
    expect(answer.status).toBe(200);
    expect(echoOf(answer.body).target).toBe(forwarded);
  });

  test.each(['/echo/%00', '/echo/%zz', '/echo/%', '/echo/%c0%ae%c0%ae/', '/../../etc/passwd/..', '/echo/a\\..\\b', '/echo/%ff'])(
    '%s is refused',
    async (path) => {
      const { answer } = await exchange(gateway.now.port, lines(`GET ${path} HTTP/1.1`, 'Host: gw'), { fate: 0 });
      expect(answer.status).toBe(400);
      expect(await mock.now.requests()).toBe(0);
    },
  );

  test('a route that rejects them refuses dot segments that lead to it', async () => {
    const { answer } = await exchange(gateway.now.port, lines('GET /echo/strict/a/../b HTTP/1.1', 'Host: gw'), { fate: 0 });
    expect(answer.status).toBe(400);
    expect((await fetch(url('/echo/strict/b'))).status).toBe(200);
  });
});

test.each([
  { path: '/kept/echo/%7e', forwarded: '/echo/%7e' },
  { path: '/%6bept/echo/%7e', forwarded: '/echo/%7e' },
  { path: '//kept/echo//a', forwarded: '/echo//a' },
])('31 preserve with strip_prefix: $path is forwarded as $forwarded', async ({ path, forwarded }) => {
  const { answer } = await exchange(gateway.now.port, lines(`GET ${path} HTTP/1.1`, 'Host: gw'), { fate: 0 });
  expect(answer.status).toBe(200);
  expect(echoOf(answer.body).target).toBe(forwarded);
});

test('25 nothing is shared between callers: equal requests at once each reach the service as their own', async () => {
  const ask = async (i: number): Promise<string[]> => {
    const response = await fetch(url('/echo/same'), { headers: { authorization: `Bearer caller-${i}`, cookie: `session=${i}` } });
    return [...valuesOf(echoOf(await response.text()), 'authorization'), ...valuesOf(echoOf(await (await fetch(url('/echo/same'))).text()), 'cookie')];
  };
  const got = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i)));
  got.forEach((values, i) => expect(values).toEqual([`Bearer caller-${i}`]));
  expect(await mock.now.requests()).toBe(40);
});

test('32 the query is preserved byte for byte', async () => {
  const query = '?a=1&a=2;b=3&c=+%20&empty=&=x&&d=%2F%zz&e={}|^`\'"<>';
  const { answer } = await exchange(gateway.now.port, lines(`GET /echo${query.replace(/["<>]/g, '')} HTTP/1.1`, 'Host: gw'), { fate: 0 });
  expect(echoOf(answer.body).target).toBe(`/echo${query.replace(/["<>]/g, '')}`);
});

describe('33, 34 the way', () => {
  test('33 forwarding fields of strangers are overwritten', async () => {
    const { answer } = await exchange(
      gateway.now.port,
      lines('GET /echo HTTP/1.1', 'Host: gw', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil', 'Forwarded: for=6.6.6.6', 'X-Real-IP: 6.6.6.6'),
      { fate: 0 },
    );
    const text = JSON.stringify(echoOf(answer.body).headers);
    expect(text).not.toMatch(/6\.6\.6\.6|evil/);
    expect(valuesOf(echoOf(answer.body), 'x-forwarded-proto')).toEqual(['http']);
  });

  test('34 two gateways in a row are no loop, with the names they have by default', async () => {
    const front = await Sluice.start({ services: [{ name: 'web', url: gateway.now.url, path: '/*' }] });
    const response = await fetch(`${front.url}/echo`);
    expect(response.status).toBe(200);
    const [via = ''] = valuesOf(echoOf(await response.text()), 'via');
    expect(via.split(', ')).toHaveLength(2);
    await front.stop();
  });

  test('34 a gateway whose vendor is itself says so after one round', async () => {
    const port = await freePort();
    const round = await Sluice.start({
      gateway: { listeners: [{ address: `127.0.0.1:${port}` }] },
      services: [{ name: 'ai', kind: 'ai' }],
      accounts: [{ name: 'me', vendor: 'custom-openai', base_url: `http://127.0.0.1:${port}/v1`, keys: ['k'], serves_unlisted: true }],
    });
    const response = await chat(`http://127.0.0.1:${port}`, 'me/me/me/mock');
    await response.text();
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(round.records.length).toBeLessThan(12);
    expect(round.records.some((r) => r['error'] === 'loop_detected')).toBe(true);
    await round.stop();
  });

  test('34 a request that passed us before is 508', async () => {
    const first = echoOf((await exchange(gateway.now.port, lines('GET /echo HTTP/1.1', 'Host: gw'), { fate: 0 })).answer.body);
    const [via = ''] = valuesOf(first, 'via');
    expect(via).not.toBe('');
    const { answer } = await exchange(gateway.now.port, lines('GET /echo HTTP/1.1', 'Host: gw', `Via: 1.1 other, ${via}`), { fate: 0 });
    expect(answer.status).toBe(508);
    expect(await mock.now.requests()).toBe(1);
  });
});

describe('35 WebSocket', () => {
  const open = (path = '/ws'): Promise<WebSocket> =>
    new Promise((done, failed) => {
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.now.port}${path}`, { perMessageDeflate: false });
      socket.on('open', () => done(socket));
      socket.on('error', failed);
    });
  const echoed = (socket: WebSocket, data: string | Buffer): Promise<Buffer> =>
    new Promise((done) => {
      socket.once('message', (message: Buffer) => done(message));
      socket.send(data);
    });

  test.each([1, 125, 126, 65_535, 65_536, 1_000_000])('a message of %i bytes comes back', async (n) => {
    const socket = await open();
    const data = randomBytes(n);
    expect((await echoed(socket, data)).equals(data)).toBe(true);
    socket.close(1000);
  });

  test('the timers of requests do not end a tunnel', async () => {
    const socket = await open();
    await sleep(800);
    expect((await echoed(socket, 'late')).toString()).toBe('late');
    socket.close(1000);
  });

  test('a tunnel without a byte in either direction is closed; one with pings is not', async () => {
    const [silent, pinged] = [await open('/quiet/ws'), await open('/quiet/ws')];
    const ends = { silent: 0, pinged: 0 };
    const began = Date.now();
    silent.on('close', () => (ends.silent = Date.now() - began));
    pinged.on('close', () => (ends.pinged = Date.now() - began));
    const pings = setInterval(() => pinged.ping(), 100);
    await sleep(1500);
    clearInterval(pings);
    expect(ends.pinged, 'the pinged one is open').toBe(0);
    expect(ends.silent).toBeGreaterThan(350);
    expect(ends.silent).toBeLessThan(1200);
    const [record] = await gateway.now.recordsOf((r) => r['error'] === 'tunnel_idle');
    expect(record).toMatchObject({ route: 'quiet' });
    await eventually(() => ends.pinged > 0, { what: 'the end of the other one' });
  });

  test('ping, pong and close codes pass', async () => {
    const socket = await open();
    const pong = new Promise((done) => socket.once('pong', done));
    socket.ping('are you there');
    await pong;
    const closed = new Promise<number>((done) => socket.once('close', done));
    socket.close(3456, 'bye');
    expect(await closed).toBe(3456);
  });

  test('a route that does not allow upgrades forwards none', async () => {
    const { answer } = await exchange(
      gateway.now.port,
      lines('GET /echo HTTP/1.1', 'Host: gw', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='),
      { fate: 0 },
    );
    expect(answer.status).not.toBe(101);
  });

  test('13 h2c is never forwarded', async () => {
    for (const path of ['/echo', '/ws']) {
      const { answer } = await exchange(
        gateway.now.port,
        lines(`GET ${path} HTTP/1.1`, 'Host: gw', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
        { fate: 0 },
      );
      expect(answer.status).not.toBe(101);
      expect((await mock.now.lastSeen()).head).not.toMatch(/h2c/i);
    }
  });
});

describe('bodies', () => {
  test.each([0, 1, 65_535, 1_000_000, 20_000_000])('%i bytes up, by Content-Length and chunked', async (n) => {
    const body = randomBytes(n);
    const sha1 = createHash('sha1').update(body).digest('hex');
    for (const isChunked of [false, true]) {
      const pieces = function* (): Generator<Buffer> {
        for (let i = 0; i < n; i += 100_000) yield body.subarray(i, i + 100_000);
      };
      const response = await undici(url('/echo'), { method: 'POST', body: isChunked && n > 0 ? Readable.from(pieces()) : body });
      const echo = (await response.body.json()) as Echo;
      expect(echo).toMatchObject({ body_bytes: n, body_sha1: sha1 });
    }
  });

  test.each(['/bytes/50000000', '/chunked/1000/20000'])('%s down', async (path) => {
    const sums = [];
    for (const base of [mock.now.url, gateway.now.url]) {
      const hash = createHash('sha1');
      const response = await undici(base + path);
      for await (const part of response.body) hash.update(part as Buffer);
      sums.push(hash.digest('hex'));
    }
    expect(sums[1]).toBe(sums[0]);
  });

  test('events pass as they come (36)', async () => {
    const response = await fetch(url('/sse/5/100'));
    const times: number[] = [];
    for await (const _ of response.body ?? []) times.push(Date.now());
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
  });

  test('trailers of a service are forwarded only to who wants them', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(lines('GET /trailers HTTP/1.1', 'Host: gw', 'TE: trailers', 'Connection: TE'));
    const wants = await client.answer();
    expect(wants.complete).toBe(true);
    expect(wants.trailers.length).toBeGreaterThan(0);
    client.send(lines('GET /trailers HTTP/1.1', 'Host: gw'));
    const wantsNot = await client.answer();
    expect(wantsNot.complete).toBe(true);
    expect(wantsNot.trailers).toEqual([]);
    client.close();
  });
});
