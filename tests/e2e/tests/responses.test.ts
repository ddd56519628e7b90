/**
 * The official OpenAI SDK on /v1/responses, through the gateway, to vendors of every dialect.
 */
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, anthropicAccount, bob, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now, { vendor: 'custom-openai' }),
      anthropicAccount('an', mock.now),
      openaiAccount('re', mock.now),
      openaiAccount('limited-re', mock.now),
      openaiAccount('native-re', mock.now, { vendor: 'custom-responses' }),
      openaiAccount('limited-oa', mock.now, { vendor: 'custom-openai' }),
      anthropicAccount('limited-an', mock.now),
    ],
  }),
);

const client = (more: { apiKey?: string; maxRetries?: number } = {}): OpenAI =>
  new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0, ...more });

const tools: OpenAI.Responses.Tool[] = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  name,
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}));

async function failure(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`not an APIError: ${String(error)}`);
  return error;
}

const vendors = [
  { vendor: 'OpenAI', account: 'oa/', isNative: false },
  { vendor: 'Anthropic', account: 'an/', isNative: false },
  { vendor: 'Responses', account: 're/', isNative: true },
];

describe.each(vendors)('a vendor of the $vendor dialect', ({ account, isNative }) => {
  const model = (spec = ''): string => `${account}mock-1${spec === '' ? '' : `!${spec}`}`;

  test('a response', async () => {
    const done = await client().responses.create({
      model: model('chunks=3,prompt=7'),
      instructions: 'Be brief.',
      input: 'Hello there!',
      metadata: { team: 'a' },
    });
    expect(done.object).toBe('response');
    expect(done.id).toMatch(/^resp_/);
    expect(done.status).toBe('completed');
    expect(done.output_text).toBe('tok1 tok2 tok3 ');
    expect(done.instructions).toBe('Be brief.');
    expect(done.metadata).toEqual({ team: 'a' });
    expect(done.output[0]).toMatchObject({ type: 'message', role: 'assistant', status: 'completed' });
    expect(done.usage).toMatchObject({ input_tokens: 7, output_tokens: 3, total_tokens: 10 });
  });

  test('X7 a streamed response, event by event', async () => {
    const stream = await client().responses.create({ model: model('chunks=5'), input: 'Hi', stream: true });
    const types: string[] = [];
    let text = '';
    let number = 0;
    for await (const event of stream) {
      expect(event.sequence_number).toBe(number++);
      if (event.type === 'response.output_text.delta') text += event.delta;
      else types.push(event.type);
    }
    expect(text).toBe('tok1 tok2 tok3 tok4 tok5 ');
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  test("X7 the SDK's accumulator builds what the last event repeats", async () => {
    const stream = client().responses.stream({ model: model('chunks=2,tools=2,arg_bytes=3'), input: 'Hi', tools });
    const snapshots: string[] = [];
    stream.on('response.function_call_arguments.delta', (event) => snapshots.push(event.snapshot));
    const done = await stream.finalResponse();
    expect(done.status).toBe('completed');
    expect(done.output.map((item) => item.type)).toEqual(['message', 'function_call', 'function_call']);
    const calls = done.output.filter((item) => item.type === 'function_call');
    expect(calls.map((call) => call.name)).toEqual(['get_weather', 'get_time']);
    for (const call of calls) expect(JSON.parse(call.arguments)).toBeTypeOf('object');
    expect(new Set(done.output.map((item) => item.id)).size).toBe(3);
    expect(snapshots.at(-1)).toBe(calls.at(-1)?.arguments);
    expect(done.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('T15 streamed and whole say the same', async () => {
    const ask = { model: model('chunks=4,tools=1'), input: 'Hi', tools };
    const whole = await client().responses.create(ask);
    const streamed = await client().responses.stream(ask).finalResponse();
    const shape = (r: OpenAI.Responses.Response): unknown =>
      r.output.map((item) => (item.type === 'message' ? item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)) : item.type === 'function_call' ? [item.name, JSON.parse(item.arguments)] : item.type));
    expect(shape(streamed)).toEqual(shape(whole));
    expect(streamed.usage).toEqual(whole.usage);
  });

  const testBridged = isNative ? (): void => undefined : test; // a native vendor knows its own ids
  testBridged('X7 items are named by their ids, but only by who made them', async () => {
    const first = await client().responses.create({ model: model('tools=1,chunks=1'), input: 'Weather?', tools });
    const input: OpenAI.Responses.ResponseInputItem[] = [
      { role: 'user', content: 'Weather?' },
      ...first.output.map((item) => ({ type: 'item_reference' as const, id: item.id! })),
      ...first.output.flatMap((i) => (i.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: i.call_id, output: 'rain' }] : [])),
    ];
    const second = await client().responses.create({ model: model('chunks=2'), input, tools });
    expect(second.output_text).toBe('tok1 tok2 ');
    expect((await mock.now.lastSeen()).body).toMatch(/tok1 .*get_weather.*rain/s);
    const stranger = await failure(client({ apiKey: bob }).responses.create({ model: model('chunks=2'), input, tools }));
    expect(stranger.status).toBe(400);
    expect(stranger.message).toContain('input[1].id');
  });

  test('a tool loop with an image in the result', async () => {
    const first = await client().responses.create({ model: model('tools=1,chunks=0'), input: 'Weather?', tools });
    const call = first.output.find((item) => item.type === 'function_call');
    if (call?.type !== 'function_call') throw new Error('no call');
    const second = await client().responses.create({
      model: model('chunks=2'),
      input: [
        { role: 'user', content: 'Weather?' },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        {
          type: 'function_call_output',
          call_id: call.call_id,
          output: [
            { type: 'input_text', text: 'see' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' },
          ],
        },
      ],
      tools,
    });
    expect(second.output_text).toBe('tok1 tok2 ');
    const asked = (await mock.now.lastSeen()).body;
    expect(asked).toContain('iVBORw0KGgo=');
    expect(asked).toContain(call.call_id);
  });

  test('X4 a limit makes it incomplete', async () => {
    const done = await client().responses.create({ model: model('chunks=50'), input: 'Hi', max_output_tokens: 16 });
    expect(done.status).toBe('incomplete');
    expect(done.incomplete_details?.reason).toBe('max_output_tokens');
  });

  test('E10 errors have the shape of the dialect', async () => {
    const refused = await failure(client().responses.create({ model: model('error=context_length_exceeded'), input: 'Hi' }));
    expect(refused.status).toBe(400);
    expect(refused.code).toBe('context_length_exceeded');
    const limited = await failure(client().responses.create({ model: `limited-${model('status=429,retry_after=1')}`, input: 'Hi' }));
    expect(limited.status).toBe(429);
    expect(limited.headers?.get('retry-after')).toBe('1');
    if (isNative) return; // what follows is for the vendor to say
    const wrong = await failure(client().responses.create({ model: model(), input: [{ type: 'message', role: 'user', content: [{ type: 'input_image', detail: 'auto' }] }] }));
    expect(wrong.status).toBe(400);
    expect(wrong.message).toContain('input[0].content[0].image_url');
    const hosted = await failure(client().responses.create({ model: model(), input: 'Hi', tools: [{ type: 'web_search' }] }));
    expect(hosted.status).toBe(400);
    expect(hosted.message).toContain('tools[0].type');
  });

  test('T4 a stream that breaks off is no answer', async () => {
    const stream = await client().responses.create({ model: model('chunks=9,fault=reset@5'), input: 'Hi', stream: true });
    const types: string[] = [];
    const error = await (async () => {
      for await (const event of stream) types.push(event.type);
    })().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeDefined();
    expect(types).not.toContain('response.completed');
    expect(types.at(-1)).toBe(isNative ? 'error' : 'response.failed');
  });

  test('X1 what a vendor does not have is named', async () => {
    const answer = await client()
      .responses.create({ model: model(), input: 'Hi', truncation: 'auto', include: ['web_search_call.results'] })
      .asResponse();
    expect(answer.headers.get('x-sluice-dropped-params')).toBe(isNative ? null : 'truncation,include');
  });

  test('X7 previous_response_id goes on with the conversation', async () => {
    const first = await client().responses.create({ model: model('chunks=1,tools=1'), input: 'My name is Ada.', tools });
    const call = first.output.find((item) => item.type === 'function_call');
    if (call?.type !== 'function_call') throw new Error('no call');
    const second = await client().responses.create({
      model: model('chunks=2'),
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }],
      tools,
    });
    expect(second.previous_response_id).toBe(first.id);
    const third = await client()
      .responses.stream({ model: model('chunks=2'), previous_response_id: second.id, input: 'And now?', tools })
      .finalResponse();
    expect(third.output_text).toBe('tok1 tok2 ');
    const { body } = await mock.now.lastSeen();
    expect(body).toContain('And now?');
    if (isNative) {
      expect(body).toContain(second.id);
      expect(body).not.toContain('Ada');
      return;
    }
    expect(body).not.toContain('previous_response_id');
    for (const said of ['My name is Ada.', call.call_id, 'sunny', 'tok1 tok2 ']) expect(body).toContain(said);
    expect(body.indexOf('Ada')).toBeLessThan(body.indexOf('sunny'));
    expect(body.indexOf('sunny')).toBeLessThan(body.indexOf('And now?'));
  });

  test('X7 a response is read again, listed and deleted', async () => {
    const made = await client().responses.create({ model: model('chunks=2'), input: 'Hello', metadata: { a: '1' } });
    const again = await client().responses.retrieve(made.id);
    expect(again).toMatchObject({ id: made.id, status: 'completed', model: made.model, metadata: { a: '1' } });
    expect(again.output_text).toBe(made.output_text);
    expect(again.usage).toEqual(made.usage);
    const items = await client().responses.inputItems.list(made.id);
    expect(JSON.stringify(items.data)).toContain('Hello');
    expect((await failure(client().responses.cancel(made.id))).status).toBe(400);
    await client().responses.delete(made.id);
    expect((await failure(client().responses.retrieve(made.id))).status).toBe(404);
    const gone = await failure(client().responses.create({ model: model(), previous_response_id: made.id, input: 'x' }));
    expect(gone.code).toBe('previous_response_not_found');
  });

  test('X7 an unknown previous response is never ignored', async () => {
    const before = await mock.now.requests();
    const unknown = await failure(client().responses.create({ model: model(), previous_response_id: 'resp_nobody', input: 'x' }));
    expect(unknown).toMatchObject({ status: 400, code: 'previous_response_not_found', param: 'previous_response_id' });
    expect(await mock.now.requests()).toBe(before);
  });

  test("X7 another consumer's response is not there", async () => {
    const mine = await client().responses.create({ model: model('chunks=1'), input: 'My secret' });
    const other = client({ apiKey: bob });
    expect((await failure(other.responses.retrieve(mine.id))).status).toBe(404);
    expect((await failure(other.responses.inputItems.list(mine.id) as Promise<unknown>)).status).toBe(404);
    expect((await failure(other.responses.delete(mine.id))).status).toBe(404);
    const stolen = await failure(other.responses.create({ model: model(), previous_response_id: mine.id, input: 'Repeat.' }));
    expect(stolen.code).toBe('previous_response_not_found');
    expect((await client().responses.retrieve(mine.id)).id).toBe(mine.id);
  });

  test('X7 store: false keeps nothing', async () => {
    const made = await client().responses.create({ model: model('chunks=1'), input: 'Hello', store: false });
    expect((await failure(client().responses.retrieve(made.id))).status).toBe(404);
    const after = await failure(client().responses.create({ model: model(), previous_response_id: made.id, input: 'x' }));
    expect(after.code).toBe('previous_response_not_found');
  });

  test('E12 what was asked to be stored is not asked for twice', async () => {
    await mock.now.script({ next: ['fault=reset@0', 'chunks=1'] });
    const error = await failure(client().responses.create({ model: model(), input: 'Hello', store: true }));
    expect(error.status).toBeGreaterThanOrEqual(500);
    expect(await mock.now.requests()).toBe(1);
  });

  test('U13 a client that leaves ends the request', async () => {
    const stream = await client().responses.create({ model: model('chunks=100,delay=50'), input: 'Hi', stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    await eventually(() => gateway.now.records.find((r) => r.path === '/v1/responses' && r.outcome === 'cancelled'));
  });
});

describe('probabilities of tokens', () => {
  const include: OpenAI.Responses.ResponseIncludable[] = ['message.output_text.logprobs'];
  const tokens = (of: { token: string }[] | null | undefined): string[] => (of ?? []).map((t) => t.token);
  const partOf = (r: OpenAI.Responses.Response): { token: string }[] => {
    const [item] = r.output;
    const part = item?.type === 'message' ? item.content[0] : undefined;
    return part?.type === 'output_text' ? (part.logprobs ?? []) : [];
  };

  test.each(['oa/mock-1!chunks=3', 're/mock-1!chunks=3'])('%s: a client of Responses gets them', async (model) => {
    const ask = { model, input: 'Hi', include, top_logprobs: 2 };
    expect(tokens(partOf(await client().responses.create(ask)))).toEqual(['tok1 ', 'tok2 ', 'tok3 ']);
    const stream = client().responses.stream(ask);
    const deltas: string[][] = [];
    stream.on('response.output_text.delta', (event) => deltas.push(tokens(event.logprobs)));
    expect(tokens(partOf(await stream.finalResponse()))).toEqual(['tok1 ', 'tok2 ', 'tok3 ']);
    expect(deltas).toEqual([['tok1 '], ['tok2 '], ['tok3 ']]);
  });

  test('a client of Chat Completions gets those of a vendor of Responses', async () => {
    const ask = { model: 'native-re/mock-1!chunks=3', messages: [{ role: 'user' as const, content: 'Hi' }], logprobs: true, top_logprobs: 2 };
    const whole = await client().chat.completions.create(ask);
    expect(tokens(whole.choices[0]?.logprobs?.content)).toEqual(['tok1 ', 'tok2 ', 'tok3 ']);
    const deltas: string[] = [];
    for await (const chunk of await client().chat.completions.create({ ...ask, stream: true }))
      deltas.push(...tokens(chunk.choices[0]?.logprobs?.content));
    expect(deltas).toEqual(['tok1 ', 'tok2 ', 'tok3 ']);
    expect((await mock.now.lastSeen()).head).toMatch(/^POST \/v1\/responses /);
  });
});

test('X7 a conversation goes on with another vendor', async () => {
  const first = await client().responses.create({ model: 'an/mock-1!chunks=1,reasoning=1', input: 'My name is Ada.', reasoning: { effort: 'low' } });
  const second = await client().responses.create({ model: 'oa/mock-1!chunks=1', previous_response_id: first.id, input: 'Who am I?' });
  expect((await mock.now.lastSeen()).body).toContain('My name is Ada.');
  const third = await client().responses.create({ model: 're/mock-1!chunks=1', previous_response_id: second.id, input: 'Sure?' });
  const { head, body } = await mock.now.lastSeen();
  expect(head).toMatch(/^POST \/v1\/responses /);
  expect(body).toContain('My name is Ada.');
  expect(body).not.toContain('SLUICE7');
  const kept = await failure(client().responses.create({ model: 'oa/mock-1', previous_response_id: third.id, input: 'x' }));
  expect(kept).toMatchObject({ status: 400, param: 'previous_response_id' });
});

/** A vendor that keeps responses but has no free-form tools: each request is written anew, and the ids of items are ours. */
describe('X7 what a vendor keeps of an answer that was written anew', () => {
  const custom: OpenAI.Responses.Tool[] = [{ type: 'custom', name: 'run' }];
  const act = (streamed: boolean): Promise<OpenAI.Responses.Response> => {
    const ask = { model: 'native-re/mock-1!tools=1,chunks=0', input: 'Go!', tools: custom };
    return streamed ? client().responses.stream(ask).finalResponse() : client().responses.create(ask);
  };

  test.each([false, true])('is named by the ids that the client was given (streamed: %s)', async (streamed) => {
    const acted = await act(streamed);
    const call = acted.output.find((item) => item.type === 'custom_tool_call');
    if (call?.id === undefined) throw new Error(`no call in ${JSON.stringify(acted.output)}`);
    const input: OpenAI.Responses.ResponseInputItem[] = [
      { role: 'user', content: 'Go!' },
      { type: 'item_reference', id: call.id },
      { type: 'custom_tool_call_output', call_id: call.call_id, output: 'done' },
    ];
    await client().responses.create({ model: 'native-re/mock-1!chunks=1', input, tools: custom });
    const { body } = await mock.now.lastSeen();
    expect(body).toMatch(/"type":"function_call",[^}]*"name":"run"/);
    expect(body).toContain(`{"type":"function_call_output","call_id":"${call.call_id}","output":"done"}`);
    expect(body).not.toContain('item_reference');
    await client().responses.create({ model: 'an/mock-1!chunks=1', input, tools: custom });
    expect((await mock.now.lastSeen()).body).toMatch(/"type":"tool_use",.*"name":"run"/);
  });

  test.each([false, true])('goes on by previous_response_id with the result of a call (streamed: %s)', async (streamed) => {
    const acted = await act(streamed);
    const call = acted.output.find((item) => item.type === 'custom_tool_call');
    const next = { model: 'native-re/mock-1!chunks=1', previous_response_id: acted.id, input: [{ type: 'custom_tool_call_output' as const, call_id: call?.call_id ?? '', output: 'done' }] };
    for (const more of [{ tools: custom }, {}]) {
      await client().responses.create({ ...next, ...more });
      const { body } = await mock.now.lastSeen();
      expect(body).toContain(`"input":[{"type":"function_call_output","call_id":"${call?.call_id ?? ''}","output":"done"}]`);
      expect(body).toContain(`"previous_response_id":"${acted.id}"`);
    }
  });

  test("a vendor's own ids go to that vendor, and other vendors are refused them by their place", async () => {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ type: 'item_reference', id: 'ctc_68af4030592c' }, { type: 'custom_tool_call_output', call_id: 'call_1', output: 'done' }];
    await client().responses.create({ model: 'native-re/mock-1!chunks=1', input, tools: custom });
    expect((await mock.now.lastSeen()).body).toContain('"input":[{"type":"item_reference","id":"ctc_68af4030592c"},{"type":"function_call_output"');
    const refused = await failure(client().responses.create({ model: 'an/mock-1', input, tools: custom }));
    expect(refused.status).toBe(400);
    expect(refused.message).toContain('input[0].id');
  });
});

test('what was made costs once, however often it is read', async () => {
  const made = await client().responses.create({ model: 're/mock-1!chunks=3', input: 'Hello' });
  const read = await client().responses.retrieve(made.id).asResponse();
  const record = await gateway.now.record(read.headers.get('x-request-id'));
  expect(record.tokens ?? {}).toEqual({});
  expect(Number(record.cost_usd ?? 0)).toBe(0);
});

test('X1 what passes is the bytes that came', async () => {
  const text = '{ "model":"re/mock-1!chunks=1","future":{"a":1e400,"b":12345678901234567890},"input" : "h\\u00e9" }';
  await fetch(`${gateway.now.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' },
    body: text,
  });
  expect((await mock.now.lastSeen()).body).toBe(text.replace('re/mock-1', 'mock-1'));
});

test('structured output by schema', async () => {
  const done = await client().responses.create({
    model: 'oa/mock-1!chunks=2',
    input: 'Hi',
    text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object', properties: {} }, strict: true } },
  });
  expect(done.status).toBe('completed');
  expect((await mock.now.lastSeen()).body).toContain('"json_schema"');
});

test('X6 thoughts of Anthropic come back to it through a Responses client', async () => {
  await mock.now.script({ next: ['reasoning=2,tools=1,chunks=0', 'chunks=1'] });
  const first = await client().responses.create({
    model: 'an/mock-1',
    input: 'Think.',
    tools,
    reasoning: { effort: 'low' },
  });
  const thought = first.output.find((item) => item.type === 'reasoning');
  expect(thought?.encrypted_content).toMatch(/^SLUICE7/);
  const call = first.output.find((item) => item.type === 'function_call');
  if (call?.type !== 'function_call') throw new Error('no call');
  await client().responses.create({
    model: 'an/mock-1',
    input: [
      { role: 'user', content: 'Think.' },
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      { type: 'function_call_output', call_id: call.call_id, output: 'r' },
    ],
    tools,
  });
  const body = (await mock.now.lastSeen()).body;
  expect(body).toContain('"thinking"');
  expect(body).toContain('signature');
});
