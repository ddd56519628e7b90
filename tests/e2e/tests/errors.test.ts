/** Errors, retries, failover and time: cases E of cases-ai. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aiConfig,
  alice,
  anthropicAccount,
  bob,
  chat,
  openaiAccount,
  scenario,
  useFreshGateway,
  useGateway,
  useMock,
} from '../harness/gateway.ts';
import type { Config, Sluice } from '../harness/sluice.ts';
import { eventually, parallel, sleep } from '../harness/wait.ts';

const mock = useMock();
const second = useMock();

interface ErrorBody {
  error: { message: string; type: string; code: string | null };
}

async function errorOf(response: Response): Promise<ErrorBody['error']> {
  return ((await response.json()) as ErrorBody).error;
}

const target = (account: string, model = 'mock-1', order = 0): Config => ({ account, model, order });
const two = (name: string, more: Config = {}): Config => ({
  name,
  targets: [target('one'), target('two', 'mock-1', 1)],
  ...more,
});

/** Attempts on the mock: times between them, in ms. */
async function gaps(): Promise<number[]> {
  const { ledger } = await mock.now.stats();
  return ledger.slice(1).map((claim, i) => claim.started_ms - (ledger[i]?.started_ms ?? 0));
}

/** What passed between the first attempt and the second one, by the gateway's own record. */
async function pauseOf(gateway: Sluice, response: Response): Promise<number> {
  const { attempts: [one, other] = [] } = await gateway.record(response.headers.get('x-request-id'));
  return ((other?.started_us ?? 1e9) - (one?.started_us ?? 0) - (one?.duration_us ?? 0)) / 1000;
}

describe('rate limits of vendors', () => {
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [
        openaiAccount('one', mock.now),
        openaiAccount('two', second.now),
        openaiAccount('pool', mock.now, { keys: [{ key: 'sk-pool-a', order: 0 }, { key: 'sk-pool-b', order: 1 }] }),
      ],
      models: [
        { name: 'single', targets: [target('one')] },
        two('pair'),
        { name: 'pooled', targets: [target('pool')] },
        { name: 'pooled-too', targets: [target('pool')] },
      ],
    }),
  );

  const hints = [
    { hint: 'retry_after=1', at_least: 1000 },
    { hint: 'retry_after_ms=700', at_least: 700 },
    { hint: 'retry_date=2', at_least: 1000 },
    { hint: 'reset=1.2s', at_least: 1200 },
  ];
  test.each(hints)('E1: 429 with $hint: the same target is not called earlier', async ({ hint, at_least }) => {
    await mock.now.script({ next: [`status=429,${hint}`] });
    const response = await chat(gateway.now.url, 'single');
    await response.text();
    if (response.status === 200) {
      expect((await gaps())[0]).toBeGreaterThanOrEqual(at_least - 5);
    } else {
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after')) * 1000).toBeGreaterThanOrEqual(at_least - 5);
      expect(await mock.now.requests()).toBe(1);
    }
  });

  test('E1: the other target is used at once when there is one', async () => {
    await mock.now.script({ always: 'status=429,retry_after=30' });
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(200);
    await response.text();
    expect(response.headers.get('x-sluice-provider')).toBe('two');
    expect(await pauseOf(gateway.now, response), 'ms').toBeLessThan(20);
    await (await chat(gateway.now.url, 'pair')).text();
    expect(await mock.now.requests(), 'and the first one rests').toBe(1);
  });

  test('E2: a 429 cools the key, not the vendor', async () => {
    await mock.now.script({ key: 'sk-pool-a', always: 'status=429,retry_after=30' });
    for (let i = 0; i < 3; i++) expect((await chat(gateway.now.url, 'pooled')).status).toBe(200);
    expect((await chat(gateway.now.url, 'pooled-too')).status).toBe(200);
    expect((await mock.now.stats()).by_key).toMatchObject({ 'sk-pool-a': 1, 'sk-pool-b': 4 });
  });

  test('E2: a shorter pause that comes later does not end a longer one', async () => {
    const ask = (spec: string): Promise<Response> => chat(gateway.now.url, `one/mock-1!${spec}`);
    const [long, short] = await Promise.all([ask('status=429,retry_after=30,slow_head=1'), ask('status=429,retry_after=1,slow_head=3')]);
    expect([long.status, short.status]).toEqual([429, 429]);
    expect(await mock.now.requests(), 'both were on their way').toBe(2);
    const before = await mock.now.requests();
    const third = await ask('chunks=1');
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(await mock.now.requests()).toBe(before);
  });

  test('E2: a pause of a day is one of ten minutes', async () => {
    await mock.now.script({ next: ['status=429,retry_after=86400'] });
    await (await chat(gateway.now.url, 'single')).text();
    const response = await chat(gateway.now.url, 'single');
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(590);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(600);
    expect(await mock.now.requests()).toBe(1);
  });

  test('E3: everything is cooling: 429 at once with the earliest instant, and no call', async () => {
    await mock.now.script({ always: 'status=429,retry_after=20' });
    await second.now.script({ always: 'status=429,retry_after=9' });
    await (await chat(gateway.now.url, 'pair')).text();
    const before = (await mock.now.requests()) + (await second.now.requests());
    const began = Date.now();
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(429);
    expect(Date.now() - began).toBeLessThan(500);
    const wait = Number(response.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(5);
    expect(wait).toBeLessThanOrEqual(9);
    expect((await errorOf(response)).code).toBe('all_targets_cooling');
    expect((await mock.now.requests()) + (await second.now.requests())).toBe(before);
  });

  test('E4: 429 for ever, without a hint: at most 4 tries in 3 s and 6 in all', async () => {
    await mock.now.script({ always: 'status=429,reset=0s' });
    const response = await chat(gateway.now.url, 'single');
    expect(response.status).toBe(429);
    const { ledger } = await mock.now.stats();
    const first = ledger[0]?.started_ms ?? 0;
    expect(ledger.filter((c) => c.started_ms - first < 3000).length).toBeLessThanOrEqual(4);
    expect(ledger.length).toBeLessThanOrEqual(6);
  });
});

/** A proxy whose page of an error shows the request. */
class ShowingProxy {
  readonly seen: string[] = [];
  readonly server = createHttpServer((request, response) => {
    this.seen.push(request.headers.authorization ?? '');
    response.writeHead(400, { 'content-type': 'text/html' }).end(`<html>authorization: ${request.headers.authorization}</html>`);
  });
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

describe('requests that are wrong', () => {
  const showing = new ShowingProxy();
  beforeAll(async () => {
    showing.server.listen(0, '127.0.0.1');
    await once(showing.server, 'listening');
  });
  afterAll(() => showing.server.close());
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      accounts: [
        openaiAccount('one', mock.now),
        anthropicAccount('claude', mock.now),
        openaiAccount('two', second.now),
        openaiAccount('showing', mock.now, { base_url: `${showing.url}/v1`, keys: [{ key: 'sk-shown-1234567890' }] }),
      ],
      models: [
        two('pair'),
        { name: 'claude-first', targets: [target('claude'), target('two', 'mock-1', 1)] },
        two('small', { targets: [target('one')], context_fallback: 'two/mock-large' }),
      ],
    }),
  );

  test.each([400, 404, 413, 422])('E5: %i is neither retried nor failed over', async (status) => {
    await mock.now.script({ always: `status=${status}` });
    for (const model of ['pair', 'claude-first']) {
      await mock.now.reset();
      await mock.now.script({ always: `status=${status}` });
      const response = await chat(gateway.now.url, model);
      await response.text();
      expect(response.status, model).toBe(status);
      expect(await mock.now.requests(), model).toBe(1);
    }
    expect(await second.now.requests()).toBe(0);
  });

  test('E5: a prompt that is too long goes to the model with the larger window, after one attempt', async () => {
    await mock.now.script({ always: 'error=context_length_exceeded' });
    const response = await chat(gateway.now.url, 'small');
    expect(response.status).toBe(200);
    await response.text();
    expect(await mock.now.requests()).toBe(1);
    expect((await second.now.stats()).ledger).toMatchObject([{ model: 'mock-large' }]);
  });

  test('E5: a prompt that is too long, without such a model: 400, one attempt', async () => {
    await mock.now.script({ always: 'error=context_length_exceeded' });
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('context_length_exceeded');
    expect(await mock.now.requests()).toBe(1);
    expect(await second.now.requests()).toBe(0);
  });

  test('E5: a content filter is told to the client, one attempt, no fallback', async () => {
    await mock.now.script({ always: 'error=content_filter' });
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('content_filter');
    expect(await mock.now.requests()).toBe(1);
    expect(await second.now.requests()).toBe(0);
  });

  test('E10: the HTML page of a CDN becomes a JSON error', async () => {
    await mock.now.script({ always: 'status=502' });
    await second.now.script({ always: 'status=502' });
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(text).not.toContain('<html');
    expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) as string } });
    const id = response.headers.get('x-request-id') ?? '';
    const line = await eventually(async () => gateway.now.log.split('\n').find((l) => l.includes(id) && l.includes('not in its dialect')));
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', status: 502, body: expect.stringContaining('<html>') as string });
  });

  test('E10: a page that shows the key is not in the log', async () => {
    const response = await chat(gateway.now.url, 'showing/mock-1');
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('sk-shown');
    await gateway.now.record(response.headers.get('x-request-id'));
    expect(showing.seen).toEqual(['Bearer sk-shown-1234567890']);
    await sleep(200); // for the log, which is written behind it
    expect(gateway.now.log).not.toContain('sk-shown');
  });

  test('E10: 529 of Anthropic is 503 for an OpenAI client', async () => {
    await mock.now.script({ always: 'status=529' });
    await second.now.script({ always: 'status=503' });
    const response = await chat(gateway.now.url, 'claude/mock-1');
    expect(response.status).toBe(503);
    await response.text();
  });
});

describe('keys that die', () => {
  const keys = [{ key: 'sk-dead-aaaa', order: 0 }, { key: 'sk-live-bbbb', order: 1 }];
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, { accounts: [openaiAccount('oa', mock.now, { keys })] }),
  );

  const deaths = ['error=auth', 'error=permission', 'error=credit', 'error=insufficient_quota', 'error=billing_hard_limit'];
  test.each(deaths)('E6: %s: the next key at once, and the dead one is left alone', async (death) => {
    await mock.now.script({ key: 'sk-dead-aaaa', always: death });
    for (let i = 0; i < 3; i++) {
      const response = await chat(gateway.now.url, 'oa/mock-1');
      expect(response.status).toBe(200);
      await response.text();
      if (i === 0) expect(await pauseOf(gateway.now, response), 'ms').toBeLessThan(20);
    }
    expect((await mock.now.stats()).by_key).toMatchObject({ 'sk-dead-aaaa': 1, 'sk-live-bbbb': 3 });
  });

  test('E6: all keys dead: 502 upstream_credentials_exhausted, never the 401 of the vendor', async () => {
    await mock.now.script({ always: 'error=auth' });
    for (let i = 0; i < 2; i++) {
      const response = await chat(gateway.now.url, 'oa/mock-1');
      expect(response.status).toBe(502);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_credentials_exhausted' } });
      expect(text).not.toContain('sk-dead');
    }
    expect(await mock.now.requests(), 'one try of each key').toBe(2);
  });
});

/** A vendor that answers the first request of each connection, and breaks off in the head of the next. */
class HalfVendor {
  asked = 0;
  readonly server = createServer((socket) => {
    let served = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      this.asked++;
      const body = '{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}';
      if (served++ === 0) socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      else socket.write('HTTP/1.1 200 OK\r\nContent-', () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
  });
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

describe('time and outages', () => {
  const half = new HalfVendor();
  beforeAll(async () => {
    half.server.listen(0, '127.0.0.1');
    await once(half.server, 'listening');
  });
  afterAll(() => half.server.close());
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [
        openaiAccount('one', mock.now, { breaker: { failures: 3, eject: '700ms', eject_max: '700ms' } }),
        openaiAccount('two', second.now),
        openaiAccount('half', mock.now, { base_url: `${half.url}/v1` }),
        openaiAccount('quick-one', mock.now, { breaker: { failures: 1, eject: '100ms', eject_max: '100ms' } }),
        openaiAccount('quick-two', second.now, { breaker: { failures: 1, eject: '20s', eject_max: '20s' } }),
      ],
      models: [
        { name: 'asked-once', attempts: 1, targets: [target('one')] },
        { name: 'half-once', attempts: 1, targets: [target('half')] },
        { name: 'probing', targets: [target('quick-one'), { ...target('quick-two'), order: 1 }] },
        two('pair', { timeouts: { first_token: '400ms', total: '3s' } }),
        { name: 'alone', targets: [target('one')], timeouts: { first_token: '5s', total: '900ms' } },
        two('silent-all', { timeouts: { first_token: '500ms', total: '1200ms' } }),
      ],
    }),
  );

  test('E7: a silent vendor: fallback after the first timeout, one attempt on it', async () => {
    await mock.now.script({ always: 'fault=silent' });
    const began = Date.now();
    const response = await chat(gateway.now.url, 'pair');
    expect(response.status).toBe(200);
    await response.text();
    expect(Date.now() - began).toBeGreaterThanOrEqual(390);
    expect(Date.now() - began).toBeLessThan(1500);
    expect(await mock.now.requests()).toBe(1);
  });

  test.each(['alone', 'silent-all'])('E7: %s: one budget of time for everything; then 504', async (model) => {
    await mock.now.script({ always: 'fault=silent' });
    await second.now.script({ always: 'fault=silent' });
    const began = Date.now();
    const response = await chat(gateway.now.url, model);
    expect(response.status).toBe(504);
    await response.text();
    expect(Date.now() - began).toBeLessThan(model === 'alone' ? 1400 : 1700);
  });

  test('E8: one probe at a time while down, back within the pause after recovery', async () => {
    await mock.now.script({ always: 'status=503,first=150' });
    const ask = async (): Promise<string | null> => {
      const response = await chat(gateway.now.url, 'pair');
      await response.text();
      expect(response.status).toBe(200);
      return response.headers.get('x-sluice-provider');
    };
    for (let i = 0; i < 4; i++) await ask();
    await mock.now.reset();
    await mock.now.script({ always: 'status=503,first=150' });
    const began = Date.now();
    while (Date.now() - began < 2000) await parallel(50, 50, ask);
    const probes = await mock.now.requests();
    expect(probes, 'probes in two seconds with a pause of 0.7 s').toBeLessThanOrEqual(4);
    await mock.now.reset();
    await eventually(async () => (await ask()) === 'one', { within: 4000, what: 'the return to the first target' });
  });

  test('E8: a request that pauses before it probes does not lose the probe', async () => {
    await mock.now.script({ next: ['status=503'] });
    await second.now.script({ always: 'status=503,first=300' });
    const response = await chat(gateway.now.url, 'probing');
    expect(response.status, 'one fails, two fails, one is probed').toBe(200);
    expect(response.headers.get('x-sluice-attempts')).toBe('3');
    await response.text();
  });

  test('E9: a kept-alive connection that the vendor resets is replaced, for free', async () => {
    await (await chat(gateway.now.url, 'one/mock-1')).text();
    await mock.now.script({ always: 'fault=reset_idle' });
    for (let i = 0; i < 4; i++) {
      const response = await chat(gateway.now.url, 'one/mock-1');
      expect(response.status).toBe(200);
      await response.text();
    }
  });

  test('E9: the first of many stale connections is enough: the next attempt has a fresh one, and costs none', async () => {
    await mock.now.script({ always: 'first=200' });
    await parallel(12, 12, async () => (await chat(gateway.now.url, 'asked-once')).text());
    await mock.now.script({ always: 'fault=reset_idle' });
    const response = await chat(gateway.now.url, 'asked-once');
    await response.text();
    expect(response.status).toBe(200);
    const { attempts = [] } = await gateway.now.record(response.headers.get('x-request-id'));
    expect(attempts.length).toBeLessThanOrEqual(2);
  });

  test('E9: what the vendor has begun to answer is not asked for again for free', async () => {
    let status = 200;
    let asks = 0;
    for (half.asked = 0; status === 200 && asks < 20; asks++) { // each worker has connections of its own
      const response = await chat(gateway.now.url, 'half-once');
      await response.text();
      status = response.status;
    }
    expect(status).toBe(502);
    expect(half.asked).toBe(asks);
  });

  test('E9: a connection that the vendor closed while idle is not noticed', async () => {
    await mock.now.script({ always: 'idle=30' });
    for (let i = 0; i < 6; i++) {
      const response = await chat(gateway.now.url, 'one/mock-1');
      expect(response.status).toBe(200);
      await response.text();
      await sleep(i % 2 === 0 ? 29 : 60);
    }
  });
});

describe('what a route or a request switches off', () => {
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [openaiAccount('one', mock.now, { breaker: { failures: 1000 } }), openaiAccount('two', second.now)],
      models: [
        two('pair'),
        two('alone', { no_fallback: true }),
        two('once', { attempts: 1 }),
        { name: 'small', targets: [target('one')], context_fallback: 'two/mock-large' },
      ],
    }),
  );
  const first = { 'x-sluice-no-fallback': 'true' };
  const once = { 'x-sluice-max-attempts': '1' };
  const rows = [
    { what: 'nothing: it is retried and falls back', model: 'pair', headers: {}, status: 200, least: 1, most: 5, others: 1 },
    { what: 'the fallback, by the route', model: 'alone', headers: {}, status: 503, least: 2, most: 6, others: 0 },
    { what: 'the fallback, by the request', model: 'pair', headers: first, status: 503, least: 2, most: 6, others: 0 },
    { what: 'both, by the route', model: 'once', headers: {}, status: 503, least: 1, most: 1, others: 0 },
    { what: 'both, by the request', model: 'pair', headers: once, status: 503, least: 1, most: 1, others: 0 },
    { what: 'no more than the route does', model: 'once', headers: { 'x-sluice-max-attempts': '6' }, status: 503, least: 1, most: 1, others: 0 },
    { what: 'what the route does not do, in vain', model: 'alone', headers: { 'x-sluice-no-fallback': 'false' }, status: 503, least: 2, most: 6, others: 0 },
  ];
  test.each(rows)('$what', async ({ model, headers, status, least, most, others }) => {
    await mock.now.script({ always: 'status=503' });
    const response = await chat(gateway.now.url, model, { headers });
    await response.text();
    expect(response.status).toBe(status);
    const tries = await mock.now.requests();
    expect(tries).toBeGreaterThanOrEqual(least);
    expect(tries).toBeLessThanOrEqual(most);
    expect(await second.now.requests()).toBe(others);
    expect((await mock.now.lastSeen()).head).not.toContain('x-sluice');
  });

  test('the larger window is a fallback, too', async () => {
    await mock.now.script({ always: 'error=context_length_exceeded' });
    expect((await chat(gateway.now.url, 'small', { headers: first })).status).toBe(400);
    expect((await chat(gateway.now.url, 'small')).status).toBe(200);
  });
});

describe('E11: who is to blame', () => {
  const carol = 'sl-test-carol-disabled';
  const spent = (name: string, status: number): Config => ({
    name,
    keys: [{ key: `sl-test-${name}` }],
    policies: [{ type: 'budget', amount: '0.000001', period: 'day', status }],
  });
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      services: [
        { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }, { type: 'model_allow', allow: ['oa/*', 'an/*', 'dead/*'] }] },
      ],
      accounts: [openaiAccount('oa', mock.now), anthropicAccount('an', mock.now), openaiAccount('dead', mock.now)],
      consumers: [
        { name: 'alice', keys: [{ key: alice }] },
        { name: 'bob', keys: [{ key: bob }], policies: [{ type: 'model_allow', allow: ['oa/mock-2'] }] },
        { name: 'carol', keys: [{ key: carol, disabled: true }] },
        spent('dave', 402),
        spent('eve', 429),
      ],
    }),
  );

  const oa = 'oa/mock-1';
  const filter = 'status=400,error=content_filter';
  const rows = [
    { what: 'no key', key: '', model: oa, status: 401, origin: 'client', code: 'unauthenticated' },
    { what: 'a refused key', key: 'nonsense', model: oa, status: 401, origin: 'client', code: 'unauthenticated' },
    { what: 'a blocked key', key: carol, model: oa, status: 403, origin: 'client', code: 'denied' },
    { what: 'a spent budget that says 402', key: 'sl-test-dave', model: oa, status: 402, origin: 'client', code: 'budget_unpaid' },
    { what: 'a spent budget that says 429', key: 'sl-test-eve', model: oa, status: 429, origin: 'client', code: 'budget_exceeded' },
    { what: 'an unknown model', key: alice, model: 'oa-no/thing', status: 404, origin: 'client', code: 'model_not_found' },
    { what: 'a model not allowed', key: bob, model: oa, status: 403, origin: 'client', code: 'model_denied' },
    { what: 'a content filter', key: alice, model: `oa/${scenario(filter)}`, status: 400, origin: 'guardrail', code: 'content_filter' },
    { what: 'a vendor that is down', key: alice, model: `oa/${scenario('status=503')}`, status: 503, origin: 'upstream', code: 'vendor_overloaded' },
    { what: 'dead keys of our own', key: alice, model: `dead/${scenario('status=401')}`, status: 502, origin: 'gateway', code: 'upstream_credentials_exhausted' },
  ];
  const dialects = [
    { dialect: 'openai', path: '/v1/chat/completions', auth: (key: string) => ({ authorization: `Bearer ${key}` }) },
    { dialect: 'anthropic', path: '/v1/messages', auth: (key: string) => ({ 'x-api-key': key }) },
  ];
  const every = dialects.flatMap((d) => rows.map((row) => ({ ...d, ...row })));
  test.each(every)('$dialect: $what: $status by $origin', async ({ path, auth, key, model, status, origin, code }) => {
    const response = await fetch(`${gateway.now.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === '' ? {} : auth(key)) },
      body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
    });
    const isOverloaded = path === '/v1/messages' && status === 503;
    expect(response.status).toBe(isOverloaded ? 529 : status);
    expect(response.headers.get('x-sluice-error-origin')).toBe(origin);
    expect(response.headers.get('x-sluice-error-code')).toBe(code);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect((await errorOf(response)).message).not.toBe('');
  });

  test.each(rows.filter((row) => row.origin === 'client'))('$what: OpenAI clients read $code in the body', async ({ key, model, code }) => {
    expect((await errorOf(await chat(gateway.now.url, model, { key }))).code).toBe(code);
  });

  test('what no vendor can do has taken none of their time', async () => {
    const body = { model: 'oa/mock-1', max_tokens: 9, container: 'c', messages: [{ role: 'user', content: 'hi' }] };
    const response = await fetch(`${gateway.now.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': alice },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    const record = await gateway.now.record(response.headers.get('x-request-id'));
    expect(record.upstream_us ?? 0).toBe(0);
  });
});
