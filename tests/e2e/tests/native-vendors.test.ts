/**
 * Cohere and Ollama as vendors: the mock against their own SDKs, then every fault of it through Sluice to
 * clients of four dialects. What goes well is in sdk-matrix.
 */
import Anthropic from '@anthropic-ai/sdk';
import { CohereClientV2, CohereError } from 'cohere-ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, chat, useGateway, useMock } from '../harness/gateway.ts';
import { anthropicSdk, googleSdk, openaiSdk, responsesSdk } from '../harness/sdks.ts';

const mock = useMock();
const vendors = [
  { name: 'co', vendor: 'cohere-v2', dialect: 'Cohere' },
  { name: 'ol', vendor: 'ollama-native', dialect: 'Ollama' },
];
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: vendors.flatMap(({ name, vendor }) =>
      [name, `${name}-limited`].map((account) => ({
        name: account, vendor, base_url: mock.now.url, serves_unlisted: true, keys: [{ key: `sk-${account}` }], breaker: { failures: 1000 },
      })),
    ),
    models: vendors.flatMap(({ name }) => [
      { name: `quick-${name}`, attempts: 1, targets: [{ account: name, model: 'mock-1' }], timeouts: { first_token: '400ms', idle: '400ms' } },
      { name: `limited-${name}`, attempts: 1, targets: [{ account: `${name}-limited`, model: 'mock-1!status=429,retry_after=30' }] },
    ]),
    prices: [],
  }),
);

const place = { city: 'Zürich 😀', days: 3 };
const messages = [{ role: 'user' as const, content: 'hello' }];

async function drain<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

/* ------------------------------------------------------------------ the mock is what the vendors' SDKs expect */

describe('the mock, asked by cohere-ai', () => {
  const client = () => new CohereClientV2({ environment: mock.now.url, token: 'k' });
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];

  test('answers, with units, tokens and citations', async () => {
    const said = await client().chat({ model: 'mock-1!chunks=3,prompt=7,reasoning=2,citations=1', messages });
    expect(said.finishReason).toBe('COMPLETE');
    expect(said.message.content).toEqual([{ type: 'thinking', thinking: 'tok1 tok2 ' }, { type: 'text', text: 'tok1 tok2 tok3 ' }]);
    expect(said.message.citations?.[0]).toMatchObject({ start: 0, end: 4, text: 'tok1', sources: [{ type: 'document', id: 'doc:0' }] });
    expect(said.usage).toMatchObject({ billedUnits: { inputTokens: 7, outputTokens: 5 }, tokens: { inputTokens: 207 } });
  });

  test('calls tools after a plan, and takes their results', async () => {
    const said = await client().chat({ model: 'mock-1!chunks=0,tools=1,reasoning=1', messages, tools });
    const [call] = said.message.toolCalls ?? [];
    expect(said.finishReason).toBe('TOOL_CALL');
    expect(said.message.toolPlan).toBe('tok1 ');
    expect(JSON.parse(call?.function?.arguments ?? '')).toEqual(place);
    const ask = (toolCallId: string) =>
      client().chat({
        model: 'mock-1!chunks=1',
        messages: [...messages, { role: 'assistant', toolCalls: said.message.toolCalls!, toolPlan: 'x' }, { role: 'tool', toolCallId, content: 'rain' }],
      });
    expect((await ask(call!.id)).finishReason).toBe('COMPLETE');
    await expect(ask('other')).rejects.toMatchObject({ statusCode: 400 });
  });

  test('streams what the SDK can read', async () => {
    const events = await drain(await client().chatStream({ model: 'mock-1!chunks=2,tools=1,citations=1,arg_bytes=5', messages, tools }));
    const types = [...new Set(events.map((e) => e.type))];
    expect(types).toEqual([
      'message-start', 'content-start', 'content-delta', 'content-end', 'citation-start', 'citation-end',
      'tool-call-start', 'tool-call-delta', 'tool-call-end', 'message-end',
    ]);
    const last = events.at(-1);
    expect(last?.type === 'message-end' && last.delta?.finishReason).toBe('TOOL_CALL');
  });

  test('refuses as Cohere does', async () => {
    const ask = (more: object) => client().chat({ model: 'mock-1', messages, ...more }, { maxRetries: 0 });
    await expect(ask({ toolChoice: 'AUTO' as never })).rejects.toThrow(CohereError);
    await expect(ask({ frequencyPenalty: 1.5 })).rejects.toMatchObject({ statusCode: 400 });
    await expect(ask({ model: 'mock-1!status=429' })).rejects.toMatchObject({ statusCode: 429 });
  });
});

describe('the mock, asked by ollama', () => {
  const client = () => new Ollama({ host: mock.now.url });
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const tools = ['get_weather', 'get_time'].map((name) => ({ type: 'function', function: { name, description: name, parameters } }));

  test('answers, thinks, calls', async () => {
    const said = await client().chat({ model: 'mock-1!chunks=3,prompt=7,reasoning=2,tools=2', messages, tools, think: true });
    expect(said).toMatchObject({ done: true, done_reason: 'stop', prompt_eval_count: 7, message: { content: 'tok1 tok2 tok3 ', thinking: 'tok1 tok2 ' } });
    expect(said.message.tool_calls?.map((c) => c.function)).toMatchObject([{ name: 'get_weather', arguments: place }, { name: 'get_time' }]);
  });

  test('streams line by line, and an error is a line', async () => {
    const lines = await drain(await client().chat({ model: 'mock-1!chunks=3', messages, stream: true }));
    expect(lines.map((l) => l.message.content)).toEqual(['tok1 ', 'tok2 ', 'tok3 ', '']);
    expect(lines.at(-1)).toMatchObject({ done: true, eval_count: 3 });
    const broken = client().chat({ model: 'mock-1!chunks=3,fault=error@1', messages, stream: true });
    await expect(broken.then(drain)).rejects.toThrow('llama runner');
  });

  test('takes what the SDK sends, and nothing else', async () => {
    const image = { model: 'mock-1!chunks=1', messages: [{ role: 'user', content: 'what?', images: ['iVBORw0KGgo='] }] };
    expect((await client().chat(image)).message.content).toBe('tok1 ');
    await expect(client().chat({ model: 'mock-1!status=404', messages })).rejects.toMatchObject({ status_code: 404 });
    expect((await client().embed({ model: 'mock-e', input: ['a', 'b'] })).embeddings).toEqual([[0, 0.5, -0.25, 0.5], [1, 0.5, -0.25, 0.5]]);
  });
});

/* ------------------------------------------------------------------ faults, seen by clients of every dialect */

const base = (): string => gateway.now.url;
const clients = [openaiSdk, responsesSdk, anthropicSdk, googleSdk].map((make) => make(base, alice));
const cells = vendors.flatMap((vendor) => clients.map((sdk) => ({ sdk, client: sdk.name, ...vendor })));

describe.each(cells)('$client to $dialect', ({ sdk, name }) => {
  const ask = (spec: string): string => `${name}/mock-1!${spec}`;

  test.each(['reset@5', 'fin@5', 'error@5', 'bad_chunk', 'no_terminal'])('T4: a stream with fault=%s raises', async (fault) => {
    await expect(sdk.stream(ask(`chunks=9,delay=2,fault=${fault}`))).rejects.toThrow();
  });

  test('T5: a stream that falls silent raises', async () => {
    await mock.now.script({ key: `sk-${name}`, next: ['chunks=9,delay=2,fault=stall@5'] });
    await expect(sdk.stream(`quick-${name}`)).rejects.toThrow();
  });

  test('T6: an error before the first content is a status', async () => {
    const left = ask(`fault=error@${name === 'co' ? 1 : 0},error=unavailable`);
    await expect(sdk.stream(left)).rejects.toMatchObject({ status: expect.toSatisfy((s: number) => s >= 500) as number });
  });

  test('T8: one event that is no JSON is skipped', async () => {
    const pieces = await sdk.stream(ask('chunks=9,fault=badjson@5'));
    expect(pieces.length).toBe(8);
  });

  test.each(['truncated', 'empty', 'bad_status', 'cl_te', 'dup_cl'])('fault=%s of a whole answer is an error', async (fault) => {
    await mock.now.script({ key: `sk-${name}`, always: `fault=${fault}` });
    expect(await sdk.status(`quick-${name}`)).toBeGreaterThanOrEqual(500);
  });

  test.each([{ fault: 'error' }, { fault: 'badjson' }])('E17: a whole answer with fault=$fault is no success', async ({ fault }) => {
    expect(await sdk.status(ask(`fault=${fault}`))).toBeGreaterThanOrEqual(500);
  });

  test('E3: a limit is one', async () => {
    expect(await sdk.status(`limited-${name}`)).toBe(429);
  });

  test('T14: a compressed stream is read', async () => {
    for (const coding of ['gzip', 'br', 'zstd']) expect((await sdk.stream(ask(`chunks=4,coding=${coding}`))).length).toBe(4);
  });

  test('X2: arguments in any form', async () => {
    const { args } = await sdk.tools(ask('chunks=0,tools=2,arg_bytes=1'), ask('chunks=1'));
    expect(args).toEqual([place, place]);
    for (const form of ['empty', 'null']) {
      const said = await sdk.tools(ask(`chunks=0,tools=1,args=${form}`), ask('chunks=1'));
      expect(said.args).toEqual([{}]);
    }
  });

  test('X4: the limit on the output was reached', async () => {
    await mock.now.script({ key: `sk-${name}`, always: 'chunks=9' });
    expect((await sdk.chat(ask(`finish=${name === 'co' ? 'MAX_TOKENS' : 'length'}`))).text).toContain('tok9');
  });
});

/* ------------------------------------------------------------------ what only these have */

describe('Cohere', () => {
  test('U: what is billed is counted, not what the model saw; cached tokens apart', async () => {
    const said = (await (await chat(gateway.now.url, 'co/mock-1!prompt=30,cached=12,chunks=4')).json()) as { usage: Record<string, unknown> };
    expect(said.usage).toMatchObject({ prompt_tokens: 42, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 12 } });
  });

  test('what it has no word for is said, what it takes has its own names', async () => {
    const response = await chat(gateway.now.url, 'co/mock-1', {
      more: { top_p: 0.5, stop: ['END'], max_tokens: 9, frequency_penalty: 1.5, logit_bias: { 5: 1 }, seed: 3 },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-dropped-params')?.split(',').sort()).toEqual(['frequency_penalty:clamped', 'logit_bias']);
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ p: 0.5, stop_sequences: ['END'], max_tokens: 9, frequency_penalty: 1, seed: 3 });
  });

  test('a document becomes a document', async () => {
    const client = new Anthropic({ apiKey: alice, baseURL: gateway.now.url, maxRetries: 0 });
    await client.messages.create({
      model: 'co/mock-1!chunks=1', max_tokens: 10,
      messages: [{ role: 'user', content: [{ type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'facts' } }, { type: 'text', text: 'q' }] }],
    });
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ documents: [{ data: { title: 'T', text: 'facts' } }] });
  });
});

describe('citations', () => {
  const model = 'co/mock-1!chunks=2,citations=2';

  test('of Cohere are annotations for clients of OpenAI, whole and streamed', async () => {
    const client = new OpenAI({ apiKey: alice, baseURL: `${gateway.now.url}/v1`, maxRetries: 0 });
    const whole = await client.chat.completions.create({ model, messages });
    const streamed = [];
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
      streamed.push(...((chunk.choices[0]?.delta as { annotations?: unknown[] }).annotations ?? []));
    expect(whole.choices[0]?.message.annotations).toEqual(
      [0, 1].map((i) => ({
        type: 'url_citation',
        url_citation: { start_index: 5 * i, end_index: 5 * i + 4, url: `https://example.com/${i}`, title: `Title ${i}` },
      })),
    );
    expect(streamed).toEqual(whole.choices[0]?.message.annotations);
  });

  test('and citations for those of Anthropic', async () => {
    const client = new Anthropic({ apiKey: alice, baseURL: gateway.now.url, maxRetries: 0 });
    const { content } = await client.messages.create({ model, max_tokens: 10, messages });
    expect(content[0]?.type === 'text' && content[0].citations?.map((c) => c.type)).toEqual([
      'web_search_result_location', 'web_search_result_location',
    ]);
  });
});

describe('Ollama', () => {
  test('sampling stands in options, and a whole answer is asked for', async () => {
    await chat(gateway.now.url, 'ol/mock-1', { more: { top_p: 0.5, stop: ['END'], max_tokens: 9, seed: 3 } });
    const sent = JSON.parse((await mock.now.lastSeen()).body) as { stream: boolean; options: object };
    expect(sent.stream).toBe(false);
    expect(sent.options).toMatchObject({ top_p: 0.5, stop: ['END'], num_predict: 9, seed: 3 });
  });

  test('an image that must be fetched is refused, not fetched', async () => {
    const response = await fetch(`${gateway.now.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice}` },
      body: JSON.stringify({ model: 'ol/mock-1', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.0.0.1/x.png' } }] }] }),
    });
    expect(response.status).toBe(400);
    expect(await mock.now.requests()).toBe(0);
  });
});
