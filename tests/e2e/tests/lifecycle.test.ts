/**
 * Reloads under load, draining, and death. E2E_SOAK=N makes everything N times as long
 * (1: what CI runs; 5: 1,000 reloads and 40 kills).
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { aiConfig, alice, chat, openaiAccount, price, restConfig, scenario, useMock } from '../harness/gateway.ts';
import { run } from '../harness/program.ts';
import { RawClient } from '../harness/raw.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { Transcript } from '../harness/sse.ts';
import { eventually, freePort, parallel, sleep } from '../harness/wait.ts';

const soak = Number(process.env['E2E_SOAK'] ?? 1);
const mock = useMock();

describe('44 reloads under load', () => {
  const config = (version: number): Config => ({
    ...aiConfig(mock.now),
    services: [
      { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }, { type: 'rate_limit', limit: 1_000_000, window: '1m' }] },
      { name: 'web', upstream: 'pool', path: '/echo/*', policies: [{ type: 'headers', response: { set: { 'x-version': String(version) } } }] },
      ...Array.from({ length: version % 7 }, (_, i) => ({ name: `extra-${i}`, url: mock.now.url, path: `/extra/${i}` })),
    ],
    upstreams: [{ name: 'pool', endpoints: [{ url: mock.now.url }], health_check: { path: '/status/200', interval: '1s' } }],
  });

  test(
    `${200 * soak} reloads: no failed request, no file descriptor left behind`,
    { timeout: 90_000 * soak },
    async () => {
      const gateway = await Sluice.start(config(0));
      const descriptors = async (): Promise<number> =>
        (await import('node:fs/promises')).readdir(`/proc/${gateway.program.pid}/fd`).then((all) => all.length);
      let isOver = false;
      let requests = 0;
      const versions = new Set<string | null>();
      const load = async (lane: number): Promise<void> => {
        while (!isOver) {
          const response =
            lane % 2 === 0 ? await fetch(`${gateway.url}/echo/${lane}`) : await chat(gateway.url, 'oa/mock-1', { stream: lane === 1 });
          expect(response.status).toBe(200);
          const text = await response.text();
          if (lane === 1) expect(new Transcript(text).isDone).toBe(true);
          if (lane % 2 === 0) versions.add(response.headers.get('x-version'));
          requests++;
        }
      };
      const lanes = Promise.all(Array.from({ length: 6 }, (_, lane) => load(lane)));
      lanes.catch(() => (isOver = true));
      for (let i = 1; i <= 20; i++) await gateway.reload(config(i));
      const before = await descriptors();
      for (let i = 21; i <= 200 * soak && !isOver; i++) await gateway.reload(config(i));
      isOver = true;
      await lanes;
      expect(gateway.published).toBe(200 * soak);
      expect(requests).toBeGreaterThan(200);
      expect(versions.size, 'many versions were seen').toBeGreaterThan(20);
      await sleep(300);
      expect(await descriptors()).toBeLessThanOrEqual(before + 8);
      await gateway.stop();
    },
  );
});

describe('44 listeners come and go by a reload', () => {
  const on = (...ports: number[]): Config =>
    restConfig(mock.now, { gateway: { listeners: ports.map((port) => ({ address: `127.0.0.1:${port}` })) } });

  test('one is added, one is removed; the connections of both and of the one that stays go on', async () => {
    const gateway = await Sluice.start(restConfig(mock.now));
    const [added, other] = [await freePort(), await freePort()];
    const kept = await RawClient.open(gateway.port);
    const ask = async (client: RawClient): Promise<number> => {
      client.send('GET /echo HTTP/1.1\r\nHost: gw\r\n\r\n');
      return (await client.answer()).status;
    };
    expect(await ask(kept)).toBe(200);
    await gateway.reload(on(gateway.port, added));
    const first = await RawClient.open(added);
    expect(await ask(first)).toBe(200);
    expect(gateway.log).toContain(`"port":${added}`);
    await gateway.reload(on(gateway.port, other));
    const isGone = () => RawClient.open(added).then((client) => client.close(), () => true);
    await eventually(isGone, { what: 'its end' }); // each worker closes its own
    expect(await ask(first), 'what was accepted there is served on').toBe(200);
    expect(await ask(await RawClient.open(other))).toBe(200);
    expect(await ask(kept)).toBe(200);
    await gateway.stop();
  });

  test('no connection to one that stays is lost while others come and go', async () => {
    const gateway = await Sluice.start(restConfig(mock.now));
    const extra = await freePort();
    let isOver = false;
    let asked = 0;
    const lanes = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isOver) {
          const client = await RawClient.open(gateway.port);
          client.send('GET /echo HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n');
          expect((await client.answer()).status).toBe(200);
          client.close();
          asked++;
        }
      }),
    );
    lanes.catch(() => (isOver = true));
    for (let i = 0; i < 20; i++) await gateway.reload(i % 2 === 0 ? on(gateway.port, extra) : on(gateway.port));
    isOver = true;
    await lanes;
    expect(asked).toBeGreaterThan(20);
    await gateway.stop();
  });

  test('an address that another process has is shared with it, which is said', async () => {
    const first = await Sluice.start(restConfig(mock.now));
    const second = await Sluice.start(on(await freePort(), first.port));
    expect(second.log).toContain('another process listens here too');
    expect(second.log).toContain(`127.0.0.1:${first.port}`);
    expect(first.log).not.toContain('another process listens here too');
    await second.stop();
    await first.stop();
  });

  test('a unix socket serves with several workers, and again after a restart', async () => {
    const path = `/tmp/sluice-${process.pid}.sock`;
    const config = restConfig(mock.now, { gateway: { workers: 3, listeners: [{ address: `unix:${path}` }] } });
    for (let i = 0; i < 2; i++) {
      const gateway = await Sluice.start(config);
      for (let k = 0; k < 10; k++) expect(run('curl', ['-sf', '--unix-socket', path, 'http://gw/echo']).code).toBe(0);
      await (i === 0 ? gateway.kill() : gateway.stop());
    }
  });

  test('an address that cannot be had refuses the whole reload', async () => {
    const gateway = await Sluice.start(restConfig(mock.now));
    const listeners = [{ address: `127.0.0.1:${gateway.port}` }, { address: '203.0.113.1:80' }];
    gateway.write({ gateway: { listeners }, services: [{ name: 'web', url: mock.now.url, path: '/new/*' }] });
    gateway.program.signal('SIGHUP');
    await eventually(() => gateway.refused > 0, { what: 'the refusal' });
    expect(gateway.log).toContain("cannot listen on '203.0.113.1:80'");
    expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
    await gateway.stop();
  });

  test('a setting that holds from the start on is named, and the rest of the reload is done', async () => {
    const gateway = await Sluice.start(restConfig(mock.now));
    await gateway.reload(restConfig(mock.now, { gateway: { workers: 3, limits: { head: '16KiB' } } }));
    const named = gateway.log.split('\n').filter((line) => line.includes('holds from the next start on'));
    expect(named.map((line) => (JSON.parse(line) as { setting: string }).setting)).toEqual(['workers', 'limits']);
    await gateway.stop();
  });
});

describe('SIGTERM', () => {
  const refused = (port: number): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        done(false);
      });
      socket.on('error', () => done(true));
    });

  test('T13 live streams end as they should, new clients are not taken, exit 0', async () => {
    const gateway = await Sluice.start(aiConfig(mock.now));
    const streams = parallel(40, 40, async (i) => {
      const response = await chat(gateway.url, `${i % 2 === 0 ? 'oa' : 'an'}/${scenario('chunks=15,delay=100')}`, { stream: true });
      return new Transcript(await response.text());
    });
    const idle = await RawClient.open(gateway.port);
    idle.send('GET /healthz HTTP/1.1\r\nHost: gw\r\n\r\n');
    expect((await idle.answer()).status).toBe(200);
    await eventually(async () => (await mock.now.requests()) === 40);
    gateway.program.signal('SIGTERM');
    await eventually(() => refused(gateway.port), { what: 'the listener to close' });
    expect(await idle.end(2000), 'idle connections are closed').not.toBe('open');
    for (const said of await streams) {
      expect(said.content.split(' ')).toHaveLength(16);
      expect(said.isDone).toBe(true);
    }
    expect((await gateway.program.exited).code).toBe(0);
    await gateway.stop({ keep: true });
    expect(gateway.ledger()).toHaveLength(40);
  });

  test('what outlives drain_timeout is cut as a cut, exit 0', async () => {
    const gateway = await Sluice.start(aiConfig(mock.now, { gateway: { drain_timeout: '400ms' } }));
    const client = await RawClient.open(gateway.port);
    const body = JSON.stringify({ model: `oa/${scenario('chunks=1000,delay=50')}`, stream: true, messages: [{ role: 'user', content: 'x' }] });
    client.send(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.text('tok2');
    const began = Date.now();
    gateway.program.signal('SIGTERM');
    const answer = await client.answer('POST', 5000);
    expect(Date.now() - began).toBeLessThan(2500);
    expect(answer.complete).toBe(false);
    expect(answer.body.toString()).not.toContain('[DONE]');
    client.close();
    await gateway.stop();
  });

  test('answers of services end too', async () => {
    const gateway = await Sluice.start(restConfig(mock.now));
    const slow = fetch(`${gateway.url}/delay/800`).then(async (r) => [r.status, await r.text()]);
    await eventually(async () => (await mock.now.requests()) === 1);
    gateway.program.signal('SIGTERM');
    expect(await slow).toEqual([200, 'late\n']);
    await gateway.stop();
  });
});

describe('SIGTERM with a tunnel', () => {
  test('35 it lives on while draining, new ones are not taken, exit 0 when it ends', async () => {
    const gateway = await Sluice.start(restConfig(mock.now, { services: [{ name: 'ws', url: mock.now.url, path: '/ws', upgrade: true }] }));
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`);
    await once(socket, 'open');
    gateway.program.signal('SIGTERM');
    await eventually(() => gateway.log.includes('draining'));
    await sleep(300);
    socket.send('still there?');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.toString()).toBe('still there?');
    socket.close(1000);
    expect((await gateway.program.exited).code).toBe(0);
    await gateway.stop();
  });
});

describe('few file descriptors', () => {
  test('50 connections beyond the limit wait or are refused, and service goes on when they are gone', async () => {
    const gateway = await Sluice.start(restConfig(mock.now), { openFiles: 80 });
    const hogs = await Promise.allSettled(Array.from({ length: 150 }, () => RawClient.open(gateway.port)));
    await eventually(() => gateway.log.includes('no more file descriptors: new connections wait'), { what: 'the limit' });
    gateway.assertHealthy();
    expect(gateway.program.exit).toBeUndefined();
    for (const hog of hogs) if (hog.status === 'fulfilled') hog.value.close();
    await eventually(async () => (await fetch(`${gateway.url}/echo`)).status === 200, { within: 10_000, what: 'service again' });
    await eventually(() => gateway.log.includes('file descriptors again'), { what: 'the log to say so' });
    const isPaused = async (): Promise<boolean> => /^sluice_accept_paused\{worker="\d"\} 1$/m.test(await gateway.metrics());
    await eventually(async () => !(await isPaused()) || undefined, { what: 'every worker to accept again' });
    await gateway.stop();
  });
});

describe('few file descriptors at the start', () => {
  test('clients that wait for the port and take them all do not hinder the start', async () => {
    const meanwhile = async (gateway: Sluice): Promise<void> => {
      const first = await eventually(() => RawClient.open(gateway.port), { within: 20_000, every: 1, what: 'the port' });
      const hogs = await Promise.allSettled(Array.from({ length: 100 }, () => RawClient.open(gateway.port)));
      await eventually(() => gateway.log.includes('no more file descriptors: new connections wait'), { within: 20_000, what: 'the limit' });
      await eventually(() => gateway.log.includes('admin listening') || gateway.program.exit, { within: 20_000, what: 'the start' });
      first.close();
      for (const hog of hogs) if (hog.status === 'fulfilled') hog.value.close();
    };
    const gateway = await Sluice.start(restConfig(mock.now), { openFiles: 80, meanwhile });
    expect((await fetch(`${gateway.url}/echo`)).status).toBe(200);
    await gateway.stop();
  });
});

describe('50 a memory limit', () => {
  // Nothing may stay with the sanitizer's allocator, or memory would never be given back.
  const env = { ASAN_OPTIONS: 'detect_leaks=1:exitcode=99:quarantine_size_mb=0:thread_local_quarantine_size_kb=0:allocator_release_to_os_interval_ms=0' };
  const resident = async (gateway: Sluice): Promise<number> =>
    Number(/^process_resident_memory_bytes ([\d.e+]+)$/m.exec(await gateway.metrics())?.[1]);

  test('refuses new requests, says so, serves those in flight, and recovers by itself', { timeout: 60_000 }, async () => {
    const plain = await Sluice.start(aiConfig(mock.now), { env });
    const base = await resident(plain);
    await plain.stop();
    const config = aiConfig(mock.now, { gateway: { limits: { memory: Math.round(base + (48 << 20)) } } });
    const gateway = await Sluice.start(config, { env });
    const size = 12 << 20;
    const body = `{"model":"oa/mock-1","messages":[{"role":"user","content":"${'x'.repeat(size)}"}]}`;
    const hogs = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(gateway.port)));
    for (const hog of hogs) {
      hog.send(`POST /v1/chat/completions HTTP/1.1\r\nHost: gw\r\nAuthorization: Bearer ${alice}\r\nContent-Length: ${body.length}\r\n\r\n`);
      hog.send(body.slice(0, -10));
    }
    await eventually(() => gateway.log.includes('memory limit reached'), { within: 15_000, what: 'the limit' });
    const refused = await chat(gateway.url, 'oa/mock-1');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.text()).toContain('memory limit');
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect(await gateway.metrics()).toMatch(/^sluice_shedding\{worker="0"\} 1$/m);
    hogs[0]?.send(body.slice(-10));
    expect((await hogs[0]?.answer())?.status, 'what was in flight is served').toBe(200);
    for (const hog of hogs) hog.close();
    await eventually(async () => (await chat(gateway.url, 'oa/mock-1')).status === 200, { within: 20_000, every: 200, what: 'service again' });
    expect(gateway.log).toContain('memory below its limit');
    await gateway.stop();
  });
});

describe('46 kill -9', () => {
  test(
    `${8 * soak} times under load: what a client saw to its end is in the ledger exactly once`,
    { timeout: 90_000 * soak },
    async () => {
      const config = aiConfig(mock.now, { accounts: [openaiAccount('oa', mock.now)], prices: [price('openai')] });
      let gateway = await Sluice.start(config);
      const seen = new Set<string>();
      for (let round = 0; round < 8 * soak; round++) {
        let isOver = false;
        const load = async (lane: number): Promise<void> => {
          while (!isOver) {
            const marker = `k-${round}-${lane}-${seen.size}`;
            try {
              const response = await chat(gateway.url, 'oa/mock-1', { stream: lane % 2 === 0, text: `marker:${marker}` });
              const text = await response.text();
              const isWhole = response.status === 200 && (lane % 2 === 1 || new Transcript(text).isDone);
              if (isWhole) seen.add(response.headers.get('x-request-id') ?? '');
            } catch {
              return; // killed in the middle: not seen to its end
            }
          }
        };
        const lanes = Promise.all(Array.from({ length: 8 }, (_, lane) => load(lane)));
        await sleep(150 + ((round * 97) % 200));
        await gateway.kill();
        isOver = true;
        await lanes;
        gateway = await Sluice.start(config, { after: gateway });
      }
      expect(seen.size).toBeGreaterThan(50);
      await gateway.stop({ keep: true });
      const ids = gateway.ledger().map((row) => row.id);
      expect(new Set(ids).size, 'nothing twice').toBe(ids.length);
      const inLedger = new Set(ids);
      const lost = [...seen].filter((id) => !inLedger.has(id));
      expect(lost, `lost of ${seen.size}`).toEqual([]);
      const completed = (await mock.now.stats()).completed;
      expect(ids.length, 'not more than were asked').toBeLessThanOrEqual(completed + 8 * 8 * soak);
    },
  );
});

test('45 readiness comes after the configuration, liveness before nothing', async () => {
  const gateway = await Sluice.start(restConfig(mock.now));
  for (const base of [gateway.url, gateway.adminUrl]) {
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
  }
  await gateway.stop();
});
