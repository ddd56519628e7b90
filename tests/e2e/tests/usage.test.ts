/** Usage and money: cases U of cases-ai. The vendor's own ledger is what the gateway's must equal. */
import { describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import {
  aiConfig,
  alice,
  anthropicAccount,
  bob,
  chat,
  openaiAccount,
  rates,
  useFreshGateway,
  useGateway,
  useMock,
} from '../harness/gateway.ts';
import type { Claim } from '../harness/mock.ts';
import { Sluice, type AccessRecord, type Config } from '../harness/sluice.ts';
import { Transcript } from '../harness/sse.ts';
import { eventually, parallel, sleep } from '../harness/wait.ts';

const mock = useMock();

/** Nano-dollars of what the vendor claims; rates are dollars per million tokens, so nano-dollars per 1/1000 token. */
function costOf(claim: Pick<Claim, 'prompt' | 'cached' | 'cache_write' | 'completion'>): number {
  const micro =
    claim.prompt * rates.input +
    claim.cached * rates.cache_read +
    claim.cache_write * rates.cache_write_5m +
    claim.completion * rates.output;
  return Math.round(micro * 1000);
}

const nano = (usd: AccessRecord['cost_usd']): number | null =>
  usd === null || usd === undefined ? null : Math.round(Number(usd) * 1e9);

async function read(response: Response): Promise<Transcript> {
  expect(response.status).toBe(200);
  return new Transcript(await response.text());
}

async function recordOf(gateway: Sluice, response: Response): Promise<AccessRecord> {
  return gateway.record(response.headers.get('x-request-id'));
}

describe('one vendor', () => {
  const gateway = useGateway(() => aiConfig(mock.now));
  const url = (): string => gateway.now.url;

  test('U1: hidden include_usage: the client sees the stream as without it, the ledger has the usage', async () => {
    await mock.now.script({ always: 'chunks=6,cached=40,prompt=11' });
    const body = { model: 'mock-1', stream: true, messages: [{ role: 'user', content: 'hello' }] };
    const direct = await fetch(`${mock.now.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
    const expected = (await direct.text()).replaceAll('"model":"mock-1"', '"model":"oa/mock-1"');
    const response = await chat(url(), 'oa/mock-1', { stream: true });
    expect(await response.text()).toBe(expected);
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ stream_options: { include_usage: true } });
    const record = await recordOf(gateway.now, response);
    expect(record.tokens).toMatchObject({ input: 11, cache_read: 40, output: 6 });
    expect(record.usage_source).toBe('reported');
    expect(nano(record.cost_usd)).toBe(costOf({ prompt: 11, cached: 40, cache_write: 0, completion: 6 }));
  });

  test.each(['normal', 'with_last_choice', 'twice', 'always'])(
    'U2: the client asked, the vendor sends usage "%s": one usage chunk, without choices, before [DONE]',
    async (mode) => {
      await mock.now.script({ always: `chunks=4,prompt=9,usage=${mode}` });
      const more = { stream_options: { include_usage: true } };
      const said = await read(await chat(url(), 'oa/mock-1', { stream: true, more }));
      const last = said.chunks.at(-1);
      expect(last?.choices).toEqual([]);
      expect(last?.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 });
      expect(said.chunks.filter((c) => c.choices.length === 0)).toHaveLength(1);
      expect(said.usages).toHaveLength(1);
      expect(said.isDone).toBe(true);
    },
  );

  test('U2: the client asked and the vendor never sends [DONE]', async () => {
    await mock.now.script({ always: 'chunks=4,nodone' });
    const more = { stream_options: { include_usage: true } };
    const said = await read(await chat(url(), 'oa/mock-1', { stream: true, more }));
    expect(said.usages).toHaveLength(1);
    expect(said.isDone).toBe(true);
    expect(said.doneCount).toBe(1);
  });

  test.each(['normal', 'with_last_choice', 'twice', 'always'])(
    'U4: an Anthropic stream with usage "%s" is merged, never added',
    async (mode) => {
      await mock.now.script({ always: `prompt=100,cache_write=20,cached=300,chunks=50,usage=${mode}` });
      const response = await chat(url(), 'an/mock-1', { stream: true, more: { stream_options: { include_usage: true } } });
      const said = await read(response);
      expect(said.usages).toHaveLength(1);
      expect(said.usages[0]).toMatchObject({ prompt_tokens: 420, completion_tokens: 50, total_tokens: 470 });
      const { tokens } = await recordOf(gateway.now, response);
      expect(tokens).toMatchObject({ input: 100, cache_write_5m: 20, cache_read: 300, output: 50 });
    },
  );

  test('U5: Anthropic counts cached tokens outside of the prompt, OpenAI inside', async () => {
    await mock.now.script({ always: 'prompt=100,cache_write=20,cached=300,chunks=5' });
    const answer = (await (await chat(url(), 'an/mock-1')).json()) as { usage: object };
    expect(answer.usage).toMatchObject({
      prompt_tokens: 420,
      completion_tokens: 5,
      total_tokens: 425,
      prompt_tokens_details: { cached_tokens: 300 },
    });
  });

  test('U5: more cached than prompt tokens is clamped and flagged', async () => {
    await mock.now.script({ always: 'chunks=3,prompt=10,usage=wrong' });
    const response = await chat(url(), 'oa/mock-1');
    await response.text();
    const record = await recordOf(gateway.now, response);
    for (const count of Object.values(record.tokens ?? {})) expect(count).toBeGreaterThanOrEqual(0);
    expect(record.usage_inconsistent).toBe(true);
  });

  test('U6: cache writes have a tier of their own for one hour', async () => {
    await mock.now.script({ always: 'prompt=1,cache_write=10,cache_write_1h=5,chunks=1' });
    const response = await chat(url(), 'an/mock-1');
    await response.text();
    expect((await recordOf(gateway.now, response)).tokens).toMatchObject({ cache_write_5m: 10, cache_write_1h: 5 });
  });

  test('U7: reasoning tokens are part of the completion, never added', async () => {
    await mock.now.script({ always: 'reasoning=7,chunks=3,prompt=10' });
    const response = await chat(url(), 'oa/mock-1');
    const answer = (await response.json()) as { usage: object };
    expect(answer.usage).toMatchObject({
      completion_tokens: 10,
      total_tokens: 20,
      completion_tokens_details: { reasoning_tokens: 7 },
    });
    const record = await recordOf(gateway.now, response);
    expect(record.tokens).toMatchObject({ output: 3, reasoning: 7 });
    expect(nano(record.cost_usd)).toBe(costOf({ prompt: 10, cached: 0, cache_write: 0, completion: 10 }));
  });

  const shapes = ['chunks=9', 'chunks=9,cached=50', 'chunks=9,reasoning=4', 'chunks=2,tools=2', 'chunks=3,cached=7,cache_write=8'];
  test.each(['oa', 'an'].flatMap((account) => shapes.map((shape) => ({ account, shape }))))(
    'U9: $account, $shape: streamed cost == whole cost == what the vendor claims',
    async ({ account, shape }) => {
      await mock.now.script({ always: `prompt=33,${shape}` });
      const costs: (number | null)[] = [];
      for (const stream of [false, true]) {
        const response = await chat(url(), `${account}/mock-1`, { stream });
        await response.text();
        costs.push(nano((await recordOf(gateway.now, response)).cost_usd));
      }
      const { ledger } = await mock.now.stats();
      expect(costs).toEqual(ledger.map(costOf));
      expect(costs[0]).toBe(costs[1]);
    },
  );

  test('U9: the cost header of a whole answer is the cost of the record', async () => {
    const response = await chat(url(), 'oa/mock-1');
    await response.text();
    const record = await recordOf(gateway.now, response);
    expect(Number(response.headers.get('x-sluice-cost-usd'))).toBe(Number(record.cost_usd));
  });

  test('U2: pictures of a model without prices of tokens cost by the picture', async () => {
    const drawer = 'mock-i!images=3,usage=none';
    const priced = await Sluice.start(aiConfig(mock.now, { prices: [{ vendor: 'openai', model: drawer, image: '0.04' }] }), { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
    try {
      const admin = await Admin.login(priced);
      const response = await fetch(`${priced.url}/v1/images/generations`, {
        method: 'POST', headers: { authorization: `Bearer ${alice}` }, body: JSON.stringify({ model: `oa/${drawer}`, prompt: 'three cats', n: 3 }),
      });
      expect(((await response.json()) as { data: unknown[] }).data).toHaveLength(3);
      expect(Number(response.headers.get('x-sluice-cost-usd'))).toBe(0.12);
      expect(nano((await recordOf(priced, response)).cost_usd)).toBe(120_000_000);
      const kept = await eventually(async () => {
        const { status, body } = await admin.get(`/requests/${response.headers.get('x-request-id') ?? ''}`);
        return status === 200 ? body : undefined;
      });
      expect(kept).toMatchObject({ units_images: 3, cost_usd: '0.12' });
    } finally {
      await priced.stop();
    }
  });

  test('U12: pictures are reserved before they are made, as many as are asked for', async () => {
    const drawer = 'mock-i!images=2,usage=none';
    const priced = await Sluice.start(
      aiConfig(mock.now, {
        services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }, { type: 'budget', amount: '0.10', period: 'day' }] }],
        prices: [{ vendor: 'openai', model: drawer, image: '0.04' }],
      }),
    );
    const draw = async (n: number): Promise<number> => {
      const response = await fetch(`${priced.url}/v1/images/generations`, {
        method: 'POST', headers: { authorization: `Bearer ${alice}` }, body: JSON.stringify({ model: `oa/${drawer}`, prompt: 'cats', n }),
      });
      await response.text();
      return response.status;
    };
    try {
      expect(await draw(3), '$0.12 of $0.10').toBe(429);
      expect((await mock.now.stats()).requests, 'nobody was asked').toBe(0);
      expect(await draw(2)).toBe(200);
    } finally {
      await priced.stop();
    }
  });

  test('U10: an unknown price is not zero', async () => {
    const response = await chat(url(), 'oa/mock-unpriced');
    await response.text();
    expect(response.headers.get('x-sluice-cost-usd')).toBeNull();
    expect((await recordOf(gateway.now, response)).cost_usd).toBeNull();
  });

  test('U13: the client leaves: the vendor is cut within 100 ms, one record, what was delivered is estimated', async () => {
    await mock.now.script({ always: 'chunks=500,delay=10' });
    const abort = new AbortController();
    const response = await chat(url(), 'oa/mock-1', { stream: true, signal: abort.signal });
    const reader = response.body?.getReader();
    for (let n = 0; n < 600; ) n += (await reader?.read())?.value?.length ?? 0;
    const left = Date.now();
    abort.abort();
    const claim = await eventually(async () => (await mock.now.stats()).ledger[0], { every: 5 });
    expect(claim.outcome).toBe('aborted');
    expect(claim.ended_ms - left).toBeLessThan(100 + 150); // the sanitizer and the mock's next send
    const [record] = await gateway.now.recordsOf((r) => r.outcome === 'cancelled');
    expect(record?.usage_source).toBe('estimated');
    expect(record?.tokens?.['output']).toBeGreaterThan(0);
    expect(record?.tokens?.['output']).toBeLessThan(500);
    expect(record?.tokens?.['input']).toBeGreaterThan(0);
    const { input: prompt = 0, output: completion = 0 } = record?.tokens ?? {};
    expect(nano(record?.cost_usd), 'the input is billed, and what came').toBe(costOf({ prompt, cached: 0, cache_write: 0, completion }));
    await sleep(100);
    expect(gateway.now.records.filter((r) => r.request_id === record?.request_id)).toHaveLength(1);
  });
});

describe('model routes', () => {
  const second = useMock();
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [
        openaiAccount('first', mock.now),
        openaiAccount('first-streams', mock.now, { stream: 'always' }),
        anthropicAccount('second', second.now),
      ],
      models: [
        {
          name: 'smart',
          targets: [
            { account: 'first', model: 'mock-1', order: 0 },
            { account: 'second', model: 'mock-1', order: 1 },
          ],
        },
        {
          name: 'smart-shown',
          show_real_model: true,
          targets: [
            { account: 'first', model: 'mock-1', order: 0 },
            { account: 'second', model: 'mock-2', order: 1 },
          ],
        },
        {
          name: 'gathered',
          targets: [
            { account: 'first-streams', model: 'mock-1', order: 0 },
            { account: 'second', model: 'mock-1', order: 1 },
          ],
        },
        { name: 'drained', drain_on_disconnect: true, targets: [{ account: 'first', model: 'mock-1' }] },
        { name: 'drained-briefly', drain_on_disconnect: true, drain_timeout: '1s', targets: [{ account: 'first', model: 'mock-1' }] },
      ],
    }),
  );

  test('U14: failed attempts cost nothing, the fallback is billed, all of them are on record', async () => {
    await mock.now.script({ always: 'status=503' });
    await second.now.script({ always: 'chunks=3,prompt=10' });
    const response = await chat(gateway.now.url, 'smart');
    expect(response.status).toBe(200);
    await response.text();
    expect(response.headers.get('x-sluice-provider')).toBe('second');
    const record = await recordOf(gateway.now, response);
    const attempts = record.attempts ?? [];
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(attempts.at(-1)).toMatchObject({ target: 'second/mock-1', status: 200 });
    for (const failed of attempts.slice(0, -1)) {
      expect(failed).toMatchObject({ target: 'first/mock-1', status: 503 });
      expect(failed.wasted_usd).toBeUndefined();
    }
    expect(response.headers.get('x-sluice-attempts')).toBe(String(attempts.length));
    expect(record).toMatchObject({ account: 'second', vendor: 'anthropic' });
    expect(nano(record.cost_usd)).toBe(costOf({ prompt: 10, cached: 0, cache_write: 0, completion: 3 }));
  });

  test('U14: the reply and the record name the model of the fallback', async () => {
    await mock.now.script({ always: 'status=503' });
    const response = await chat(gateway.now.url, 'smart-shown');
    expect(await response.json()).toMatchObject({ model: 'mock-2' });
    expect(response.headers.get('x-sluice-model')).toBe('mock-2');
    expect(await recordOf(gateway.now, response)).toMatchObject({ model: 'mock-2', model_asked: 'smart-shown' });
  });

  test('U14: what a failed attempt had said already is wasted: ours to pay, not the caller\'s', async () => {
    await mock.now.script({ always: 'chunks=8,fault=reset@5' });
    await second.now.script({ always: 'chunks=3,prompt=10' });
    const response = await chat(gateway.now.url, 'gathered');
    expect(response.status).toBe(200);
    await response.text();
    const record = await recordOf(gateway.now, response);
    const wasted = (record.attempts ?? []).filter((attempt) => Number(attempt.wasted_usd) > 0);
    expect(wasted.length).toBeGreaterThan(0);
    for (const attempt of wasted) expect(attempt.target).toBe('first-streams/mock-1');
    expect(nano(record.cost_usd)).toBe(costOf({ prompt: 10, cached: 0, cache_write: 0, completion: 3 }));
  });

  test('U13: drain_on_disconnect reads the vendor to its end: exact usage', async () => {
    await mock.now.script({ always: 'chunks=60,delay=10,prompt=10' });
    const abort = new AbortController();
    const response = await chat(gateway.now.url, 'drained', { stream: true, signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    await eventually(async () => (await mock.now.stats()).completed === 1, { what: 'the vendor to be read to its end' });
    const [record] = await gateway.now.recordsOf((r) => r.model_asked === 'drained');
    expect(record?.tokens).toMatchObject({ input: 10, output: 60 });
    expect(record?.usage_source).toBe('reported');
  });

  test('U13: drain_timeout ends that: one record, what came is estimated', async () => {
    await mock.now.script({ always: 'chunks=500,delay=10,prompt=10' });
    const abort = new AbortController();
    const response = await chat(gateway.now.url, 'drained-briefly', { stream: true, signal: abort.signal });
    await response.body?.getReader().read();
    const left = Date.now();
    abort.abort();
    const claim = await eventually(async () => (await mock.now.stats()).ledger[0], { what: 'the vendor to be cut' });
    expect(claim.outcome).toBe('aborted');
    expect(claim.ended_ms - left).toBeGreaterThan(900);
    expect(claim.ended_ms - left).toBeLessThan(2000);
    const records = await gateway.now.recordsOf((r) => r.model_asked === 'drained-briefly');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ usage_source: 'estimated' });
    expect(records[0]?.tokens?.['output'], 'also what came after the client').toBeGreaterThan(30);
  });
});

/** How many of the vendor's answers were under way at the same time. */
const mostAtOnce = (claims: Claim[]): number => {
  const edges = claims.flatMap((c) => [{ at: c.started_ms, by: 1 }, { at: c.ended_ms, by: -1 }]).sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return Math.max(...edges.map(({ by }) => (now += by)));
};

describe('budgets and token limits', () => {
  const policy = (more: Config): Config => ({ services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }, more] }] });

  describe('U12: reserve and settle', () => {
    const gateway = useFreshGateway(() => aiConfig(mock.now, policy({ type: 'budget', amount: '1.00', period: 'day' })));

    test('100 at once of about $0.05 each, $0.02 in truth: at most 20 in flight, never above $1.00', async () => {
      // 5,000 tokens of output at $10 per million are $0.05; 2,000 in truth are $0.02.
      await mock.now.script({ always: 'chunks=2000,prompt=1,first=2000' });
      const ask = { more: { max_tokens: 4990 } };
      const statuses = await parallel(100, 100, async () => {
        const response = await chat(gateway.now.url, 'oa/mock-1', ask);
        const body = await response.text();
        if (response.status !== 200) expect(JSON.parse(body)).toMatchObject({ error: { code: 'budget_exceeded' } });
        return response.status;
      });
      const admitted = statuses.filter((s) => s === 200).length;
      expect(admitted).toBeGreaterThan(0);
      expect(mostAtOnce((await mock.now.stats()).ledger), 'what has ended makes room for others').toBeLessThanOrEqual(20);
      expect(statuses.every((s) => s === 200 || s === 429 || s === 402)).toBe(true);
      const later = await chat(gateway.now.url, 'oa/mock-1', ask);
      expect(later.status, 'what was reserved too much is free again').toBe(200);
      await later.text();
    });

    test('what was spent stays spent', async () => {
      await mock.now.script({ always: 'chunks=2000,prompt=1' });
      const statuses: number[] = [];
      for (let i = 0; i < 50; i++) {
        const response = await chat(gateway.now.url, 'oa/mock-1', { more: { max_tokens: 2000 } });
        await response.text();
        statuses.push(response.status);
      }
      const spent = statuses.filter((s) => s === 200).length;
      expect(spent).toBeGreaterThanOrEqual(48);
      expect(spent).toBeLessThanOrEqual(50);
    });
  });

  describe('U12: over a restart', () => {
    const config = (): Config => aiConfig(mock.now, policy({ type: 'budget', amount: '1.00', period: 'day' }));
    const spend = async (gateway: Sluice): Promise<number> => {
      const response = await chat(gateway.url, 'oa/mock-1', { more: { max_tokens: 30_000 } });
      await response.text();
      return response.status;
    };

    test('spending is remembered; what a killed gateway had only reserved is free again', async () => {
      await mock.now.script({ next: Array<string>(2).fill('chunks=30000,prompt=1'), always: 'fault=silent' });
      const first = await Sluice.start(config());
      expect([await spend(first), await spend(first)], '$0.60 of $1.00').toEqual([200, 200]);
      const lost = spend(first).catch(() => 0);
      await eventually(async () => (await mock.now.requests()) === 3);
      expect(await spend(first), 'the last $0.30 are reserved').toBe(429);
      await first.kill();
      expect(await lost).toBe(0);
      await mock.now.reset();
      await mock.now.script({ always: 'chunks=30000,prompt=1' });
      const second = await Sluice.start(config(), { after: first });
      expect(await spend(second)).toBe(200);
      expect(await spend(second)).toBe(429);
      await second.stop();
    });
  });

  describe('U15: tokens a minute', () => {
    const gateway = useFreshGateway(() =>
      aiConfig(mock.now, policy({ type: 'token_limit', limit: 1000, window: '1m' })),
    );

    test('are charged as used, also by streams: the next request sees the true value', async () => {
      await mock.now.script({ always: 'chunks=600,prompt=10' });
      const first = await chat(gateway.now.url, 'oa/mock-1', { stream: true, more: { max_tokens: 700 } });
      await read(first);
      await gateway.now.record(first.headers.get('x-request-id'));
      const second = await chat(gateway.now.url, 'oa/mock-1', { more: { max_tokens: 700 } });
      expect(second.status, '610 used + 700 wanted > 1000').toBe(429);
      expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await second.json()).toMatchObject({ error: { code: 'token_limited' } });
      const third = await chat(gateway.now.url, 'oa/mock-1', { more: { max_tokens: 300 } });
      expect(third.status, '610 used + 300 wanted < 1000').toBe(200);
      await third.text();
      const other = await chat(gateway.now.url, 'oa/mock-1', { key: bob, more: { max_tokens: 300 } });
      await other.text();
    });
  });
});

describe('what is learned about a vendor', () => {
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [openaiAccount('oa', mock.now), openaiAccount('forgetful', mock.now, { forget_after: '1500ms' })],
    }),
  );
  const url = (): string => gateway.now.url;

  test('U3: a vendor that refuses stream_options is asked again without, once; usage is estimated', async () => {
    await mock.now.script({ always: 'chunks=4,reject_stream_options' });
    const first = await chat(url(), 'oa/mock-1', { stream: true });
    expect((await read(first)).content).toBe('tok1 tok2 tok3 tok4 ');
    expect(await mock.now.requests()).toBe(2);
    expect((await recordOf(gateway.now, first)).usage_source).toBe('estimated');
    const second = await chat(url(), 'oa/mock-1', { stream: true });
    await read(second);
    expect(await mock.now.requests(), 'learned: no third refusal').toBe(3);
  });

  test('U3: what was learned is forgotten after a time: a vendor that has learned them is exact again', async () => {
    await mock.now.script({ always: 'chunks=4,reject_stream_options' });
    await read(await chat(url(), 'forgetful/mock-1', { stream: true }));
    await mock.now.reset();
    await mock.now.script({ always: 'chunks=4' });
    const early = await chat(url(), 'forgetful/mock-1', { stream: true });
    await read(early);
    expect((await recordOf(gateway.now, early)).usage_source).toBe('estimated');
    await sleep(1600);
    const late = await chat(url(), 'forgetful/mock-1', { stream: true });
    await read(late);
    expect((await recordOf(gateway.now, late)).usage_source).toBe('reported');
  });
});
