/**
 * What is no chat: counting tokens, listing models, embeddings, rankings, moderations; with the SDKs of both versions of Anthropic's API,
 * against vendors of several dialects.
 */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import Anthropic2023 from 'anthropic-sdk-2023';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { embedMany } from 'ai';
import { CohereClientV2, CohereError } from 'cohere-ai';
import Groq from 'groq-sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, anthropicAccount, bob, openaiAccount, people, useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import type { Config } from '../harness/sluice.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    consumers: [
      ...(people as object[]).slice(0, 1),
      { name: 'bob', keys: [{ key: bob }], policies: [{ type: 'model_allow', allow: ['fast', 'oa/*'] }] },
    ] as typeof people,
    accounts: [
      openaiAccount('oa', mock.now),
      anthropicAccount('an', mock.now),
      openaiAccount('plain', mock.now, { vendor: 'custom-openai' }),
    ],
    models: [
      { name: 'fast', aliases: ['quick'], targets: [{ account: 'oa', model: 'gpt-4o' }] },
      { name: 'secret', targets: [{ account: 'an', model: 'mock-1' }] },
    ],
  }),
);

const client = (apiKey = alice): Anthropic => new Anthropic({ baseURL: gateway.now.url, apiKey, maxRetries: 0 });
const client2023 = (apiKey = alice): Anthropic2023 =>
  new Anthropic2023({ baseURL: gateway.now.url, apiKey, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'What is the weather in Berlin today?' }];

function count(model: string, body: object = { messages }, at = gateway): Promise<Response> {
  return fetch(`${at.now.url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { 'x-api-key': alice, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model, ...body }),
  });
}

describe('X12: count_tokens', () => {
  test('the vendor counts where it can', async () => {
    const { input_tokens } = await client().messages.countTokens({ model: 'an/mock-1!prompt=77', messages });
    expect(input_tokens).toBe(77);
    const response = await count('an/mock-1!prompt=78');
    expect(await response.json()).toEqual({ input_tokens: 78 });
    expect(response.headers.get('x-sluice-usage-source')).toBeNull();
  });

  test('where it cannot, the gateway estimates, and the vendor hears nothing', async () => {
    const response = await count('plain/mock-1');
    const { input_tokens } = (await response.json()) as { input_tokens: number };
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-usage-source')).toBe('estimated');
    expect(input_tokens).toBeGreaterThan(8);
    expect(input_tokens).toBeLessThan(16);
    expect(await mock.now.requests()).toBe(0);
  });

  describe('a counter that fails', () => {
    const fresh = useFreshGateway(() => aiConfig(mock.now));
    test.each(['status=404', 'status=529', 'status=401', 'status=429', 'fault=reset@0'])('%s: estimated', async (spec) => {
      const response = await count(`an/mock-1!${spec}`, { messages }, fresh);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-sluice-usage-source')).toBe('estimated');
      const { by_path } = await mock.now.stats();
      expect(Object.keys(by_path).filter((path) => path.endsWith('/messages'))).toEqual([]);
    });
  });

  test('OpenAI counts for its own clients and for others', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
    const own = await openai.responses.inputTokens.count({ model: 'oa/mock-1!prompt=31', input: 'Hello' });
    expect(own).toEqual({ object: 'response.input_tokens', input_tokens: 31 });
    expect(await client().messages.countTokens({ model: 'oa/mock-1!prompt=32', messages })).toEqual({ input_tokens: 32 });
    const crossed = await openai.responses.inputTokens.count({ model: 'an/mock-1!prompt=33', input: 'Hello', instructions: 'Be brief.' });
    expect(crossed).toEqual({ object: 'response.input_tokens', input_tokens: 33 });
    const { data, response } = await openai.responses.inputTokens.count({ model: 'plain/mock-1', input: 'Hello' }).withResponse();
    expect(response.headers.get('x-sluice-usage-source')).toBe('estimated');
    expect(data.input_tokens).toBeGreaterThan(0);
    const { by_path } = await mock.now.stats();
    expect(Object.keys(by_path).sort()).toEqual(['/v1/messages/count_tokens', '/v1/responses/input_tokens']);
  });

  test('what the vendor finds wrong is told', async () => {
    const response = await count('an/mock-1!status=400');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    const none = await count('plain/mock-1', {});
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({ error: { message: expect.stringContaining('messages') } });
  });

  test('it costs nothing', async () => {
    await (await count('plain/mock-1')).text();
    await (await count('an/mock-1')).text();
    const [one, two] = await gateway.now.recordsOf((r) => r.path === '/v1/messages/count_tokens', 2);
    expect([one?.cost_usd, two?.cost_usd].map(Number)).toEqual([0, 0]);
  });
});

describe('X13: models in the dialect of the caller', () => {
  test('OpenAI', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: bob, maxRetries: 0 });
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids.slice(0, 2)).toEqual(['fast', 'quick']);
    expect(ids).toContain('oa/gpt-4o');
    expect(ids.some((id) => id === 'secret' || id.startsWith('an/'))).toBe(false);
    expect(await openai.models.retrieve('oa/gpt-4o')).toMatchObject({ id: 'oa/gpt-4o', owned_by: 'openai' });
    await expect(openai.models.retrieve('secret')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test.each([
    ['2026-10-21', client],
    ['2023-06-01', client2023],
  ] as const)('Anthropic %s, page by page', async (_, make) => {
    const ids: string[] = [];
    for await (const model of (make(bob) as Anthropic).models.list({ limit: 3 })) {
      expect(model.type).toBe('model');
      ids.push(model.id);
    }
    expect(ids.slice(0, 2)).toEqual(['fast', 'quick']);
    expect(ids.length).toBeGreaterThan(6);
    expect(new Set(ids).size).toBe(ids.length);
    const one = await (make(bob) as Anthropic).models.retrieve('fast');
    expect(one).toMatchObject({ id: 'fast', max_input_tokens: 128000, capabilities: { image_input: { supported: true } } });
    await expect((make(bob) as Anthropic).models.retrieve('secret')).rejects.toMatchObject({ status: 404 });
    await expect((make(bob) as Anthropic).models.list({ after_id: 'nobody' })).rejects.toMatchObject({ status: 400 });
  });

  test('Gemini', async () => {
    const get = async (path: string): Promise<Record<string, unknown>> => {
      const response = await fetch(`${gateway.now.url}/v1beta/models${path}`, { headers: { 'x-goog-api-key': bob } });
      expect(response.status).toBe(200);
      return (await response.json()) as Record<string, unknown>;
    };
    const first = await get('?pageSize=1');
    expect(first['models']).toMatchObject([{ name: 'models/fast', inputTokenLimit: 128000 }]);
    const second = await get(`?pageSize=1&pageToken=${first['nextPageToken']}`);
    expect(second['models']).toMatchObject([{ name: 'models/quick' }]);
    expect(await get('/fast')).toMatchObject({ name: 'models/fast' });
  });
});

describe('a list of models that is larger than the memory of a request', () => {
  const vendors = ['openai', 'anthropic', 'mistral', 'alibaba-cn', 'alibaba-intl', 'cohere', 'groq', 'fireworks', 'nvidia', 'together', 'siliconflow', 'xai'];
  const small = useGateway(() =>
    aiConfig(mock.now, {
      accounts: vendors.map((vendor) => openaiAccount(vendor, mock.now, { vendor })),
      prices: [],
      gateway: { limits: { exchange: '1MiB' } },
    }),
  );

  test('is refused, and the gateway lives on', async () => {
    const list = (query: string): Promise<Response> =>
      fetch(`${small.now.url}/v1/models${query}`, { headers: { 'x-api-key': alice, 'anthropic-version': '2023-06-01' } });
    const whole = await list('?limit=1000');
    expect(whole.status).toBe(529);
    expect(await whole.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
    expect((await list('?limit=5')).status).toBe(200);
  });
});

describe('Anthropic messages in both versions of the API', () => {
  const versions = [
    { version: '2026-10-21', make: client, auth: 'authorization' },
    { version: '2023-06-01', make: client2023 as unknown as typeof client, auth: 'x-api-key' },
  ];
  const ask = { max_tokens: 100, messages };

  describe.each(versions)('$version', ({ version, make }) => {
    test.each(['an', 'oa'])('a message, whole and streamed, from %s', async (account) => {
      const model = `${account}/mock-1!chunks=3,prompt=5`;
      const done = await make().messages.create({ model, ...ask });
      expect(done.content).toMatchObject([{ type: 'text', text: 'tok1 tok2 tok3 ' }]);
      expect(done.usage).toMatchObject({ input_tokens: 5, output_tokens: 3 });
      const streamed = await make().messages.stream({ model, ...ask }).finalMessage();
      expect(streamed.content).toMatchObject([{ type: 'text', text: 'tok1 tok2 tok3 ' }]);
      expect(streamed.stop_reason).toBe('end_turn');
    });

    test('the version that the client speaks goes to the vendor, its key does not', async () => {
      await make().messages.create({ model: 'an/mock-1', ...ask });
      const { head } = await mock.now.lastSeen();
      expect(head).toMatch(new RegExp(`^anthropic-version: ${version}\r?$`, 'im'));
      expect(head).not.toContain(alice);
    });

    const fresh = useFreshGateway(() => aiConfig(mock.now));
    test.each(['an', 'oa'])('errors of %s are typed', async (account) => {
      const to = { baseURL: fresh.now.url };
      const status = async (spec: string): Promise<unknown> =>
        make()
          .withOptions(to)
          .messages.create({ model: `${account}/mock-1!${spec}`, ...ask })
          .then(
            () => 200,
            (e: unknown) => e,
          );
      expect(await status('status=400')).toMatchObject({ status: 400, error: { error: { type: 'invalid_request_error' } } });
      expect(await status('status=529')).toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } });
      expect(await status('status=429,retry_after=60')).toMatchObject({ status: 429 });
      expect(await make('sk-wrong').withOptions(to).messages.create({ model: 'an/mock-1', ...ask }).catch((e: unknown) => e)).toMatchObject({
        status: 401,
        error: { type: 'error', error: { type: 'authentication_error' } },
      });
    });
  });

  test('a system message in the conversation (2026-10-21)', async () => {
    const body = {
      model: 'an/mock-1',
      ...ask,
      messages: [...messages, { role: 'system' as const, content: [{ type: 'text' as const, text: 'Be brief.' }] }],
    };
    await client().messages.create(body as Anthropic.MessageCreateParamsNonStreaming);
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ messages: body.messages });
    await client().messages.create({ ...body, model: 'oa/mock-1' } as Anthropic.MessageCreateParamsNonStreaming);
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }],
    });
  });

  test('sampling of 2023-06-01 goes to any vendor', async () => {
    const sampling = { temperature: 0.5, top_p: 0.9 };
    for (const account of ['an', 'oa']) {
      await client2023().messages.create({ model: `${account}/mock-1`, ...ask, ...sampling });
      expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject(sampling);
    }
  });
});

describe('embeddings and rankings', () => {
  const vendors = (): Config[] => [
    openaiAccount('oa', mock.now),
    openaiAccount('voyage', mock.now, { vendor: 'voyage', base_url: `${mock.now.url}/voyage/v1` }),
    openaiAccount('nomic', mock.now, { vendor: 'nomic', base_url: `${mock.now.url}/nomic/v1` }),
    openaiAccount('cohere', mock.now, { vendor: 'cohere', base_url: `${mock.now.url}/compatibility/v1` }),
    openaiAccount('jina', mock.now, { vendor: 'jina' }),
    openaiAccount('ge', mock.now, { vendor: 'gemini', base_url: `${mock.now.url}/v1beta` }),
    openaiAccount('co', mock.now, { vendor: 'cohere-v2', base_url: mock.now.url }),
    openaiAccount('ol', mock.now, { vendor: 'ollama-native', base_url: mock.now.url }),
    openaiAccount('tei', mock.now, { vendor: 'tei', base_url: `${mock.now.url}/tei` }),
  ];
  const over = useGateway(() =>
    aiConfig(mock.now, {
      services: [
        { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] },
        { name: 'groq-like', kind: 'ai', prefix: '/groq/openai', policies: [{ type: 'key_auth' }] },
      ],
      accounts: vendors(),
      prices: [],
    }),
  );
  const openai = (): OpenAI => new OpenAI({ baseURL: `${over.now.url}/v1`, apiKey: alice, maxRetries: 0 });
  const cohere = (): CohereClientV2 => new CohereClientV2({ environment: over.now.url, token: alice });
  const input = ['first', 'second', 'third'];

  test.each(['voyage', 'nomic'])('X11: the OpenAI SDK, which asks for base64, gets vectors of %s in order', async (account) => {
    const { data, usage, model } = await openai().embeddings.create({ model: `${account}/mock-e`, input, dimensions: 3 });
    expect(data.map(({ index, embedding }) => [index, embedding])).toEqual([
      [0, [0, 0.5, -0.25]],
      [1, [1, 0.5, -0.25]],
      [2, [2, 0.5, -0.25]],
    ]);
    expect(usage).toEqual({ prompt_tokens: 15, total_tokens: 15 });
    expect(model).toBe(`${account}/mock-e`);
    const numbers = await openai().embeddings.create({ model: `${account}/mock-e`, input: 'one', encoding_format: 'float' });
    expect(numbers.data[0]?.embedding).toEqual([0, 0.5, -0.25, 0.5]);
  });

  test('token ids go to those who take them, and are refused for others', async () => {
    const { data } = await openai().embeddings.create({ model: 'oa/mock-e', input: [1, 2, 3] });
    expect(data.length).toBe(1);
    await expect(openai().embeddings.create({ model: 'voyage/mock-e', input: [1, 2, 3] })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('token ids'),
    });
  });

  test('what the vendor has no word for is in the receipt', async () => {
    const response = await openai()
      .embeddings.create({ model: 'voyage/mock-e', input: 'a', user: 'u' })
      .asResponse();
    expect(response.headers.get('x-sluice-dropped-params')).toBe('user');
    expect(JSON.parse((await mock.now.lastSeen()).body)).toEqual({ model: 'mock-e', input: ['a'], encoding_format: 'base64' });
  });

  test.each(['cohere', 'voyage', 'nomic', 'oa'])('the Cohere SDK embeds by %s', async (account) => {
    const done = await cohere().embed({
      model: `${account}/mock-e`,
      texts: input,
      inputType: 'search_query',
      embeddingTypes: ['float'],
      outputDimension: 4,
    });
    expect(done.embeddings.float?.length).toBe(3);
    expect(done.embeddings.float?.[2]?.length).toBe(4);
    expect(done.meta?.billedUnits?.inputTokens).toBeGreaterThan(0);
  });

  const documents = ['a', 'b', 'c'];
  test.each(['cohere', 'voyage', 'jina', 'tei'])('the Cohere SDK ranks by %s', async (account) => {
    const done = await cohere().rerank({ model: `${account}/mock-r`, query: 'q', documents, topN: 2 });
    expect(done.results).toEqual([
      { index: 2, relevanceScore: 0.5 },
      { index: 1, relevanceScore: 0.333333 },
    ]);
    const record = (await over.now.recordsOf((r) => r.path === '/v2/rerank')).at(-1);
    expect(record?.status).toBe(200);
  });

  test('clients of Jina get the documents back', async () => {
    const ask = async (more: object): Promise<{ results: { document?: object }[]; usage?: object }> => {
      const response = await fetch(`${over.now.url}/v1/rerank`, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice}` },
        body: JSON.stringify({ model: 'jina/mock-r', query: 'q', documents, ...more }),
      });
      return (await response.json()) as { results: { document?: object }[]; usage?: object };
    };
    const done = await ask({});
    expect(done.results[0]).toEqual({ index: 2, relevance_score: 0.5, document: { text: 'c' } });
    expect(done.usage).toEqual({ total_tokens: 15 });
    expect((await ask({ return_documents: false })).results[0]?.document).toBeUndefined();
  });

  test.each(['cohere', 'voyage', 'nomic', 'oa', 'ge'])('@google/genai embeds by %s', async (account) => {
    const google = new GoogleGenAI({ apiKey: alice, httpOptions: { baseUrl: over.now.url } });
    const many = await google.models.embedContent({
      model: `${account}/mock-e`,
      contents: ['a', 'b', 'c'],
      config: { taskType: 'RETRIEVAL_DOCUMENT', outputDimensionality: 4 },
    });
    expect(many.embeddings?.map((e) => e.values?.length)).toEqual([4, 4, 4]);
    expect(new Set(many.embeddings?.map((e) => e.values?.join())).size).toBe(3);
    const one = await google.models.embedContent({ model: `${account}/mock-e`, contents: 'a', config: { outputDimensionality: 4 } });
    expect(one.embeddings?.[0]?.values).toHaveLength(4);
    const refused = await google.models.embedContent({ model: `${account}/mock-e!status=400`, contents: 'a' }).catch((e: unknown) => e);
    expect(refused).toMatchObject({ status: 400 });
  });

  describe.each(['cohere', 'voyage', 'nomic', 'oa', 'ge', 'co', 'ol'])('vectors of %s', (account) => {
    const model = `${account}/mock-e`;
    const numbers = async (): Promise<number[][]> =>
      (await openai().embeddings.create({ model, input, encoding_format: 'float' })).data.map((d) => d.embedding);

    // Its SDK wants an id, which answers in OpenAI's own form do not have: they pass as they are.
    const testMistral = account === 'oa' || account === 'cohere' ? (): void => undefined : test;
    testMistral('@mistralai/mistralai embeds', async () => {
      const mistral = new Mistral({ apiKey: alice, serverURL: over.now.url, retryConfig: { strategy: 'none' } });
      const done = await mistral.embeddings.create({ model, inputs: input });
      expect(done.data.map((d) => d.embedding)).toEqual(await numbers());
    });

    test('groq-sdk embeds', async () => {
      const groq = new Groq({ apiKey: alice, baseURL: `${over.now.url}/groq`, maxRetries: 0 });
      const done = await groq.embeddings.create({ model, input });
      expect(done.data.map((d) => d.embedding)).toEqual(await numbers());
    });

    test('ai embeds, by the providers of OpenAI and Google', async () => {
      const models = [
        createOpenAI({ apiKey: alice, baseURL: `${over.now.url}/v1` }).embedding(model),
        createGoogleGenerativeAI({ apiKey: alice, baseURL: `${over.now.url}/v1beta` }).embedding(model),
      ];
      for (const one of models)
        expect((await embedMany({ model: one, values: input, maxRetries: 0 })).embeddings, one.provider).toEqual(await numbers());
    });
  });

  test('errors of a vendor come in the words of the client', async () => {
    await expect(openai().embeddings.create({ model: 'voyage/mock-e!status=400', input: 'a' })).rejects.toMatchObject({ status: 400 });
    const failure = await cohere()
      .rerank({ model: 'cohere/mock-r!status=400', query: 'q', documents }, { maxRetries: 0 })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(CohereError);
    expect(failure).toMatchObject({ statusCode: 400 });
  });
});

describe('moderations', () => {
  test('pass', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
    const { results } = await openai.moderations.create({ model: 'oa/mock-m', input: 'kill it' });
    expect(results[0]?.flagged).toBe(true);
    const unsaid = await openai.moderations.create({ input: 'be kind' });
    expect(unsaid.results[0]?.flagged).toBe(false);
    await expect(openai.moderations.create({ model: 'an/mock-1', input: 'x' })).rejects.toMatchObject({ status: 400 });
  });
});

describe('images', () => {
  const fresh = useFreshGateway(() => aiConfig(mock.now)); // whose vendor is told to refuse, which is remembered
  test('pass, with their tokens, to vendors that have them', async () => {
    const openai = new OpenAI({ baseURL: `${fresh.now.url}/v1`, apiKey: alice, maxRetries: 0 });
    const { data, usage } = await openai.images.generate({ model: 'oa/mock-i!prompt=9', prompt: 'a cat', size: '1024x1024' });
    expect(data?.[0]?.b64_json).toBe('iVBORw0KGgo=');
    expect(usage).toMatchObject({ input_tokens: 9, output_tokens: 4160 });
    expect(JSON.parse((await mock.now.lastSeen()).body)).toEqual({ model: 'mock-i!prompt=9', prompt: 'a cat', size: '1024x1024' });
    await expect(openai.images.generate({ model: 'an/mock-1', prompt: 'x' })).rejects.toMatchObject({ status: 400 });
    await expect(openai.images.generate({ model: 'oa/mock-i', prompt: 'x', stream: true })).rejects.toMatchObject({ status: 400, message: expect.stringContaining('stream') });
    await expect(openai.images.generate({ model: 'oa/mock-i!status=429', prompt: 'x' })).rejects.toMatchObject({ status: 429 });
  });
});

describe('legacy completions', () => {
  const openai = (): OpenAI => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });

  describe.each(['oa', 'an'])('of %s', (account) => {
    const model = `${account}/mock-1!chunks=3,prompt=5`;

    test('whole', async () => {
      const done = await openai().completions.create({ model, prompt: 'Once', max_tokens: 9 });
      expect(done).toMatchObject({ object: 'text_completion', model });
      expect(done.choices).toMatchObject([{ text: 'tok1 tok2 tok3 ', index: 0, finish_reason: 'stop' }]);
      expect(done.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
    });

    test('streamed, and the usage only when asked', async () => {
      for (const include_usage of [false, true]) {
        const stream = await openai().completions.create({
          model,
          prompt: 'Once',
          max_tokens: 2,
          stream: true,
          ...(include_usage ? { stream_options: { include_usage } } : {}),
        });
        let text = '';
        const finishes: string[] = [];
        let usage = 0;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.text ?? '';
          if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
          if (chunk.usage) usage++;
        }
        expect(text).toBe('tok1 tok2 ');
        expect(finishes).toEqual(['length']);
        expect(usage).toBe(include_usage ? 1 : 0);
      }
    });
  });

  test('a vendor that has them is asked in them, others in their own', async () => {
    await openai().completions.create({ model: 'oa/mock-1', prompt: 'Once', best_of: 1, echo: false });
    expect((await mock.now.lastSeen()).head).toMatch(/^POST \/v1\/completions /);
    const { response } = await openai().completions.create({ model: 'an/mock-1', prompt: 'Once', best_of: 2 }).withResponse();
    expect((await mock.now.lastSeen()).head).toMatch(/^POST \/v1\/messages /);
    expect(response.headers.get('x-sluice-dropped-params')).toBe('best_of');
    await expect(openai().completions.create({ model: 'an/mock-1', prompt: 'Once', suffix: 'end' })).rejects.toMatchObject({ status: 400 });
  });
});
