/**
 * The official OpenAI SDK on /v1/responses, through the gateway, to vendors of every dialect.
 */
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, anthropicAccount, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now, { vendor: 'custom-openai' }),
      anthropicAccount('an', mock.now),
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
  { vendor: 'OpenAI', account: 'oa/' },
  { vendor: 'Anthropic', account: 'an/' },
];

describe.each(vendors)('a vendor of the $vendor dialect', ({ account }) => {
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
    expect(types.at(-1)).toBe('response.failed');
  });

  test('X1 what a vendor does not have is named', async () => {
    const answer = await client()
      .responses.create({ model: model(), input: 'Hi', truncation: 'auto', include: ['web_search_call.results'] })
      .asResponse();
    expect(answer.headers.get('x-sluice-dropped-params')).toBe('truncation,include');
  });

  test('U13 a client that leaves ends the request', async () => {
    const stream = await client().responses.create({ model: model('chunks=100,delay=50'), input: 'Hi', stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    await eventually(() => gateway.now.records.find((r) => r.path === '/v1/responses' && r.outcome === 'cancelled'));
  });
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
  const first = await client().responses.create({
    model: 'an/mock-1!reasoning=2,tools=1,chunks=0',
    input: 'Think.',
    tools,
    reasoning: { effort: 'low' },
  });
  const thought = first.output.find((item) => item.type === 'reasoning');
  expect(thought?.encrypted_content).toMatch(/^sl\.s\./);
  const call = first.output.find((item) => item.type === 'function_call');
  if (call?.type !== 'function_call') throw new Error('no call');
  await client().responses.create({
    model: 'an/mock-1!chunks=1',
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
