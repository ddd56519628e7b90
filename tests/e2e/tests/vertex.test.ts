/** Google Vertex AI as a vendor: each publisher's models at the surface that has them, for each client. */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, price, useGateway, useMock, vendorKey } from '../harness/gateway.ts';

const mock = useMock();
const base = '/v1/projects/acme/locations/global';
const models = { Google: 'gemini-mock', Anthropic: 'claude-mock', 'a publisher of open models': 'meta/mock', Mistral: 'mistral-mock' };

const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [{ name: 'vx', vendor: 'vertex-ai', base_url: `${mock.now.url}${base}`, region: 'global', serves_unlisted: true, keys: [{ key: vendorKey }] }],
    prices: Object.values(models).map((model) => price('vertex-ai', model)),
  }),
);

const openai = () => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: gateway.now.url, apiKey: alice, maxRetries: 0 });
const google = () => new GoogleGenAI({ apiKey: alice, httpOptions: { baseUrl: gateway.now.url, retryOptions: { attempts: 1 } } });
const hello = [{ role: 'user' as const, content: 'hello' }];

test('the mock is what the SDK of Google expects of Vertex', async () => {
  const client = new GoogleGenAI({ vertexai: true, apiKey: vendorKey, httpOptions: { baseUrl: mock.now.url } });
  expect((await client.models.generateContent({ model: 'gemini-mock!chunks=2', contents: 'hello' })).text).toBe('tok1 tok2 ');
});

describe.each(Object.entries(models))('a model of %s', (_publisher, name) => {
  const model = (spec: string): string => `vx/${name}!${spec}`;

  test('for the SDK of OpenAI: whole, streamed, a tool', async () => {
    const whole = await openai().chat.completions.create({ model: model('chunks=2,prompt=7'), messages: hello });
    expect(whole.choices[0]?.message.content).toBe('tok1 tok2 ');
    expect(whole.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 2 });
    let text = '';
    for await (const chunk of await openai().chat.completions.create({ model: model('chunks=3'), messages: hello, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('tok1 tok2 tok3 ');
    const called = await openai().chat.completions.create({
      model: model('tools=1'),
      messages: hello,
      tools: [{ type: 'function', function: { name: 'find', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }],
    });
    expect(called.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('for the SDK of Anthropic: whole, streamed', async () => {
    const ask = { max_tokens: 50, messages: hello };
    const whole = await anthropic().messages.create({ ...ask, model: model('chunks=2') });
    expect(whole.content[0]).toMatchObject({ type: 'text', text: 'tok1 tok2 ' });
    const streamed = await anthropic().messages.stream({ ...ask, model: model('chunks=3') }).finalMessage();
    expect(streamed.content[0]).toMatchObject({ type: 'text', text: 'tok1 tok2 tok3 ' });
    expect(streamed.stop_reason).toBe('end_turn');
  });

  test('for the SDK of Google: whole, streamed', async () => {
    expect((await google().models.generateContent({ model: model('chunks=2'), contents: 'hello' })).text).toBe('tok1 tok2 ');
    let text = '';
    for await (const chunk of await google().models.generateContentStream({ model: model('chunks=3'), contents: 'hello' })) text += chunk.text ?? '';
    expect(text).toBe('tok1 tok2 tok3 ');
  });

  test('an error of the vendor is one in the dialect of the client', async () => {
    await expect(openai().chat.completions.create({ model: model('status=400'), messages: hello })).rejects.toMatchObject({ status: 400 });
  });
});

test('Claude has its version in the body and its model in the path', async () => {
  const stream = anthropic().messages.stream({ model: 'vx/claude-mock@20250929', max_tokens: 50, messages: hello });
  await stream.finalMessage();
  const seen = await mock.now.lastSeen();
  expect(seen.head).toContain(`POST ${base}/publishers/anthropic/models/claude-mock%4020250929:streamRawPredict HTTP/1.1`);
  expect(seen.head).toMatch(new RegExp(`^authorization: Bearer ${vendorKey}`, 'im'));
  expect(seen.head).not.toMatch(/^anthropic-version:/im);
  expect(JSON.parse(seen.body)).toEqual({ anthropic_version: 'vertex-2023-10-16', max_tokens: 50, messages: hello, stream: true });
});

test('x12: tokens of Claude and of Gemini are counted by Vertex', async () => {
  const { input_tokens } = await anthropic().messages.countTokens({ model: 'vx/claude-mock!prompt=33', messages: hello });
  expect(input_tokens).toBe(33);
  const { totalTokens } = await google().models.countTokens({ model: 'vx/gemini-mock!prompt=34', contents: 'hello' });
  expect(totalTokens).toBe(34);
});

test('x11: vectors are predictions of Vertex', async () => {
  const { data } = await openai().embeddings.create({ model: 'vx/text-embedding-005', input: ['a', 'b'], dimensions: 3, encoding_format: 'float' });
  expect(data.map((row) => row.embedding)).toEqual([[0, 0.5, -0.25], [1, 0.5, -0.25]]);
  expect((await google().models.embedContent({ model: 'vx/text-embedding-005', contents: 'a' })).embeddings?.[0]?.values).toHaveLength(4);
});
