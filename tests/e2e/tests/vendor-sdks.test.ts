/** The SDKs of OpenAI-compatible vendors, through Sluice to vendors of several dialects and quirks. */
import { describe, expect, test } from 'vitest';
import Groq from 'groq-sdk';
import { Mistral } from '@mistralai/mistralai';
import { aiConfig, alice, anthropicAccount, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';

const mock = useMock();
const gateway = useGateway(() => {
  const account = (vendor: string, path: string) => ({ ...openaiAccount(vendor, mock.now), vendor, base_url: `${mock.now.url}${path}` });
  return aiConfig(mock.now, {
    services: [
      { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] },
      { name: 'groq-like', kind: 'ai', prefix: '/openai', policies: [{ type: 'key_auth' }] },
    ],
    accounts: [
      account('groq', '/openai/v1'),
      account('mistral', '/v1'),
      account('deepseek', ''),
      account('voyage', '/voyage/v1'),
      account('nomic', '/nomic/v1'),
      openaiAccount('oa', mock.now),
      anthropicAccount('an', mock.now),
    ],
  });
});

/** Vendors of four kinds; the model's name says how the mock behaves. */
const models = ['groq/mock-1!like=groq', 'mistral/mock-1!like=mistral', 'deepseek/mock-1!like=deepseek', 'oa/mock-1', 'an/mock-1'];
const more = (model: string, spec: string) => (model.includes('!') ? `${model},${spec}` : `${model}!${spec}`);

const parameters = { type: 'object', properties: { city: { type: 'string' } } };

describe('groq-sdk', () => {
  const client = () => new Groq({ apiKey: alice, baseURL: gateway.now.url, maxRetries: 0 });

  test.each(models)('%s: a whole answer', async (model) => {
    const answer = await client().chat.completions.create({
      model: more(model, 'chunks=3'),
      max_completion_tokens: 50,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.choices[0]?.message.content).not.toBe('');
    expect(answer.usage?.completion_tokens).toBe(3);
  });

  test.each(models)('%s: a stream', async (model) => {
    const stream = await client().chat.completions.create({
      model: more(model, 'chunks=5'),
      stream: true,
      messages: [{ role: 'user', content: 'hello' }],
    });
    let pieces = 0;
    let finish: string | null | undefined;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) pieces++;
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(pieces).toBe(5);
    expect(finish).toBe('stop');
  });

  test.each(models)('%s: a tool call', async (model) => {
    const answer = await client().chat.completions.create({
      model: more(model, 'tools=1,chunks=0'),
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      messages: [{ role: 'user', content: 'hello' }],
    });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(call?.function.name).toBe('weather');
    expect(() => JSON.parse(call?.function.arguments ?? '') as unknown).not.toThrow();
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test.each(models)('%s: an error is one', async (model) => {
    const asked = client().chat.completions.create({ model: more(model, 'status=400'), messages: [{ role: 'user', content: 'hello' }] });
    await expect(asked).rejects.toThrow(Groq.BadRequestError);
  });
});

describe('@mistralai/mistralai', () => {
  const client = () => new Mistral({ apiKey: alice, serverURL: gateway.now.url, retryConfig: { strategy: 'none' } });

  test.each(models)('%s: a whole answer', async (model) => {
    const answer = await client().chat.complete({
      model: more(model, 'chunks=3'),
      maxTokens: 50,
      randomSeed: 7,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.choices[0]?.message?.content).not.toBe('');
    expect(answer.usage.completionTokens).toBe(3);
  });

  test.each(models)('%s: a stream', async (model) => {
    const stream = await client().chat.stream({ model: more(model, 'chunks=5'), messages: [{ role: 'user', content: 'hello' }] });
    let pieces = 0;
    for await (const event of stream) if (event.data.choices[0]?.delta.content) pieces++;
    expect(pieces).toBe(5);
  });

  test.each(models)('%s: a tool call', async (model) => {
    const answer = await client().chat.complete({
      model: more(model, 'tools=1,chunks=0'),
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.choices[0]?.message?.toolCalls?.[0]?.function.name).toBe('weather');
  });

  test.each(['voyage', 'nomic', 'oa'])('%s: vectors', async (vendor) => {
    const done = await client().embeddings.create({ model: `${vendor}/mock-e`, inputs: ['a', 'b'] });
    expect(done.data.map((d) => d.embedding?.length)).toEqual(vendor === 'oa' ? [8, 8] : [4, 4]);
    expect(done.id).not.toBe('');
  });
});
