/** Isolation and body edges: cases I of cases-ai. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, bob, chat, openaiAccount, people, scenario, useGateway, useMock, vendorKey } from '../harness/gateway.ts';
import { exchange, RawClient } from '../harness/raw.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { Transcript } from '../harness/sse.ts';
import { eventually, parallel } from '../harness/wait.ts';

const mock = useMock('--record', '400');

describe('I1: headers', () => {
  const gateway = useGateway(() => aiConfig(mock.now));
  const secrets = {
    cookie: 'session=client-cookie',
    'x-api-key': 'client-x-api-key',
    'x-goog-api-key': 'client-goog-key',
    'proxy-authorization': 'Basic client-proxy',
    'openai-organization': 'client-org',
    'x-forwarded-for': '10.9.8.7',
    'x-custom': 'client-custom',
    te: 'trailers',
    connection: 'keep-alive, x-custom',
  };

  test.each(['oa', 'an'])('nothing of the caller reaches %s; traceparent does', async (account) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const client = await RawClient.open(gateway.now.port);
    const body = JSON.stringify({ model: `${account}/mock-1`, messages: [{ role: 'user', content: 'x' }] });
    const lines = Object.entries({ authorization: `Bearer ${alice}`, traceparent, ...secrets }).map(([n, v]) => `${n}: ${v}\r\n`);
    client.send(
      `POST /v1/chat/completions?key=client-query-key HTTP/1.1\r\nHost: gw\r\n${lines.join('')}` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect((await client.answer('POST')).status).toBe(200);
    client.close();
    const { head } = await mock.now.lastSeen();
    expect(head).toContain(traceparent);
    expect(head).not.toContain(alice);
    expect(head).not.toMatch(/client-/);
    expect(head).not.toMatch(/^te:/im);
    expect(head.split(vendorKey)).toHaveLength(2);
  });

  test('the key of the vendor is in no answer, header or log', async () => {
    const seen: string[] = [];
    for (const spec of ['', 'status=401', 'status=400', 'fault=reset@0']) {
      const response = await chat(gateway.now.url, `oa/${scenario(spec)}`);
      seen.push(JSON.stringify([...response.headers]), await response.text());
    }
    const everything = seen.join('\n') + gateway.now.program.output;
    for (const secret of [vendorKey, alice, bob]) expect(everything).not.toContain(secret);
  });
});

describe('an agent sends its conversation again with each step', () => {
  const gateway = useGateway(() => aiConfig(mock.now));
  const conversation = (who: string, turns: number) => [
    { role: 'system', content: 'You are a careful engineer. "Quotes"\n and lines.\n'.repeat(40) },
    { role: 'user', content: `Please mend ${who}.` },
    ...Array.from({ length: turns }, (_, i) => ({ role: i % 2 ? 'user' : 'assistant', content: `${i}: \t"code"\n`.repeat(90) })),
  ];
  const tools = Array.from({ length: 12 }, (_, i) => ({
    type: 'function',
    function: { name: `tool_${i}`, strict: i === 3, parameters: { type: 'object', properties: { path: { type: 'string' } } } },
  }));

  test('what is known of it changes nothing: the vendor gets what was sent, also across a reload', async () => {
    for (let step = 0; step < 5; step++) {
      if (step === 3) await gateway.now.reload(aiConfig(mock.now));
      for (const [key, who] of [[alice, 'one'], [alice, 'two'], [bob, 'one']] as const) {
        const sent = { tools, messages: conversation(who, 20 + step * 2) };
        const response = await chat(gateway.now.url, 'oa/mock-1', { key, more: sent });
        await response.text();
        expect(response.status).toBe(200);
        const { body } = await mock.now.lastSeen();
        expect(JSON.parse(body)).toMatchObject({ ...sent, model: 'mock-1' });
      }
    }
  });

  test('what differs in one byte is not what was known', async () => {
    const good = JSON.stringify({ model: 'oa/mock-1', tools, messages: conversation('one', 20) });
    const ask = (body: string) =>
      fetch(`${gateway.now.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${alice}` },
        body,
      }).then(async (r) => [r.status, await r.text()] as const);
    expect((await ask(good))[0]).toBe(200);
    const middle = good.indexOf('10: ');
    const before = await mock.now.requests();
    for (const at of [middle, good.length - 40, good.indexOf('tool_7')]) {
      const [status, text] = await ask(`${good.slice(0, at)}\x01${good.slice(at + 1)}`);
      expect(status, text).toBe(400);
    }
    expect(await mock.now.requests()).toBe(before);
    expect((await ask(good))[0]).toBe(200);
  });
});

describe('I2: concurrency', () => {
  const gateway = useGateway(() => aiConfig(mock.now));

  test('200 parallel streams with markers and random cancels: no marker crosses', async () => {
    const outcomes = await parallel(200, 200, async (i) => {
      const marker = `m-${i}-${(i * 7919) % 1000}`;
      const abort = new AbortController();
      const account = i % 2 === 0 ? 'oa' : 'an';
      const isCancelled = i % 3 === 0;
      const response = await chat(gateway.now.url, `${account}/${scenario('chunks=20,delay=10,echo')}`, {
        stream: true,
        text: `marker:${marker} please`,
        signal: abort.signal,
      });
      let text = '';
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += Buffer.from(part.value).toString();
        if (isCancelled && text.length > 1000 + i * 5) {
          abort.abort(); // not awaited: Node's fetch may never settle when the last bytes are in already
          reader.cancel().catch(() => undefined);
          return 'cancelled';
        }
      }
      const said = new Transcript(text);
      expect(said.content).toBe(Array.from({ length: 20 }, (_, k) => `${marker}.${k + 1} `).join(''));
      return 'complete';
    });
    expect(outcomes.filter((o) => o === 'complete').length).toBeGreaterThanOrEqual(133);
    await gateway.now.recordsOf(() => true, 200);
    await eventually(async () => /^sluice_requests_in_flight\S* [1-9]/m.test(await gateway.now.metrics()) === false, {
      what: 'no exchange left',
    });
    expect((await chat(gateway.now.url, 'oa/mock-1')).status).toBe(200);
  });
});

describe('I6: body edges', () => {
  const gateway = useGateway(() => aiConfig(mock.now, { gateway: { limits: { ai_body: '200KiB' } } }));
  const fields = `Host: gw\r\nAuthorization: Bearer ${alice}\r\nContent-Type: application/json\r\n`;
  const request = (body: Buffer | string, framing?: string): Buffer =>
    Buffer.concat([
      Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${fields}${framing ?? `Content-Length: ${Buffer.byteLength(body)}`}\r\n\r\n`),
      Buffer.from(body),
    ]);
  const good = '{"model":"oa/mock-1","messages":[{"role":"user","content":"hi"}]}';

  const deep = '['.repeat(10_000);
  const bad: { what: string; body: Buffer | string }[] = [
    { what: 'invalid UTF-8', body: Buffer.from('{"model":"oa/mock-1","messages":[{"role":"user","content":"\xff\xfe"}]}', 'latin1') },
    { what: 'nesting of 10,000', body: `{"model":"oa/mock-1","messages":[],"x":${deep}${']'.repeat(10_000)}}` },
    { what: 'nesting that never closes', body: `{"model":"oa/mock-1","x":${deep}` },
    { what: 'no JSON', body: 'model=oa/mock-1' },
    { what: 'nothing', body: '' },
    { what: 'an array', body: '[1,2]' },
    { what: 'no model', body: '{"messages":[]}' },
    { what: 'a model that is a number', body: '{"model":7,"messages":[]}' },
    { what: 'messages that are text', body: '{"model":"oa/mock-1","messages":"hi"}' },
    { what: 'something behind the end', body: `${good}}` },
    { what: 'two models', body: good.replace('{', '{"model":"an/mock-1",') },
    { what: 'a lone surrogate in the model', body: good.replace('mock-1', '\\ud800') },
  ];
  test.each(bad)('$what is 400 in the dialect of the client, and reaches nobody', async ({ body }) => {
    const { answer } = await exchange(gateway.now.port, request(body), { method: 'POST', fate: 0 });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(await mock.now.requests()).toBe(0);
  });

  test.each(['Content-Length', 'chunked'])('a body over the limit (%s) is 413, on record with its caller', async (framing) => {
    const text = JSON.stringify({ model: 'oa/mock-1', messages: [{ role: 'user', content: 'x'.repeat(300_000) }] });
    const client = await RawClient.open(gateway.now.port);
    client.send(
      framing === 'chunked'
        ? Buffer.concat([request('', 'Transfer-Encoding: chunked'), Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`)])
        : request(text),
    );
    const answer = await client.answer('POST');
    client.close();
    expect(answer.status).toBe(413);
    expect(await mock.now.requests()).toBe(0);
    const [record] = await gateway.now.recordsOf((r) => r.status === 413);
    expect(record?.consumer).toBe('alice');
  });

  /** A frame of one block that is not compressed (RFC 8878): Node 20 has no zstd. */
  const zstdOf = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length, ((text.length << 3) | 1) & 0xff, text.length >> 5, 0]), Buffer.from(text)]);

  describe('compressed bodies', () => {
    const post = (body: Buffer | string, coding: string): Promise<Response> =>
      fetch(`${gateway.now.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json', 'content-encoding': coding },
        body: new Uint8Array(Buffer.from(body)),
      });
    const zeros = JSON.stringify({ model: 'oa/mock-1', messages: [{ role: 'user', content: 'x'.repeat(20_000_000) }] });

    test.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['zstd', zstdOf],
    ] as const)('I6: %s is undone, and the vendor sees plain JSON', async (coding, pack) => {
      const response = await post(pack(good), coding);
      expect(response.status).toBe(200);
      await response.text();
      const { head, body } = await mock.now.lastSeen();
      expect(JSON.parse(body)).toMatchObject({ messages: [{ role: 'user', content: 'hi' }] });
      expect(head.toLowerCase()).not.toContain('content-encoding');
    });

    test.each([
      ['a bomb', gzipSync(zeros), 'gzip', 413],
      ['a bomb in br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }), 'br', 413],
      ['what breaks off', gzipSync(good).subarray(0, -9), 'gzip', 400],
      ['what is none', good, 'gzip', 400],
      ['nothing', '', 'gzip', 400],
      ['a coding that nobody knows', good, 'rot13', 415],
      ['two codings', gzipSync(gzipSync(good)), 'gzip, gzip', 415],
    ] as const)('%s reaches nobody', async (_, body, coding, status) => {
      const response = await post(body as string, coding);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
      expect(await mock.now.requests()).toBe(0);
    });
  });

  test('Expect: 100-continue and chunked bodies work', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(`POST /v1/chat/completions HTTP/1.1\r\n${fields}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n`);
    expect((await client.answer('POST')).status).toBe(100);
    for (const byte of good) client.send(`1;x=y\r\n${byte}\r\n`);
    client.send('0\r\n\r\n');
    expect((await client.answer('POST')).status).toBe(200);
    client.close();
  });

  test('Expect with a wrong key: 401 and no 100', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(`POST /v1/chat/completions HTTP/1.1\r\n${fields.replace(alice, 'wrong')}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n`);
    expect((await client.answer('POST')).status).toBe(401);
    client.close();
  });

  test('Transfer-Encoding with Content-Length is 400', async () => {
    const framing = `Content-Length: ${good.length}\r\nTransfer-Encoding: chunked`;
    const { answer, fate } = await exchange(gateway.now.port, request(good, framing), { method: 'POST' });
    expect(answer.status).toBe(400);
    expect(fate).not.toBe('open');
    expect(await mock.now.requests()).toBe(0);
  });
});

describe('I7: who may use which model', () => {
  const second = useMock();
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      accounts: [openaiAccount('oa', mock.now), openaiAccount('two', second.now)],
      consumers: [
        ...(people as object[]).slice(0, 1),
        { name: 'bob', keys: [{ key: bob }], policies: [{ type: 'model_allow', allow: ['oa/*'] }] },
      ] as typeof people,
      models: [
        { name: 'cheap', aliases: ['thrifty'], targets: [{ account: 'oa', model: 'mock-1' }, { account: 'two', model: 'mock-1', order: 1 }] },
        { name: 'small', targets: [{ account: 'oa', model: 'mock-1' }], context_fallback: 'two/mock-1' },
        { name: 'dear', aliases: ['also-cheap'], targets: [{ account: 'two', model: 'mock-1' }] },
      ],
    }),
  );

  const rows = [
    { model: 'cheap', status: 200 },
    { model: 'thrifty', status: 200 },
    { model: 'dear', status: 403 },
    { model: 'also-cheap', status: 403 },
    { model: 'two/mock-1', status: 403 },
  ];
  test.each(rows)('$model: $status, whatever the alias', async ({ model, status }) => {
    for (const path of ['chat/completions', 'embeddings']) {
      const response = await fetch(`${gateway.now.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bob}` },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], input: 'x' }),
      });
      await response.text();
      expect(response.status, path).toBe(status);
    }
  });

  const others = [
    { path: '/v1/responses', body: (model: string) => ({ model, input: 'x' }) },
    { path: '/v1/responses/input_tokens', body: (model: string) => ({ model, input: 'x' }) },
    { path: '/v1/messages', body: (model: string) => ({ model, max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }) },
    { path: (model: string) => `/v1beta/models/${model}:generateContent`, body: () => ({ contents: [{ role: 'user', parts: [{ text: 'x' }] }] }) },
    { path: (model: string) => `/v1beta/models/${model}:embedContent`, body: () => ({ content: { parts: [{ text: 'x' }] } }) },
    { path: '/v2/embed', body: (model: string) => ({ model, texts: ['x'], input_type: 'search_query', embedding_types: ['float'] }) },
    { path: '/v2/rerank', body: (model: string) => ({ model, query: 'x', documents: ['x'] }) },
  ];
  test.each(rows)('$model: $status in the other dialects, too', async ({ model, status }) => {
    for (const { path, body } of others) {
      const where = typeof path === 'string' ? path : path(model);
      const response = await fetch(`${gateway.now.url}${where}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bob}` },
        body: JSON.stringify(body(model)),
      });
      await response.text();
      // What is allowed may yet not be offered by the vendor (rankings): then it is not a 403 either.
      if (status === 403) expect(response.status, where).toBe(403);
      else expect(response.status, where).not.toBe(403);
    }
    if (status === 403) expect((await mock.now.requests()) + (await second.now.requests())).toBe(0);
  });

  test('I7: the fallback for long prompts is no way around', async () => {
    const ask = (key: string): Promise<Response> =>
      fetch(`${gateway.now.url}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'x' }] }) });
    await mock.now.script({ always: 'error=context_length_exceeded' });
    const [mine, others] = [await ask(alice), await ask(bob)];
    expect([mine.status, others.status]).toEqual([200, 400]);
    expect(((await others.json()) as { error: { code: string } }).error.code).toBe('context_length_exceeded');
    expect(await second.now.requests(), 'only the one who may').toBe(1);
  });

  test('I7: a kept response is out of reach with its model', async () => {
    const config = (allow: string[]): Config =>
      aiConfig(mock.now, {
        accounts: [openaiAccount('oa', mock.now), openaiAccount('two', second.now)],
        consumers: [{ name: 'bob', keys: [{ key: bob }], policies: [{ type: 'model_allow', allow }] }],
      });
    const ask = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`${own.url}/v1/responses${path}`, {
        method,
        headers: { authorization: `Bearer ${bob}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const own = await Sluice.start(config(['oa/*', 'two/*']));
    try {
      const made = await ask('POST', '', { model: 'two/mock-1', input: 'x' });
      expect(made.status).toBe(200);
      const { id } = (await made.json()) as { id: string };
      expect((await ask('GET', `/${id}`)).status).toBe(200);
      await own.reload(config(['oa/*']));
      const before = await second.now.requests();
      for (const [method, path] of [['GET', ''], ['GET', '/input_items'], ['POST', '/cancel'], ['DELETE', '']] as const)
        expect((await ask(method, `/${id}${path}`)).status, `${method} ${path}`).toBe(403);
      expect((await ask('POST', '', { model: 'two/mock-1', input: 'y', previous_response_id: id })).status).toBe(403);
      expect(await second.now.requests()).toBe(before);
      await own.reload(config(['oa/*', 'two/*']));
      expect((await ask('DELETE', `/${id}`)).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  test('a fallback that is not allowed is not used', async () => {
    await mock.now.script({ always: 'status=503' });
    const response = await chat(gateway.now.url, 'cheap', { key: bob });
    await response.text();
    expect(response.status).toBe(503);
    expect(await second.now.requests()).toBe(0);
  });

  test('/v1/models shows only what is allowed', async () => {
    const response = await fetch(`${gateway.now.url}/v1/models`, { headers: { authorization: `Bearer ${bob}` } });
    const { data } = (await response.json()) as { data: { id: string }[] };
    const ids = data.map((m) => m.id);
    expect(ids).toContain('cheap');
    expect(ids).not.toContain('dear');
    expect(ids).not.toContain('also-cheap');
  });
});
