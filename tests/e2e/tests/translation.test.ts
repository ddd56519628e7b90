/** Translation: cases X of cases-ai that are of this step, as seen from outside. */
import { describe, expect, test } from 'vitest';
import OpenAI from 'openai';
import { aiConfig, alice, anthropicAccount, chat, openaiAccount, scenario, useGateway, useMock } from '../harness/gateway.ts';
import { Transcript } from '../harness/sse.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now),
      anthropicAccount('an', mock.now),
      openaiAccount('ce', mock.now, { vendor: 'cerebras' }),
      openaiAccount('no-strict', mock.now, { vendor: 'doubleword' }),
      openaiAccount('oa-always', mock.now, { stream: 'always' }),
      anthropicAccount('an-always', mock.now, { stream: 'always' }),
      openaiAccount('oa-never', mock.now, { stream: 'never' }),
      anthropicAccount('an-never', mock.now, { stream: 'never' }),
    ],
    models: [
      { name: 'gathered', targets: [{ account: 'oa', model: 'mock-1', stream: 'always' }], timeouts: { first_token: '400ms', idle: '400ms' } },
      { name: 'public', aliases: ['nick'], targets: [{ account: 'oa', model: 'mock-1' }] },
      { name: 'public-claude', targets: [{ account: 'an', model: 'mock-1' }] },
      { name: 'honest', show_real_model: true, targets: [{ account: 'oa', model: 'mock-1' }] },
    ],
  }),
);

function post(body: string, path = '/v1/chat/completions'): Promise<Response> {
  return fetch(`${gateway.now.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' },
    body,
  });
}

describe('X1: unknown members', () => {
  test('reach a vendor of the same dialect byte for byte; only the model is replaced', async () => {
    const body =
      '{ "x_first" : 1e400,\n\t"model":"public" , "big":12345678901234567890,"neg":-0.0, "money":1.10,' +
      '"nested":{"a":[1,{"b":null,"b2":"\\u00e9\\ud83d\\ude00/\\/"}],"z":true},' +
      '"messages":[{"role":"user","content":"hi","custom":{"k":[ ]}}], "dup":1,"dup":2 , "last":"" }';
    const response = await post(body);
    expect(response.status).toBe(200);
    expect((await mock.now.lastSeen()).body).toBe(body.replace('"public"', '"mock-1"'));
  });

  test('a vendor of another dialect: what was dropped is said, nothing internal is added', async () => {
    const response = await chat(gateway.now.url, 'public-claude', { more: { x_unknown: { deep: [1] }, logit_bias: { 5: 1 } } });
    expect(response.status).toBe(200);
    const dropped = response.headers.get('x-sluice-dropped-params') ?? '';
    expect(dropped).toContain('x_unknown');
    expect(dropped).toContain('logit_bias');
    const sent = JSON.parse((await mock.now.lastSeen()).body) as Record<string, unknown>;
    for (const name of Object.keys(sent))
      expect(['model', 'messages', 'max_tokens', 'stream', 'system', 'temperature']).toContain(name);
    expect(JSON.stringify(sent)).not.toContain('null');
  });

  test.each(['oa', 'an', 'ce', 'no-strict'])('what holds anyway is no loss at %s', async (account) => {
    const response = await fetch(`${gateway.now.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json', 'x-sluice-strict': 'true' },
      body: JSON.stringify({
        model: `${account}/mock-1`,
        messages: [{ role: 'user', content: 'hi' }],
        ...{ store: false, n: 1, logprobs: false, presence_penalty: 0, service_tier: 'auto', parallel_tool_calls: true },
      }),
    });
    expect(await response.text()).toContain('tok1');
    expect(response.headers.get('x-sluice-dropped-params')).toBeNull();
  });

  test('what was said aloud is refused where it is not kept', async () => {
    const said = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: null, audio: { id: 'audio_1' } }];
    const ask = (model: string): Promise<Response> =>
      post(JSON.stringify({ model, messages: [...said, { role: 'user', content: 'again' }] }));
    expect((await ask('oa/mock-1')).status).toBe(200);
    const refused = await ask('an/mock-1');
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'messages[1]' } }]);
  });

  test('a big request is not touched either', async () => {
    const text = 'lorem ipsum "quoted" \\ \u00e9 '.repeat(10_000);
    const body = JSON.stringify({ messages: [{ role: 'user', content: text }], tail: 'x', model: 'public' });
    expect((await post(body)).status).toBe(200);
    expect((await mock.now.lastSeen()).body).toBe(body.replace('"public"', '"mock-1"'));
  });
});

describe('X2, X3: tools', () => {
  const tools = ['alpha', 'beta'].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }));
  const shapes = ['args=empty', 'args=invalid', 'args=null', 'args_first', 'arg_bytes=1', 'tool_index=none', 'tool_index=zero'];
  test.each(['oa', 'an'].flatMap((account) => shapes.map((shape) => ({ account, shape }))))(
    '$account with $shape: the stream is well-formed and ends',
    async ({ account, shape }) => {
      const model = `${account}/${scenario(`tools=2,chunks=1,${shape}`)}`;
      const said = new Transcript(await (await chat(gateway.now.url, model, { stream: true, more: { tools } })).text());
      expect(said.isDone).toBe(true);
      expect(said.chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    },
  );
});

describe('c36: strict is the default, or a promise, and is said where it is neither', () => {
  const properties = { a: { type: 'string' } };
  const fit = { type: 'object', properties, required: ['a'], additionalProperties: false };
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await post(JSON.stringify(body), path);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-dropped-params')).toBeNull();
    const sent = JSON.parse((await mock.now.lastSeen()).body) as {
      tools?: { function: object }[];
      response_format?: { json_schema: object };
    };
    return sent.tools?.[0]?.function ?? sent.response_format?.json_schema;
  };
  const tool = (model: string, schema: object): Promise<unknown> =>
    ask('/v1/responses', { model, input: 'hi', tools: [{ type: 'function', name: 'f', parameters: schema }] });
  const format = (model: string, schema: object): Promise<unknown> =>
    ask('/v1/messages', {
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
      output_config: { format: { type: 'json_schema', schema } },
    });

  test.each([
    { what: 'a function of a Responses client', say: tool },
    { what: "the schema of an Anthropic client's answer", say: format },
  ])('$what', async ({ say }) => {
    expect(await say('ce/mock-1', fit)).toHaveProperty('strict', true);
    expect(await say('ce/mock-1', { type: 'object', properties })).not.toHaveProperty('strict');
    expect(await say('no-strict/mock-1', fit), 'a vendor that does not know the word').not.toHaveProperty('strict');
  });
});

describe('X5: conversations for a vendor with stricter rules', () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const say = (messages: object[], model = 'an/mock-1'): Promise<Response> =>
    post(JSON.stringify({ model, messages, tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }] }));
  interface Sent {
    system?: unknown;
    messages: { role: string; content: { type: string; text?: string; id?: string; tool_use_id?: string }[] }[];
  }
  const sent = async (): Promise<Sent> => JSON.parse((await mock.now.lastSeen()).body) as Sent;
  const user = { role: 'user', content: 'hello' };

  test('neighbours of one role are merged, empty texts go, system texts are hoisted', async () => {
    const done = await say([
      { role: 'system', content: 's1' }, user, { role: 'user', content: 'more' }, { role: 'assistant', content: '  ' },
      { role: 'developer', content: 's2' }, { role: 'user', content: 'end' },
    ]);
    expect(done.status).toBe(200);
    const { messages, system } = await sent();
    expect(messages.map((m) => m.role)).toEqual(['user']);
    expect(messages[0]?.content.map((c) => c.text)).toEqual(['hello', 'more', 'end']);
    expect(JSON.stringify(system)).toMatch(/s1.*s2/);
  });

  test('results of parallel calls are one message; ids that the vendor does not take are spelled so that it does', async () => {
    const ids = ['call_1', 'call:2 x'];
    const done = await say([
      user, { role: 'assistant', content: null, tool_calls: ids.map(call) },
      ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: `result of ${id}` })),
    ]);
    expect(done.status).toBe(200);
    const [, uses, results] = (await sent()).messages;
    const asked = uses?.content.map((c) => c.id) ?? [];
    expect(asked).toHaveLength(2);
    for (const id of asked) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(results?.content.map((c) => c.tool_use_id)).toEqual(asked);
  });

  const wrong = [
    { what: 'a result without a call', messages: [user, { role: 'tool', tool_call_id: 'c9', content: 'r' }], index: 1 },
    { what: 'a second result of one call', messages: [user, { role: 'assistant', tool_calls: [call('c1')] }, { role: 'tool', tool_call_id: 'c1', content: 'r' }, { role: 'tool', tool_call_id: 'c1', content: 'r' }], index: 3 },
    { what: 'a call without a result', messages: [user, { role: 'assistant', tool_calls: [call('c1')] }, user], index: 1 },
  ];
  test.each(wrong)('$what is refused here, by its index', async ({ messages, index }) => {
    const refused = await say(messages);
    expect(refused.status).toBe(400);
    const { error } = (await refused.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toContain(`messages[${index}]`);
    expect(await mock.now.requests()).toBe(0);
  });
});

describe('X4: finish reasons', () => {
  const rows = [
    { account: 'an', finish: 'max_tokens', seen: 'length' },
    { account: 'an', finish: 'refusal', seen: 'content_filter' },
    { account: 'an', finish: 'stop_sequence', seen: 'stop' },
    { account: 'oa', finish: 'content_filter', seen: 'content_filter' },
  ];
  test.each(rows)('$account: $finish is $seen', async ({ account, finish, seen }) => {
    for (const stream of [false, true]) {
      const response = await chat(gateway.now.url, `${account}/${scenario(`chunks=1,finish=${finish}`)}`, { stream });
      const text = await response.text();
      const reasons = [...text.matchAll(/"finish_reason":"(\w+)"/g)].map((m) => m[1]);
      expect(reasons).toEqual([seen]);
    }
  });
});

describe('X13: model identity', () => {
  const rows = [
    { asked: 'public', shown: 'public' },
    { asked: 'nick', shown: 'nick' },
    { asked: 'honest', shown: 'mock-1-2024' },
    { asked: 'public-claude', shown: 'public-claude' },
  ];
  test.each(rows)('$asked is answered as $shown, in every chunk and on record', async ({ asked, shown }) => {
    await mock.now.script({ always: 'chunks=3,model=mock-1-2024' });
    for (const stream of [false, true]) {
      const response = await chat(gateway.now.url, asked, { stream });
      const text = await response.text();
      const models = new Set([...text.matchAll(/"model":"([^"]*)"/g)].map((m) => m[1]));
      expect([...models]).toEqual([shown]);
      const record = await gateway.now.record(response.headers.get('x-request-id'));
      expect(record).toMatchObject({ model_asked: asked, model: 'mock-1', vendor_model: 'mock-1-2024' });
      expect(response.headers.get('x-sluice-model')).toBe('mock-1');
    }
  });

  test('/v1/models lists what the key may use', async () => {
    const response = await fetch(`${gateway.now.url}/v1/models`, { headers: { authorization: `Bearer ${alice}` } });
    const list = (await response.json()) as { object: string; data: { id: string; object: string }[] };
    expect(list.object).toBe('list');
    expect(list.data.map((m) => m.id)).toEqual(expect.arrayContaining(['public', 'public-claude', 'honest']));
    expect(list.data.every((m) => m.object === 'model')).toBe(true);
  });
});

describe('T15: whole or streamed, whatever the vendor does', () => {
  const sdk = (): OpenAI => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
  const tools = ['alpha', 'beta'].map((name) => ({ type: 'function' as const, function: { name, parameters: { type: 'object' } } }));
  const ask = (model: string) => ({ model, tools, messages: [{ role: 'user' as const, content: 'hello' }] });
  /** What an answer says: not what names this one, or only decorates it; arguments by their meaning. */
  const plain = ({ choices, usage, service_tier }: OpenAI.ChatCompletion): unknown => ({
    choices: choices.map(({ index, finish_reason, message: { role, content, refusal, tool_calls } }) => ({
      index,
      finish_reason,
      message: { role, content, refusal },
      calls: (tool_calls ?? []).map((call) => {
        if (call.type !== 'function') throw new Error(call.type);
        expect(call.id).not.toBe('');
        return [call.function.name, JSON.parse(call.function.arguments) as unknown];
      }),
    })),
    usage: [
      usage?.prompt_tokens, usage?.prompt_tokens_details?.cached_tokens,
      usage?.completion_tokens, usage?.completion_tokens_details?.reasoning_tokens, usage?.total_tokens,
    ],
    service_tier,
  });
  const shapes = ['chunks=5,prompt=11,cached=4', 'chunks=3,tools=2,arg_bytes=3', 'chunks=0,tools=2,args_first', 'chunks=2,finish=length', 'chunks=4,nodone'];
  const vendors = ['oa', 'an'];
  const rows = vendors.flatMap((vendor) => shapes.map((shape) => ({ vendor, shape })));

  test.each(rows)('$vendor with $shape, asked for a stream: the gathered answer is the whole one', async ({ vendor, shape }) => {
    await mock.now.script({ always: shape });
    const whole = await sdk().chat.completions.create(ask(`${vendor}/mock-1`));
    expect(JSON.parse((await mock.now.lastSeen()).body)).not.toHaveProperty('stream', true);
    const { data: gathered, response } = await sdk().chat.completions.create(ask(`${vendor}-always/mock-1`)).withResponse();
    expect(JSON.parse((await mock.now.lastSeen()).body)).toHaveProperty('stream', true);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(plain(gathered)).toEqual(plain(whole));
    const record = await gateway.now.record(response.headers.get('x-request-id'));
    expect(record.usage_source).toBe('reported');
  });

  test.each(rows.filter(({ shape }) => !shape.includes('nodone')))('$vendor with $shape, never asked for one: the stream says the same', async ({ vendor, shape }) => {
    await mock.now.script({ always: shape });
    const of = async (account: string): Promise<unknown> => {
      const stream = sdk().chat.completions.stream({ ...ask(`${account}/mock-1`), stream_options: { include_usage: true } });
      return plain((await stream.finalChatCompletion()) as OpenAI.ChatCompletion);
    };
    const streamed = await of(vendor);
    const made = await of(`${vendor}-never`);
    expect(JSON.parse((await mock.now.lastSeen()).body)).not.toHaveProperty('stream', true);
    expect(made).toEqual(streamed);
  });

  test('a gathered stream may take longer than its first token, but not fall silent', async () => {
    await mock.now.script({ always: 'chunks=8,delay=150' });
    const long = await chat(gateway.now.url, 'gathered');
    expect(long.status).toBe(200);
    expect(((await long.json()) as OpenAI.ChatCompletion).choices[0]?.message.content).toContain('tok8');
    await mock.now.script({ always: 'chunks=8,fault=stall@3' });
    const silent = await chat(gateway.now.url, 'gathered');
    expect(silent.status).toBe(504);
    await silent.text();
  });

  test('a stream that breaks off is no whole answer', async () => {
    await mock.now.script({ always: 'chunks=8,fault=reset@3' });
    const response = await chat(gateway.now.url, 'oa-always/mock-1');
    expect(response.status).toBe(502);
    await response.text();
  });

  test('the connection to the vendor is kept', async () => {
    await mock.now.script({ always: 'chunks=3' });
    for (let i = 0; i < 5; i++) await (await chat(gateway.now.url, 'oa-always/mock-1')).text();
    const { connections_accepted: before } = await mock.now.stats();
    for (let i = 0; i < 10; i++) await (await chat(gateway.now.url, 'oa-always/mock-1')).text();
    const { connections_accepted: after } = await mock.now.stats();
    expect(after - before, 'of which two ask for the numbers').toBeLessThan(5);
  });
});
