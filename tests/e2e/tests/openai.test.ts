/**
 * The official OpenAI SDK, through the gateway, to vendors of both dialects. With BASE=mockllm the
 * part that both worlds share runs against the mock alone.
 */
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { sleep } from '../harness/wait.ts';
import { aiConfig, alice, isDirect, useGateway, useMock, vendorKey } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const gateway = isDirect ? undefined : useGateway(() => aiConfig(mock.now));

const client = (more: { apiKey?: string; maxRetries?: number } = {}): OpenAI =>
  new OpenAI({
    baseURL: `${gateway?.now.url ?? mock.now.url}/v1`,
    apiKey: alice,
    maxRetries: 0,
    ...more,
  });

const tools: OpenAI.ChatCompletionTool[] = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));
const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello there!' },
];

async function failure(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`not an APIError: ${String(error)}`);
  return error;
}

const vendors = isDirect ? [{ vendor: 'OpenAI', account: '' }] : [
  { vendor: 'OpenAI', account: 'oa/' },
  { vendor: 'Anthropic', account: 'an/' },
];

describe.each(vendors)('a vendor of the $vendor dialect', ({ account }) => {
  const model = (spec = ''): string => `${account}mock-1${spec === '' ? '' : `!${spec}`}`;

  test('chat completion', async () => {
    const done = await client().chat.completions.create({ model: model('chunks=3,prompt=7'), messages });
    expect(done.object).toBe('chat.completion');
    expect(done.id).toBeTruthy();
    expect(done.choices[0]?.message.role).toBe('assistant');
    expect(done.choices[0]?.message.content).toBe('tok1 tok2 tok3 ');
    expect(done.choices[0]?.finish_reason).toBe('stop');
    expect(done.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 });
  });

  test('streamed chat completion', async () => {
    const stream = await client().chat.completions.create({ model: model('chunks=5'), messages, stream: true });
    let text = '';
    const finishes: string[] = [];
    const ids = new Set<string>();
    for await (const chunk of stream) {
      ids.add(chunk.id);
      expect(chunk.usage ?? undefined).toBeUndefined();
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
    }
    expect(text).toBe('tok1 tok2 tok3 tok4 tok5 ');
    expect(finishes).toEqual(['stop']);
    expect(ids.size).toBe(1);
  });

  test('streamed usage when asked', async () => {
    const stream = await client().chat.completions.create({
      model: model('chunks=5,prompt=9'),
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages = [];
    for await (const chunk of stream) if (chunk.usage) usages.push([chunk.choices.length, chunk.usage.total_tokens]);
    expect(usages).toEqual([[0, 14]]);
  });

  test('length stop', async () => {
    const done = await client().chat.completions.create({ model: model('chunks=50'), messages, max_completion_tokens: 4 });
    expect(done.choices[0]?.finish_reason).toBe('length');
    expect(done.usage?.completion_tokens).toBe(4);
  });

  test('tool calls', async () => {
    const done = await client().chat.completions.create({ model: model('tools=2,chunks=1'), messages, tools });
    const calls = done.choices[0]?.message.tool_calls ?? [];
    expect(done.choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map((c) => c.type === 'function' && c.function.name)).toEqual(['get_weather', 'get_time']);
    for (const call of calls) {
      if (call.type !== 'function') throw new Error('not a function call');
      expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Zürich 😀', days: 3 });
    }
    expect(new Set(calls.map((c) => c.id)).size).toBe(2);
  });

  test('streamed parallel tool calls, arguments in pieces of 3 bytes', async () => {
    const runner = client().chat.completions.stream({ model: model('tools=2,chunks=2,arg_bytes=3'), messages, tools });
    const done = await runner.finalChatCompletion();
    const calls = done.choices[0]?.message.tool_calls ?? [];
    expect(done.choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      if (call.type !== 'function') throw new Error('not a function call');
      expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Zürich 😀', days: 3 });
    }
  });

  test('a tool conversation goes back and forth', async () => {
    const first = await client().chat.completions.create({ model: model('tools=2,chunks=1'), messages, tools });
    const message = first.choices[0]?.message;
    if (!message?.tool_calls) throw new Error('no tool calls');
    const results: OpenAI.ChatCompletionToolMessageParam[] = message.tool_calls.map((call) => ({
      role: 'tool',
      tool_call_id: call.id,
      content: '21 degrees',
    }));
    const second = await client().chat.completions.create({
      model: model('chunks=2'),
      messages: [...messages, message, ...results],
      tools,
    });
    expect(second.choices[0]?.message.content).toBe('tok1 tok2 ');
  });

  test('400 is a BadRequestError with the message of the vendor', async () => {
    const error = await failure(client().chat.completions.create({ model: model('error=invalid_request'), messages }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.message).toContain('could not be understood');
    expect(error.type).toBe('invalid_request_error');
  });

  test('429 is a RateLimitError that says when to come back', async () => {
    const error = await failure(client().chat.completions.create({ model: model('status=429,retry_after=1'), messages }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const wait = Number(error.headers?.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(1);
    await sleep(1100); // the key cools down until then, for every caller
  });

  test('a cut stream raises', async () => {
    const stream = await client().chat.completions.create({
      model: model('chunks=10,delay=5,fault=reset@6'),
      messages,
      stream: true,
    });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) void chunk;
    };
    await expect(read()).rejects.toThrow();
  });

  test('abort ends the stream and the vendor notices', async () => {
    const abort = new AbortController();
    const stream = await client().chat.completions.create(
      { model: model('chunks=1000,delay=20'), messages, stream: true },
      { signal: abort.signal },
    );
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    abort.abort();
    await eventually(async () => (await mock.now.stats()).aborted === 1, { what: 'the vendor to see the abort' });
  });
});

describe.skipIf(isDirect)('what only the gateway does', () => {
  test('401: an unknown key is an AuthenticationError and nothing reaches the vendor', async () => {
    const error = await failure(client({ apiKey: 'sl-wrong' }).chat.completions.create({ model: 'oa/mock-1', messages }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(await mock.now.requests()).toBe(0);
  });

  test('400: the member that is wrong, or in strict mode would be left out, is `param`', async () => {
    const ask = (more: object, headers = {}): Promise<unknown> =>
      client().chat.completions.create({ model: 'an/mock-1', messages: [{ role: 'user', content: 'x' }], ...more }, { headers });
    await expect(ask({ messages: [{ role: 'user', content: 7 }] })).rejects.toMatchObject({ status: 400, param: 'messages[0].content' });
    await expect(ask({ seed: 1 }, { 'x-sluice-strict': 'true' })).rejects.toMatchObject({ status: 400, param: 'seed' });
    await expect(ask({ model: undefined })).rejects.toMatchObject({ status: 400, param: 'model' });
    await expect(ask({ seed: 1 })).resolves.toBeDefined();
  });

  test('404: an unknown model is a NotFoundError with code model_not_found', async () => {
    const error = await failure(client().chat.completions.create({ model: 'no-such-model', messages }));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain('no-such-model');
  });

  test('the vendor key is used, and never shown', async () => {
    const { response } = await client().chat.completions.create({ model: 'oa/mock-1', messages }).withResponse();
    expect((await mock.now.stats()).by_key).toMatchObject({ [vendorKey]: 1 });
    expect(JSON.stringify([...response.headers])).not.toContain(vendorKey);
  });
});

describe('embeddings', () => {
  const model = isDirect ? 'mock-embed' : 'oa/mock-embed';

  test('X11: base64 (the default of the SDK) equals float', async () => {
    const input = ['first', 'second'];
    const packed = await client().embeddings.create({ model, input, dimensions: 6 });
    const floats = await client().embeddings.create({ model, input, dimensions: 6, encoding_format: 'float' });
    expect(floats.data.map((d) => d.index)).toEqual([0, 1]);
    expect(floats.data[0]?.embedding).toHaveLength(6);
    expect(packed.data.map((d) => d.embedding)).toEqual(floats.data.map((d) => d.embedding));
    expect(floats.usage.prompt_tokens).toBeGreaterThan(0);
  });

  test('X11: tokens as input; what was absent stays absent', async () => {
    const done = await client().embeddings.create({ model, input: [[1, 2, 3], [4]], encoding_format: 'float' });
    expect(done.data).toHaveLength(2);
    const { body } = await mock.now.lastSeen();
    expect(body).not.toContain('null');
    expect(body).not.toContain('dimensions');
    expect(JSON.parse(body)).toMatchObject({ input: [[1, 2, 3], [4]] });
  });
});

describe.skipIf(isDirect)('embeddings of a vendor that answers numbers only', () => {
  const floats = useGateway(() =>
    aiConfig(mock.now, { accounts: [{ name: 'tei', vendor: 'tei', base_url: mock.now.url, serves_unlisted: true }] }),
  );
  const ask = (more: object): Promise<Response> =>
    fetch(`${floats.now.url}/v1/embeddings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tei/mock-embed', input: ['first', 'second'], dimensions: 6, ...more }),
    });

  test('X11: the SDK, which asks for base64, gets the same numbers', async () => {
    const sdk = new OpenAI({ baseURL: `${floats.now.url}/v1`, apiKey: alice, maxRetries: 0 });
    const packed = await sdk.embeddings.create({ model: 'tei/mock-embed', input: ['first', 'second'], dimensions: 6 });
    expect(JSON.parse((await mock.now.lastSeen()).body), 'the vendor was asked for numbers').toMatchObject({ encoding_format: 'float' });
    const numbers = (await (await ask({ encoding_format: 'float' })).json()) as OpenAI.CreateEmbeddingResponse;
    expect(packed.data.map((d) => d.index)).toEqual([0, 1]);
    expect(packed.data.map((d) => Array.from(Float32Array.from(d.embedding)))).toEqual(
      numbers.data.map((d) => Array.from(Float32Array.from(d.embedding))),
    );
  });

  test('X11: on the wire it is base64 of little-endian floats; what was absent stays absent', async () => {
    const body = (await (await ask({ encoding_format: 'base64' })).json()) as { data: { embedding: string }[] };
    const bytes = Buffer.from(body.data[0]?.embedding ?? '', 'base64');
    expect(bytes).toHaveLength(24);
    const numbers = (await (await ask({})).json()) as OpenAI.CreateEmbeddingResponse;
    expect(JSON.parse((await mock.now.lastSeen()).body)).not.toHaveProperty('encoding_format');
    numbers.data[0]?.embedding.forEach((v, i) => expect(bytes.readFloatLE(4 * i)).toBeCloseTo(v, 5));
  });
});

describe('models', () => {
  test('are listed', async () => {
    const ids: string[] = [];
    for await (const model of client().models.list()) ids.push(model.id);
    expect(Array.isArray(ids)).toBe(true);
  });
});
