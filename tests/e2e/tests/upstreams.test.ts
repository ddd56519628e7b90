/** Load balancing, health, retries and timeouts of REST services. */
import { describe, expect, test } from 'vitest';
import { restConfig, useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import { RawClient } from '../harness/raw.ts';
import type { Config, Json } from '../harness/sluice.ts';
import { eventually, freePort, parallel, sleep } from '../harness/wait.ts';

const mocks = [useMock(), useMock(), useMock()] as const;
const [a, b, c] = mocks;

/** Paths other than those of health checks. */
async function counts(): Promise<number[]> {
  return Promise.all(mocks.map(async (m) => (await m.now.stats()).by_path['/echo'] ?? 0));
}

const upstream = (more: Config, endpoints: Json[] = mocks.map((m) => ({ url: m.now.url }))): Config =>
  restConfig(a.now, {
    services: [{ name: 'web', upstream: 'pool', path: '/*' }],
    upstreams: [{ name: 'pool', endpoints, ...more }],
  });

/** One worker: its balancer alone decides. */
const one = (config: Config): Config => ({ ...config, gateway: { workers: 1 } });

async function ask(base: string, headers: Record<string, string> = {}, path = '/echo'): Promise<number> {
  const response = await fetch(base + path, { headers });
  await response.text();
  return response.status;
}

describe('round robin', () => {
  const gateway = useFreshGateway(() =>
    upstream({ balancer: 'round_robin' }, [
      { url: a.now.url, weight: 1 },
      { url: b.now.url, weight: 2 },
      { url: c.now.url, weight: 3 },
    ]),
  );

  test('43 is exact over full cycles, over all workers and connections', async () => {
    const statuses = await parallel(60, 8, () => ask(gateway.now.url));
    expect(statuses.every((s) => s === 200)).toBe(true);
    expect(await counts()).toEqual([10, 20, 30]);
  });
});

describe('hash', () => {
  const config = (endpoints?: Json[]): Config => upstream({ balancer: 'hash', hash_on: 'header', hash_name: 'x-user' }, endpoints);
  const gateway = useFreshGateway(() => config());
  const owners = async (users: number): Promise<number[]> => {
    const owner: number[] = [];
    for (let user = 0; user < users; user++) {
      const before = await counts();
      for (let i = 0; i < 2; i++) expect(await ask(gateway.now.url, { 'x-user': `user-${user}` })).toBe(200);
      const after = await counts();
      const changed = after.flatMap((n, i) => (n !== before[i] ? [i] : []));
      expect(changed, 'both requests went to one endpoint').toHaveLength(1);
      owner.push(changed[0] ?? -1);
    }
    return owner;
  };

  test('43 keeps users where they were; losing one of three endpoints moves only its users', async () => {
    const before = await owners(40);
    expect(new Set(before).size).toBe(3);
    await gateway.now.reload(config([{ url: a.now.url }, { url: b.now.url }]));
    const after = await owners(40);
    before.forEach((owner, user) => {
      if (owner !== 2) expect(after[user], `user-${user}`).toBe(owner);
    });
  });
});

describe('least requests and EWMA', () => {
  describe.each(['least_request', 'ewma'])('%s', (balancer) => {
    const gateway = useFreshGateway(() => upstream({ balancer }));

    test('avoids the endpoint that is slow', async () => {
      await a.now.script({ always: 'first=150' });
      await parallel(90, 9, () => ask(gateway.now.url));
      const [slow = 0, ...fast] = await counts();
      expect(slow).toBeLessThan(Math.min(...fast));
    });
  });
});

describe('a dead endpoint', () => {
  let dead = 0;
  const gateway = useGateway(async () => {
    dead = await freePort();
    return upstream({ breaker: { failures: 3, eject: '60s' }, retry: { attempts: 1 } }, [
      { url: `http://127.0.0.1:${dead}` },
      { url: b.now.url },
    ]);
  });

  test('is failed over without the client noticing, then left alone', async () => {
    for (let i = 0; i < 30; i++) expect(await ask(gateway.now.url)).toBe(200);
    expect((await counts())[1]).toBe(30);
    const attempts = (await gateway.now.recordsOf(() => true, 30)).map((r) => r.attempts?.length ?? 1);
    const retried = attempts.filter((n) => n > 1).length;
    expect(retried, 'ejected after a few failures').toBeLessThanOrEqual(8);
    expect(retried).toBeGreaterThan(0);
  });

  test('POST too, as it never arrived', async () => {
    for (let i = 0; i < 4; i++) {
      const response = await fetch(`${gateway.now.url}/echo`, { method: 'POST', body: 'once' });
      expect(response.status).toBe(200);
      await response.text();
    }
  });
});

describe('passive health', () => {
  const gateway = useFreshGateway(() =>
    upstream({ breaker: { failures: 3, eject: '600ms', eject_max: '600ms' }, retry: { attempts: 0 } }, [
      { url: a.now.url },
      { url: b.now.url },
    ]),
  );

  test('an endpoint that resets is ejected, and comes back', async () => {
    await a.now.script({ always: 'fault=empty' });
    await parallel(20, 1, () => ask(gateway.now.url));
    const statuses = await parallel(10, 1, () => ask(gateway.now.url));
    expect(statuses.filter((s) => s !== 200).length, 'at most one probe').toBeLessThanOrEqual(1);
    await a.now.reset();
    await sleep(700);
    await eventually(async () => {
      await ask(gateway.now.url);
      return ((await counts())[0] ?? 0) > 1;
    });
  });
});

describe('active health', () => {
  const gateway = useFreshGateway(() =>
    upstream({
      health_check: { path: '/status/200', interval: '100ms', timeout: '500ms', healthy_after: 2, unhealthy_after: 2 },
      retry: { attempts: 0 },
      breaker: { failures: 0 },
    }),
  );

  test('an endpoint that fails its checks gets no requests until it passes them', async () => {
    await a.now.script({ path: '/status/200', always: 'status=500' });
    await sleep(700);
    await parallel(12, 3, () => ask(gateway.now.url));
    expect((await counts())[0]).toBe(0);
    await a.now.reset();
    await sleep(700);
    await parallel(12, 3, () => ask(gateway.now.url));
    expect((await counts())[0]).toBeGreaterThan(0);
  });

  test('42 probes are endpoints x interval, not workers x routes', async () => {
    await a.now.reset();
    await sleep(1000);
    expect((await a.now.stats()).by_path['/status/200']).toBeLessThanOrEqual(13);
  });

  test('42 all down: requests go out anyway', async () => {
    for (const m of mocks) await m.now.script({ path: '/status/200', always: 'status=500' });
    await sleep(700);
    expect(await ask(gateway.now.url)).toBe(200);
  });
});

describe('24 retries', () => {
  const gateway = useFreshGateway(() =>
    one(upstream({ retry: { attempts: 2, statuses: [503], budget_percent: 20, backoff: '5ms' }, breaker: { failures: 0 } })),
  );

  test('GET is retried on a listed status, on another endpoint', async () => {
    await a.now.script({ always: 'status=503' });
    for (let i = 0; i < 9; i++) expect(await ask(gateway.now.url)).toBe(200);
  });

  test('POST is not', async () => {
    for (const m of mocks) await m.now.script({ always: 'status=503' });
    const response = await fetch(`${gateway.now.url}/echo`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('as scripted\n');
    expect((await counts()).reduce((x, y) => x + y)).toBe(1);
  });

  test('a POST whose connection was cut after it was sent is not sent again', async () => {
    for (const m of mocks) await m.now.script({ always: 'fault=empty' });
    const response = await fetch(`${gateway.now.url}/echo`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(502);
    await response.text();
    expect((await counts()).reduce((x, y) => x + y)).toBe(1);
  });

  test('E12: with an Idempotency-Key it is, once it is known to have broken off', async () => {
    await a.now.script({ next: ['fault=empty'] });
    await b.now.script({ next: ['fault=empty'] });
    await c.now.script({ next: ['fault=empty'] });
    const post = (key?: string): Promise<Response> =>
      fetch(`${gateway.now.url}/echo`, { method: 'POST', body: 'x', headers: key === undefined ? {} : { 'idempotency-key': key } });
    const keyed = await post('k-1');
    expect(keyed.status, 'two broke off, the third try: all mocks had one').toBe(502);
    await keyed.text();
    expect((await counts()).reduce((x, y) => x + y)).toBe(3);
    const next = await post('k-2');
    expect(next.status).toBe(200);
    await next.text();
    await a.now.script({ next: ['fault=empty'] });
    await b.now.script({ next: ['fault=empty'] });
    await c.now.script({ next: ['fault=empty'] });
    const before = (await counts()).reduce((x, y) => x + y);
    const bare = await post();
    expect(bare.status, 'without one: its effects may have happened').toBe(502);
    await bare.text();
    expect((await counts()).reduce((x, y) => x + y) - before).toBe(1);
  });

  test('the total time ends them', async () => {
    await gateway.now.reload(
      one(upstream({ retry: { attempts: 15, statuses: [503], backoff: '200ms', backoff_max: '200ms' }, timeouts: { total: '500ms' }, breaker: { failures: 0 } }, [{ url: a.now.url }])),
    );
    await a.now.script({ always: 'status=503' });
    const began = Date.now();
    expect([503, 504]).toContain(await ask(gateway.now.url));
    expect(Date.now() - began).toBeLessThan(900);
    expect((await counts())[0]).toBeLessThan(15);
  });

  test('Retry-After is kept: by another endpoint, by a wait, or by telling the client', async () => {
    await a.now.script({ always: 'status=503,retry_after=1' });
    const began = Date.now();
    for (let i = 0; i < 3; i++) expect(await ask(gateway.now.url)).toBe(200);
    expect(Date.now() - began, 'others are asked at once').toBeLessThan(900);
    await gateway.now.reload(one(upstream({ retry: { attempts: 1, statuses: [503] }, breaker: { failures: 0 } }, [{ url: a.now.url }])));
    await a.now.reset();
    await a.now.script({ next: ['status=503,retry_after=1'] });
    const alone = Date.now();
    expect(await ask(gateway.now.url)).toBe(200);
    expect(Date.now() - alone, 'the only one is waited for').toBeGreaterThanOrEqual(1000);
    await a.now.reset();
    await a.now.script({ always: 'status=503,retry_after=30' });
    const long = await fetch(`${gateway.now.url}/echo`);
    expect(long.status).toBe(503);
    expect(long.headers.get('retry-after')).toBe('30');
    await long.text();
    expect((await counts())[0], 'not asked again').toBe(1);
  });

  test('never more than attempts allow; the last answer is passed on', async () => {
    for (const m of mocks) await m.now.script({ always: 'status=503' });
    expect(await ask(gateway.now.url)).toBe(503);
    expect((await counts()).reduce((x, y) => x + y)).toBe(3);
  });

  test('the budget bounds retries under load', async () => {
    for (const m of mocks) await m.now.script({ always: 'status=503,first=30' });
    await parallel(200, 50, () => ask(gateway.now.url));
    const sent = (await counts()).reduce((x, y) => x + y);
    expect(sent, 'of 200 requests with up to 2 retries each').toBeLessThan(200 * 1.6);
  });
});

describe('27 a full connection pool', () => {
  const pool = (more: Config): Config => ({
    ...one(upstream({ pool: { connections: 1, ...more }, retry: { attempts: 0 } }, [{ url: a.now.url }])),
  });
  const reasons = async (base: string, n: number): Promise<string[]> =>
    parallel(n, n, async () => {
      const response = await fetch(`${base}/delay/500`);
      const text = await response.text();
      if (response.status === 200) return 'ok';
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('x-sluice-error-origin')).toBe('gateway');
      return (JSON.parse(text) as { reason: string }).reason;
    });
  const gateway = useGateway(() => pool({ queue: 2 }));

  test('lets as many wait as its queue has room for', async () => {
    const got = await reasons(gateway.now.url, 6);
    expect(got.filter((r) => r === 'ok')).toHaveLength(3);
    expect(got.filter((r) => r === 'upstream_queue_full')).toHaveLength(3);
  });

  test('and for so long; the endpoint is not blamed', async () => {
    await gateway.now.reload(pool({ queue_timeout: '200ms' }));
    const got = await reasons(gateway.now.url, 8);
    expect(got.filter((r) => r === 'ok')).toHaveLength(1);
    expect(got.filter((r) => r === 'upstream_queue_timeout')).toHaveLength(7);
    expect(await ask(gateway.now.url)).toBe(200);
  });
});

describe('27 a short timeout for sending', () => {
  const gateway = useGateway(() => upstream({ timeouts: { send: '100ms' }, retry: { attempts: 0 } }, [{ url: a.now.url }]));

  test('a client that is slow is not the service taking no bytes', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send('POST /echo HTTP/1.1\r\nHost: gw\r\nContent-Length: 10\r\n\r\nhalf.');
    await sleep(500);
    client.send('half.');
    expect((await client.answer()).status).toBe(200);
    client.close();
  });
});

describe('27 a timeout for the first byte', () => {
  const gateway = useGateway(() =>
    upstream({ timeouts: { first_byte: '1s', total: '20s' }, retry: { attempts: 0 } }, [{ url: a.now.url }]),
  );

  test('is counted from the end of a request that came slowly', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send('POST /delay/10000 HTTP/1.1\r\nHost: gw\r\nContent-Length: 10\r\n\r\nhalf.');
    await sleep(700);
    client.send('half.');
    const began = Date.now();
    expect((await client.answer()).status).toBe(504);
    const waited = Date.now() - began;
    expect(waited, 'not from its start').toBeGreaterThan(900);
    expect(waited, 'neither the total nor the answer').toBeLessThan(8000);
    client.close();
  });
});

describe('27 timeouts', () => {
  const gateway = useGateway(() =>
    upstream({ timeouts: { first_byte: '250ms', idle: '250ms', total: '600ms' }, retry: { attempts: 0 } }, [{ url: a.now.url }]),
  );

  test('first byte', async () => {
    const response = await fetch(`${gateway.now.url}/delay/3000`);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ reason: 'upstream_timeout' });
  });

  test('total, while bytes are flowing', async () => {
    const began = Date.now();
    const read = fetch(`${gateway.now.url}/sse/1000/50`).then((response) => response.text());
    await expect(read).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(1500);
  });

  test('a route can have its own', async () => {
    await gateway.now.reload(
      restConfig(a.now, {
        services: [{ name: 'web', upstream: 'pool', routes: [{ path: '/delay/*', timeouts: { first_byte: '2s', total: '3s' } }, { path: '/*' }] }],
        upstreams: [{ name: 'pool', endpoints: [{ url: a.now.url }], timeouts: { first_byte: '250ms', total: '600ms' } }],
      }),
    );
    expect(await ask(gateway.now.url, {}, '/delay/700')).toBe(200);
  });
});
