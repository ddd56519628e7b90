/**
 * The official Google SDK through the gateway, to vendors of all dialects; the other SDKs to a Gemini
 * vendor. With BASE=mockllm the first part runs against the mock alone: that shows that it speaks the dialect.
 */
import Anthropic from '@anthropic-ai/sdk';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type, type GenerateContentResponse } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import {
  aiConfig, alice, anthropicAccount, isDirect, openaiAccount, people, price, useFreshGateway, useGateway, useMock, vendorKey,
} from '../harness/gateway.ts';
import type { Mock } from '../harness/mock.ts';
import { eventually, sleep } from '../harness/wait.ts';

const mock = useMock();
const geminiAccount = (name: string, of: Mock, more = {}) => ({
  name,
  vendor: 'gemini',
  base_url: `${of.url}/v1beta`,
  serves_unlisted: true,
  keys: [{ key: vendorKey }],
  ...more,
});

const gateway = isDirect
  ? undefined
  : useGateway(() =>
      aiConfig(mock.now, {
        accounts: [openaiAccount('oa', mock.now), anthropicAccount('an', mock.now), geminiAccount('ge', mock.now)],
        prices: ['openai', 'anthropic', 'gemini'].map((vendor) => price(vendor)),
        models: [
          { name: 'fast', targets: [{ account: 'ge', model: 'gemini-2.5-flash' }] },
          { name: 'thinker', targets: [{ account: 'ge', model: 'gemini-3-pro-preview' }] },
        ],
      }),
    );

const base = (): string => gateway?.now.url ?? mock.now.url;
const client = (apiKey = alice, url = base()): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } });

const functionDeclarations = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: name,
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING, nullable: true } }, required: ['city'] },
}));

async function gather(stream: AsyncIterable<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

const vendors = isDirect ? [{ vendor: 'Gemini', account: '' }] : [
  { vendor: 'Gemini', account: 'ge/' },
  { vendor: 'OpenAI', account: 'oa/' },
  { vendor: 'Anthropic', account: 'an/' },
];

describe.each(vendors)('@google/genai to a vendor of the $vendor dialect', ({ account, vendor }) => {
  const model = (spec = ''): string => `${account}mock-1${spec === '' ? '' : `!${spec}`}`;

  test('an answer, with usage', async () => {
    const said = await client().models.generateContent({
      model: model('chunks=3,prompt=7'), contents: 'Hello!', config: { systemInstruction: 'Be brief.', maxOutputTokens: 100 },
    });
    expect(said.text).toBe('tok1 tok2 tok3 ');
    expect(said.candidates?.[0]?.finishReason).toBe('STOP');
    expect(said.usageMetadata).toMatchObject({ promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 });
  });

  test('a stream says the same', async () => {
    const chunks = await gather(await client().models.generateContentStream({ model: model('chunks=5,prompt=7'), contents: 'Hello!' }));
    expect(chunks.map((c) => c.text ?? '').join('')).toBe('tok1 tok2 tok3 tok4 tok5 ');
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(chunks.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: 7, candidatesTokenCount: 5 });
  });

  test('a chat keeps its history', async () => {
    const talk = client().chats.create({ model: model('chunks=2') });
    expect((await talk.sendMessage({ message: 'one' })).text).toBe('tok1 tok2 ');
    for await (const chunk of await talk.sendMessageStream({ message: 'two' })) expect(chunk).toBeDefined();
    expect(talk.getHistory().map((c) => c.role).filter((role, i, all) => role !== all[i - 1])).toEqual(['user', 'model', 'user', 'model']);
  });

  test.each([false, true])('X3 X4 parallel calls and their results, streamed: %s', async (isStreamed) => {
    const ask = {
      model: model('tools=2,chunks=1'), contents: 'weather and time?',
      config: { tools: [{ functionDeclarations }], toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } } },
    };
    const chunks = isStreamed
      ? await gather(await client().models.generateContentStream(ask))
      : [await client().models.generateContent(ask)];
    const parts = chunks.flatMap((c) => c.candidates?.[0]?.content?.parts ?? []);
    const calls = parts.flatMap((p) => p.functionCall ?? []);
    expect(calls.map((c) => c.name)).toEqual(['get_weather', 'get_time']);
    expect(calls[0]?.args).toEqual({ city: 'Zürich 😀', days: 3 });
    const next = await client().models.generateContent({
      ...ask,
      model: model('chunks=2'),
      contents: [
        { role: 'user', parts: [{ text: 'weather and time?' }] },
        { role: 'model', parts },
        { role: 'user', parts: calls.map((c) => ({ functionResponse: { id: c.id ?? '', name: c.name ?? '', response: { output: 'fine' } } })) },
      ],
    });
    expect(next.text).toBe('tok1 tok2 ');
  });

  test('a limit on the output', async () => {
    const said = await client().models.generateContent({ model: model('chunks=9'), contents: 'hi', config: { maxOutputTokens: 2 } });
    expect(said.text).toBe('tok1 tok2 ');
    expect(said.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
  });

  test('an image goes through', async () => {
    await client().models.generateContent({
      model: model('chunks=1'),
      contents: [{ role: 'user', parts: [{ text: 'what is it?' }, { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }] }],
    });
    if (!isDirect) expect((await mock.now.lastSeen()).body).toContain('iVBORw0KGgo=');
  });

  test('X8 structured output', async () => {
    await client().models.generateContent({
      model: model('chunks=1,tools=0'), contents: 'hi',
      config: {
        responseMimeType: 'application/json',
        responseSchema: { type: Type.OBJECT, properties: { a: { type: Type.STRING, nullable: true } }, propertyOrdering: ['a'] },
      },
    });
    if (isDirect) return;
    const { body } = await mock.now.lastSeen();
    if (vendor === 'Gemini') expect(body).toContain('"type":"OBJECT"');
    else expect(body).toContain('"type":["string","null"]');
  });

  test('U13 a client that leaves stops the vendor', async () => {
    const abort = new AbortController();
    const stream = await client().models.generateContentStream({
      model: model('chunks=200,delay=50'), contents: 'hi', config: { abortSignal: abort.signal },
    });
    const gone = gather(stream).catch((e: unknown) => e);
    await sleep(200);
    abort.abort();
    await gone;
    await eventually(async () => (await mock.now.stats()).aborted === 1, { what: 'the vendor to see the client go' });
  });
});

/* A gateway of its own for each: keys cool down, and circuits open. */
describe.each(vendors)('E10 errors of a vendor of the $vendor dialect', ({ account }) => {
  const fresh = isDirect
    ? undefined
    : useFreshGateway(() =>
        aiConfig(mock.now, {
          accounts: [openaiAccount('oa', mock.now), anthropicAccount('an', mock.now), geminiAccount('ge', mock.now)],
        }),
      );

  test.each([
    { spec: 'status=429,retry_after=7', status: 429, word: 'RESOURCE_EXHAUSTED' },
    { spec: 'status=503', status: 503, word: 'UNAVAILABLE' },
    { spec: 'status=404', status: 404, word: 'NOT_FOUND' },
    { spec: 'error=invalid_request', status: 400, word: 'INVALID_ARGUMENT' },
  ])('$spec is $status $word', async ({ spec, status, word }) => {
    const ask = { model: `${account}mock-1!${spec}`, contents: 'hi' };
    for (const stream of [false, true]) {
      const models = client(alice, fresh?.now.url).models;
      const error = await failure(stream ? models.generateContentStream(ask) : models.generateContent(ask));
      expect(error.status).toBe(status);
      expect(error.message).toContain(word);
    }
  });

  test.each(['error@6', 'reset@6', 'fin@6'])('T4 a stream with %s raises', async (fault) => {
    const ask = { model: `${account}mock-1!chunks=9,delay=5,fault=${fault}`, contents: 'hi' };
    const stream = await client(alice, fresh?.now.url).models.generateContentStream(ask);
    await expect(gather(stream)).rejects.toThrow();
  });

  test.runIf(!isDirect)('T4 a stream that ends without a reason raises', async () => {
    const ask = { model: `${account}mock-1!chunks=9,delay=5,fault=no_terminal`, contents: 'hi' };
    const stream = await client(alice, fresh?.now.url).models.generateContentStream(ask);
    await expect(gather(stream)).rejects.toThrow();
  });
});

describe.skipIf(isDirect)('@google/genai and the gateway', () => {
  test('names of ours, in the path and in the answer', async () => {
    const said = await client().models.generateContent({ model: 'fast', contents: 'hi' });
    expect(said.modelVersion).toBe('fast');
    expect((await mock.now.lastSeen()).head).toContain('POST /v1beta/models/gemini-2.5-flash:generateContent ');
  });

  test('X1 a request of the same dialect arrives byte for byte', async () => {
    const body = '{ "contents":[{"role":"user","parts":[{"text":"hi","x":1e400}]}],\n"future":{"b":[null,12345678901234567890]}, "generationConfig":{"topK":1.10}}';
    const response = await fetch(`${base()}/v1beta/models/fast:generateContent`, {
      method: 'POST', headers: { 'x-goog-api-key': alice, 'content-type': 'application/json' }, body,
    });
    expect(response.status).toBe(200);
    expect((await mock.now.lastSeen()).body).toBe(body);
    await response.text();
  });

  test('I1 18: a key in the query is taken, and goes neither upstream nor into logs', async () => {
    const response = await fetch(`${base()}/v1beta/models/fast:generateContent?key=${alice}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
    });
    expect(response.status).toBe(200);
    await response.text();
    const { head } = await mock.now.lastSeen();
    expect(head).not.toContain(alice);
    expect(head.toLowerCase()).toContain(`x-goog-api-key: ${vendorKey}`);
    await gateway?.now.record(response.headers.get('x-request-id'));
    expect(`${gateway?.now.log}${gateway?.now.program.stdout}`).not.toContain(alice);
  });

  test('a wrong key is told in the form of the dialect', async () => {
    const error = await failure(client('wrong').models.generateContent({ model: 'fast', contents: 'hi' }));
    expect(error.status).toBe(401);
    expect(error.message).toContain('UNAUTHENTICATED');
  });

  test('T2 without alt=sse the stream is one array', async () => {
    const post = (model: string): Promise<Response> =>
      fetch(`${base()}/v1beta/models/${model}:streamGenerateContent`, {
        method: 'POST', headers: { 'x-goog-api-key': alice }, body: '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
      });
    for (const account of ['ge', 'oa', 'an']) {
      const response = await post(`${account}%2Fmock-1!chunks=3`);
      expect(response.headers.get('content-type')).toContain('application/json');
      const chunks = (await response.json()) as { candidates: { content: { parts: { text: string }[] }; finishReason?: string }[] }[];
      expect(chunks.flatMap((c) => c.candidates[0]?.content.parts.map((p) => p.text)).join('')).toBe('tok1 tok2 tok3 ');
      expect(chunks.at(-1)?.candidates[0]?.finishReason).toBe('STOP');
    }
  });

  test('U7 thoughts are counted as output, outside of the candidates', async () => {
    await mock.now.script({ always: 'chunks=3,reasoning=4,prompt=10' });
    const response = await fetch(`${base()}/v1beta/models/ge%2Fmock-1:generateContent`, {
      method: 'POST', headers: { 'x-goog-api-key': alice }, body: '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
    });
    await response.text();
    const record = await gateway?.now.record(response.headers.get('x-request-id'));
    expect(record).toMatchObject({ usage_source: 'reported' });
    expect(response.headers.get('x-sluice-cost-usd')).toBe('0.000095'); // 10 * 2.5 + 7 * 10 per million
  });

  test('countTokens', async () => {
    const said = await client().models.countTokens({ model: 'ge/mock-1!prompt=31', contents: 'hi' });
    expect(said.totalTokens).toBe(31);
  });
});

describe.skipIf(isDirect)('X6 signatures over two turns', () => {
  test('@google/genai to Gemini: as they are', async () => {
    const ask = { model: 'thinker', config: { tools: [{ functionDeclarations }] } };
    await mock.now.script({ next: ['tools=2,chunks=0,reasoning=1', 'chunks=1'] });
    const first = await client().models.generateContent({ ...ask, contents: 'hi' });
    const content = first.candidates?.[0]?.content;
    expect(content?.parts?.find((p) => p.functionCall)?.thoughtSignature).toBeTruthy();
    const second = await client().models.generateContent({
      ...ask,
      contents: [
        { role: 'user', parts: [{ text: 'hi' }] }, content ?? {},
        { role: 'user', parts: (first.functionCalls ?? []).map((c) => ({ functionResponse: { id: c.id ?? '', name: c.name ?? '', response: {} } })) },
      ],
    });
    expect(second.text).toBe('tok1 ');
  });

  const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];

  test.each([false, true])('openai to Gemini: in the id of the call, streamed: %s', async (isStreamed) => {
    const sdk = new OpenAI({ baseURL: `${base()}/v1`, apiKey: alice, maxRetries: 0 });
    await mock.now.script({ next: ['tools=2,chunks=1,reasoning=2', 'chunks=1', 'chunks=1', 'chunks=1'] });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }];
    const ask = { model: 'thinker', tools, messages };
    const first = isStreamed
      ? await sdk.chat.completions.stream(ask).finalChatCompletion()
      : await sdk.chat.completions.create(ask);
    const said = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = (said?.tool_calls ?? []).map(({ id, type, ...rest }) => ({ id, type, function: 'function' in rest ? rest.function : never() }));
    const history: OpenAI.ChatCompletionMessageParam[] = [
      ...messages,
      { role: 'assistant', content: said?.content ?? null, tool_calls: calls.map((c) => ({ id: c.id, type: 'function', function: { name: c.function.name, arguments: c.function.arguments } })) },
      ...calls.map((c) => ({ role: 'tool' as const, tool_call_id: c.id, content: 'fine' })),
    ];
    const second = await sdk.chat.completions.create({ ...ask, messages: history });
    expect(second.choices[0]?.message.content).toBe('tok1 ');
    const sent = (await mock.now.lastSeen()).body;
    expect(sent).toContain('"thoughtSignature":"c2ln');
    expect(sent).not.toContain('SLUICE7');
    for (const other of ['oa/mock-1', 'an/mock-1']) { // nobody else sees it
      await sdk.chat.completions.create({ ...ask, model: other, messages: history });
      expect((await mock.now.lastSeen()).body).not.toMatch(/SLUICE7|c2ln/);
    }
  });

  test('@anthropic-ai/sdk to Gemini: in the id of tool_use', async () => {
    const sdk = new Anthropic({ baseURL: base(), apiKey: alice, maxRetries: 0 });
    await mock.now.script({ next: ['tools=1,chunks=1,reasoning=2', 'chunks=1'] });
    const ask = { model: 'thinker', max_tokens: 4000, tools: [{ name: 'get_weather', input_schema: { type: 'object' as const } }] };
    const first = await sdk.messages.stream({ ...ask, messages: [{ role: 'user', content: 'hi' }] }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const second = await sdk.messages.create({
      ...ask,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: first.content.flatMap((b) => (b.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: b.id, content: 'fine' }] : [])) },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'tok1 ' }]);
    expect((await mock.now.lastSeen()).body).toContain('"thoughtSignature":"c2ln');
  });

  test.each([false, true])('@anthropic-ai/sdk to Gemini: of a text, in a block behind it, streamed: %s', async (isStreamed) => {
    const sdk = new Anthropic({ baseURL: base(), apiKey: alice, maxRetries: 0 });
    await mock.now.script({ next: ['chunks=2,reasoning=2', 'chunks=1', 'chunks=1'] });
    const ask = { model: 'thinker', max_tokens: 4000 };
    const user = (content: string): Anthropic.MessageParam => ({ role: 'user', content });
    const first = isStreamed
      ? await sdk.messages.stream({ ...ask, messages: [user('hi')] }).finalMessage()
      : await sdk.messages.create({ ...ask, messages: [user('hi')] });
    expect(first.content.at(-1)).toMatchObject({ type: 'redacted_thinking', data: expect.stringMatching(/^SLUICE7/) });
    const messages: Anthropic.MessageParam[] = [user('hi'), { role: 'assistant', content: first.content }, user('and?')];
    await sdk.messages.create({ ...ask, messages });
    const sent = (await mock.now.lastSeen()).body;
    expect(sent).toMatch(/"text":"tok1 tok2 ","thoughtSignature":"c2ln/);
    expect(sent).not.toContain('SLUICE7');
    await sdk.messages.create({ ...ask, model: 'an/mock-1', messages });
    expect((await mock.now.lastSeen()).body).not.toMatch(/SLUICE7|c2ln|redacted/);
  });

  test('@google/genai to Anthropic: thinking keeps its signature', async () => {
    await mock.now.script({ next: ['reasoning=2,chunks=1', 'chunks=1'] });
    const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 }, maxOutputTokens: 8000 };
    const first = await client().models.generateContent({ model: 'an/mock-1', contents: 'hi', config });
    const parts = first.candidates?.[0]?.content?.parts ?? [];
    expect(parts[0]).toMatchObject({ thought: true });
    await client().models.generateContent({
      model: 'an/mock-1', config,
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }, { role: 'model', parts }, { role: 'user', parts: [{ text: 'and?' }] }],
    });
    expect((await mock.now.lastSeen()).body).toMatch(/"type":"thinking","thinking":"[^"]*","signature":"sig_/);
  });
});

describe.skipIf(isDirect)("sources of Gemini's search", () => {
  const model = 'ge/mock-1!chunks=3,citations=2';
  const urls = ['https://example.com/0', 'https://example.com/1'];

  test('@google/genai reads them as they are', async () => {
    const done = await client().models.generateContent({ model, contents: 'hi', config: { tools: [{ googleSearch: {} }] } });
    const grounding = done.candidates?.[0]?.groundingMetadata;
    expect(grounding?.groundingChunks?.map((c) => c.web?.uri)).toEqual(urls);
    expect(grounding?.webSearchQueries).toEqual(['what is asked']);
  });

  test.each([false, true])('openai reads annotations, streamed: %s', async (isStreamed) => {
    const sdk = new OpenAI({ baseURL: `${base()}/v1`, apiKey: alice, maxRetries: 0 });
    const ask = { model, messages: [{ role: 'user' as const, content: 'hi' }] };
    const annotations: OpenAI.ChatCompletionMessage.Annotation[] = [];
    if (!isStreamed) annotations.push(...((await sdk.chat.completions.create(ask)).choices[0]?.message.annotations ?? []));
    else
      for await (const chunk of await sdk.chat.completions.create({ ...ask, stream: true }))
        annotations.push(...((chunk.choices[0]?.delta as { annotations?: typeof annotations } | undefined)?.annotations ?? []));
    expect(annotations.map((a) => a.url_citation.url)).toEqual(urls);
    expect(annotations.map((a) => [a.url_citation.start_index, a.url_citation.end_index])).toEqual([[0, 5], [5, 10]]);
  });

  test('openai.responses reads annotations of the text', async () => {
    const sdk = new OpenAI({ baseURL: `${base()}/v1`, apiKey: alice, maxRetries: 0 });
    const done = await sdk.responses.stream({ model, input: 'hi' }).finalResponse();
    const parts = done.output.flatMap((item) => (item.type === 'message' ? item.content : []));
    const annotations = parts.flatMap((p) => (p.type === 'output_text' ? p.annotations : []));
    expect(annotations.map((a) => (a.type === 'url_citation' ? a.url : a.type))).toEqual(urls);
  });

  test.each([false, true])('@anthropic-ai/sdk reads citations, streamed: %s', async (isStreamed) => {
    const sdk = new Anthropic({ baseURL: base(), apiKey: alice, maxRetries: 0 });
    const ask = { model, max_tokens: 99, messages: [{ role: 'user' as const, content: 'hi' }] };
    const done = isStreamed ? await sdk.messages.stream(ask).finalMessage() : await sdk.messages.create(ask);
    const citations = done.content.flatMap((b) => (b.type === 'text' ? (b.citations ?? []) : []));
    expect(citations.map((c) => (c.type === 'web_search_result_location' ? c.url : c.type))).toEqual(urls);
  });
});

describe.skipIf(isDirect)('other SDKs to a Gemini vendor', () => {
  test('openai: an answer and a stream', async () => {
    const sdk = new OpenAI({ baseURL: `${base()}/v1`, apiKey: alice, maxRetries: 0 });
    const ask = { model: 'ge/mock-1!chunks=3,prompt=7,reasoning=2', messages: [{ role: 'user' as const, content: 'hi' }] };
    const said = await sdk.chat.completions.create(ask);
    expect(said.choices[0]?.message.content).toBe('tok1 tok2 tok3 ');
    expect(said.choices[0]?.message).toMatchObject({ reasoning_content: 'tok1 tok2 ' });
    expect(said.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 });
    const streamed = await sdk.chat.completions.stream({ ...ask, stream_options: { include_usage: true } }).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe('tok1 tok2 tok3 ');
    expect(streamed.usage).toMatchObject({ completion_tokens: 5 });
  });

  test('anthropic: a stream with thinking and tools', async () => {
    const sdk = new Anthropic({ baseURL: base(), apiKey: alice, maxRetries: 0 });
    const said = await sdk.messages
      .stream({ model: 'ge/mock-1!reasoning=2,chunks=3,tools=2', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] })
      .finalMessage();
    expect(said.content.map((b) => b.type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use']);
    expect(said.content.at(-1)).toMatchObject({ input: { city: 'Zürich 😀', days: 3 } });
    expect(said.stop_reason).toBe('tool_use');
  });
});

describe.skipIf(isDirect)('E6 keys of a Gemini vendor', () => {
  const fresh = useFreshGateway(() => ({
    services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }],
    consumers: people,
    accounts: [geminiAccount('ge', mock.now, { keys: [{ key: 'bad-key' }, { key: vendorKey, order: 1 }] })],
  }));

  test('a key that is refused with 400 is dead, and the next one is used', async () => {
    await mock.now.script({ key: 'bad-key', always: 'error=auth' });
    const sdk = new GoogleGenAI({ apiKey: alice, httpOptions: { baseUrl: fresh.now.url } });
    for (let i = 0; i < 3; i++) expect((await sdk.models.generateContent({ model: 'ge/mock-1!chunks=1', contents: 'hi' })).text).toBe('tok1 ');
    expect((await mock.now.stats()).by_key['bad-key']).toBe(1);
  });
});

function never(): never {
  throw new Error('not a function call');
}
