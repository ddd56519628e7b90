/** Streams: cases T of cases-ai. */
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, chat, openaiAccount, scenario, useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import { RawClient } from '../harness/raw.ts';
import type { Config } from '../harness/sluice.ts';
import { parseEvents, Transcript } from '../harness/sse.ts';
import { eventually, parallel, sleep } from '../harness/wait.ts';

const mock = useMock();

const body = (model: string): string =>
  JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });

/** A streamed completion on a socket of its own: shows how the message ends. */
async function rawChat(port: number, model: string): Promise<RawClient> {
  const client = await RawClient.open(port);
  const text = body(model);
  client.send(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  return client;
}

/** What a stream that was cut after content must look like. */
async function expectCut(port: number, model: string, code: string): Promise<void> {
  const client = await rawChat(port, model);
  const answer = await client.answer('POST', 8000);
  const said = new Transcript(answer.body.toString());
  expect(answer.status).toBe(200);
  expect(said.content.length).toBeGreaterThan(0);
  expect(said.error?.code, 'an error event in the stream').toBe(code);
  expect(said.doneCount, 'no [DONE]').toBe(0);
  expect(answer.complete, 'no last chunk').toBe(false);
  expect(await client.end()).not.toBe('open');
  client.close();
}

describe('streams of one vendor', () => {
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      models: [
        {
          name: 'hasty',
          attempts: 1,
          timeouts: { idle: '400ms', first_token: '2s', total: '10s' },
          targets: [{ account: 'oa', model: scenario('chunks=20,fault=stall@6') }],
        },
        {
          name: 'quiet',
          heartbeat: '200ms',
          targets: [{ account: 'oa', model: scenario('chunks=2,ttft=900') }],
        },
        {
          name: 'quiet-then-down',
          heartbeat: '200ms',
          attempts: 1,
          targets: [{ account: 'oa', model: scenario('first=700,status=503') }],
        },
        {
          name: 'stalled-while-beating',
          heartbeat: '100ms',
          attempts: 1,
          timeouts: { idle: '700ms' },
          targets: [{ account: 'oa', model: scenario('chunks=10,fault=stall@5') }],
        },
        {
          name: 'stuck-while-beating',
          heartbeat: '100ms',
          attempts: 1,
          timeouts: { first_token: '700ms' },
          targets: [{ account: 'oa', model: scenario('fault=silent') }],
        },
      ],
    }),
  );

  test.each(['oa', 'an'])('T1: %s: every event is forwarded as it arrives, none lags one behind', async (account) => {
    const response = await chat(gateway.now.url, `${account}/${scenario('chunks=6,delay=150')}`, { stream: true });
    const arrivals: { at: number; text: string }[] = [];
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      for (const event of parseEvents(decoder.decode(part as Uint8Array, { stream: true }))) {
        const found = /"content":"(tok\d)/.exec(event.data);
        if (found?.[1]) arrivals.push({ at: Date.now(), text: found[1] });
      }
    }
    expect(arrivals.map((a) => a.text)).toEqual(['tok1', 'tok2', 'tok3', 'tok4', 'tok5', 'tok6']);
    const { ended_ms } = await eventually(async () => (await mock.now.stats()).ledger[0]);
    // The vendor sends three more events, 150 ms apart, behind the last one with content.
    const lags = arrivals.map((a, i) => a.at - ended_ms + 150 * (8 - i));
    // What is held back until the next event comes is late each time; a busy machine is late now and then.
    const median = lags.toSorted((a, b) => a - b)[lags.length / 2];
    expect(median, `lags ${lags.join(' ')} ms: one event is 150 ms`).toBeLessThan(100);
  });

  test.each([
    'split=1',
    'split=7,line_end=crlf',
    'split=3,line_end=cr',
    'comments',
    'bom',
    'nospace',
    'multiline,split=5',
    'ids',
    'line_end=crlf,comments,ids,split=2',
  ])('T2: an event stream with %s means the same', async (shape) => {
    for (const account of ['oa', 'an']) {
      const response = await chat(gateway.now.url, `${account}/${scenario(`chunks=5,${shape}`)}`, { stream: true });
      const said = new Transcript(await response.text());
      expect(said.content, account).toBe('tok1 tok2 tok3 tok4 tok5 ');
      expect(said.isDone, account).toBe(true);
    }
  });

  test.each(['oa', 'an'])('T2: %s: an event of 12 MB passes', async (account) => {
    const response = await chat(gateway.now.url, `${account}/${scenario('chunks=2,big=12000000')}`, { stream: true });
    expect(new Transcript(await response.text()).content.length).toBeGreaterThan(12_000_000);
  });

  test.each(['oa', 'an'])('T3: %s: no terminal event after the finish: the end is added at once', async (account) => {
    const client = await rawChat(gateway.now.port, `${account}/${scenario('chunks=3,nodone')}`);
    const answer = await client.answer('POST');
    const said = new Transcript(answer.body.toString());
    expect(said.content).toBe('tok1 tok2 tok3 ');
    expect(said.doneCount).toBe(1);
    expect(said.error).toBeUndefined();
    expect(answer.complete).toBe(true);
    client.close();
  });

  const cuts = ['reset@5', 'fin@5', 'no_terminal'];
  test.each(['oa', 'an'].flatMap((account) => cuts.map((fault) => ({ account, fault }))))(
    'T4: $account cut by $fault ends in an error event, without [DONE] and without a clean end',
    async ({ account, fault }) => {
      const model = `${account}/${scenario(`chunks=10,delay=2,fault=${fault}`)}`;
      await expectCut(gateway.now.port, model, 'upstream_stream_interrupted');
      const [record] = await gateway.now.recordsOf((r) => r.model_asked === model);
      expect(record?.outcome).toBe('upstream_error');
      expect(record?.attempts ?? [record], 'nothing is tried again once something was said').toHaveLength(1);
    },
  );

  test('T5: a stall after content ends by the idle timer, and the gateway is well', async () => {
    const began = Date.now();
    await expectCut(gateway.now.port, 'hasty', 'upstream_idle');
    expect(Date.now() - began).toBeLessThan(3000);
    expect((await chat(gateway.now.url, 'oa/mock-1')).status).toBe(200);
  });

  test('T12: keep-alives do not hold up the idle timer', async () => {
    const began = Date.now();
    await expectCut(gateway.now.port, 'stalled-while-beating', 'upstream_idle');
    expect(Date.now() - began).toBeLessThan(3000);
  });

  test('T12: keep-alives in silence before the first token; the stream then is as ever', async () => {
    const client = await rawChat(gateway.now.port, 'quiet');
    await client.text(': keep-alive', 700);
    const answer = await client.answer('POST');
    const text = answer.body.toString();
    expect(text.split(': keep-alive').length - 1).toBeGreaterThanOrEqual(2);
    const said = new Transcript(text);
    expect(said.content).toBe('tok1 tok2 ');
    expect(said.isDone).toBe(true);
    expect(answer.complete).toBe(true);
    const [record] = await gateway.now.recordsOf((r) => r.model_asked === 'quiet');
    expect(record?.first_byte_us, 'a keep-alive is no first token').toBeGreaterThan(800_000);
    client.close();
  });

  test('T12: the vendor fails after keep-alives: an error event, as the head is out', async () => {
    const client = await rawChat(gateway.now.port, 'quiet-then-down');
    const answer = await client.answer('POST');
    const said = new Transcript(answer.body.toString());
    expect(answer.status).toBe(200);
    expect(said.error).toBeDefined();
    expect(said.doneCount).toBe(0);
    expect(answer.complete).toBe(false);
    client.close();
  });

  test('T12: keep-alives do not hold up the first-token timer', async () => {
    const began = Date.now();
    const client = await rawChat(gateway.now.port, 'stuck-while-beating');
    const answer = await client.answer('POST');
    expect(new Transcript(answer.body.toString()).error).toBeDefined();
    expect(Date.now() - began).toBeLessThan(2500);
    client.close();
  });

  test.each(['gzip', 'br', 'zstd'])('T14: a stream that the vendor compressed with %s is decoded', async (coding) => {
    for (const account of ['oa', 'an']) {
      const response = await chat(gateway.now.url, `${account}/${scenario(`chunks=5,coding=${coding}`)}`, {
        stream: true,
        headers: { 'accept-encoding': 'identity' },
      });
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-length')).toBeNull();
      const said = new Transcript(await response.text());
      expect(said.content).toBe('tok1 tok2 tok3 tok4 tok5 ');
      expect(said.isDone).toBe(true);
    }
  });

  test.each(['oa', 'an'])('T8: %s: a malformed event is left out, and counted in the log', async (account) => {
    const response = await chat(gateway.now.url, `${account}/${scenario('chunks=9,fault=badjson@5')}`, { stream: true });
    const said = new Transcript(await response.text());
    expect(said.isDone).toBe(true);
    expect(said.content.split(' ').filter((word) => word !== '')).toHaveLength(8);
    const id = response.headers.get('x-request-id') ?? '';
    const line = await eventually(async () => gateway.now.log.split('\n').find((l) => l.includes(id) && l.includes('no JSON')));
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', account, events: 1 });
  });

  test.each(['gzip', 'br', 'zstd'])('T14: a whole answer that the vendor compressed with %s is decoded', async (coding) => {
    const response = await chat(gateway.now.url, `oa/${scenario(`chunks=2,coding=${coding}`)}`);
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'tok1 tok2 ' } }] });
  });

  test('T11: a client that does not read holds the vendor back; others are not touched', async () => {
    const memory = async (): Promise<number> =>
      Number(/^process_resident_memory_bytes ([\d.e+]+)/m.exec(await gateway.now.metrics())?.[1]);
    const model = `oa/${scenario('chunks=1500,chunk_bytes=65536')}`;
    const began = Date.now();
    await (await chat(gateway.now.url, model, { stream: true })).arrayBuffer();
    const took = Date.now() - began;
    await mock.now.reset();
    const before = await memory();
    const client = await rawChat(gateway.now.port, model);
    await client.text('HTTP/1.1 200');
    client.socket.pause();
    const others = await parallel(20, 4, async () => (await chat(gateway.now.url, 'oa/mock-1')).status);
    expect(others.every((s) => s === 200)).toBe(true);
    await sleep(2 * took); // as long as the whole stream takes a client that reads, and more
    const { ledger } = await mock.now.stats();
    expect(ledger.filter((c) => c.events > 1000), 'the vendor is still at it').toHaveLength(0);
    expect((await memory()) - before, 'of 98 MB').toBeLessThan(10e6);
    client.reset();
    await eventually(async () => (await mock.now.stats()).aborted === 1);
  });
});

describe('before the first content', () => {
  const second = useMock();
  const routes = (name: string, first: string, more: Config = {}): Config => ({
    name,
    targets: [
      { account: 'one', model: scenario(first), order: 0 },
      { account: 'two', model: scenario('chunks=3'), order: 1 },
    ],
    ...more,
  });
  const gateway = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [openaiAccount('one', mock.now), openaiAccount('two', second.now)],
      models: [
        routes('error-first', 'fault=error@0'),
        routes('error-after-role', 'fault=error@1'),
        routes('reset-after-role', 'fault=reset@1'),
        routes('slow', 'ttft=5000', { timeouts: { first_token: '500ms' } }),
        { name: 'all-fail', attempts: 2, targets: [{ account: 'one', model: scenario('fault=error@0,error=rate_limit') }] },
      ],
    }),
  );

  test.each(['error-first', 'error-after-role', 'reset-after-role'])(
    'T6/T7: %s: the fallback answers, whole and alone',
    async (model) => {
      const response = await chat(gateway.now.url, model, { stream: true });
      const said = new Transcript(await response.text());
      expect(response.status).toBe(200);
      expect(response.headers.get('x-sluice-provider')).toBe('two');
      expect(said.content).toBe('tok1 tok2 tok3 ');
      expect(said.error).toBeUndefined();
      expect(said.chunks.filter((c) => c.choices[0]?.delta.role === 'assistant')).toHaveLength(1);
    },
  );

  test('T6: every target fails with an error inside a 200: the client gets a real status', async () => {
    const response = await chat(gateway.now.url, 'all-fail', { stream: true });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) as string } });
  });

  test('T10: a slow first token: the fallback answers, the first vendor is cancelled', async () => {
    const began = Date.now();
    const response = await chat(gateway.now.url, 'slow', { stream: true });
    expect(new Transcript(await response.text()).content).toBe('tok1 tok2 tok3 ');
    expect(Date.now() - began).toBeGreaterThanOrEqual(450);
    expect(Date.now() - began).toBeLessThan(2000);
    await eventually(async () => (await mock.now.stats()).aborted >= 1, { what: 'the first vendor to be cancelled' });
  });
});
