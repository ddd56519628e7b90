/** Vendors as data: surfaces, quirks, options, vendors of one's own, strict requests. */
import { describe, expect, test } from 'vitest';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { AzureOpenAI } from 'openai';
import { aiConfig, alice, chat, openaiAccount, useGateway, useMock, vendorKey } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();

/** An account whose vendor's own path is kept behind the mock. */
const account = (vendor: string, path: string, more = {}) => ({
  ...openaiAccount(vendor, mock.now, more),
  vendor,
  base_url: `${mock.now.url}${path}`,
  ...more,
});

const gateway = useGateway(() =>
  aiConfig(mock.now, {
    vendors: [
      {
        name: 'acme',
        base_url: 'https://acme.example/v9',
        auth_header: 'X-Acme-Key: Key {key}',
        headers: { 'x-tenant': 'blue' },
        paths: { chat: '/v1/chat/completions', embeddings: '' },
        drops: ['logit_bias'],
        renames: { seed: 'random_seed' },
        temperature_max: '1.5',
        reasoning: 'enable_thinking',
        surfaces: [{ dialect: 'anthropic', auth: 'bearer', root: '/anthropic/v1' }],
      },
    ],
    accounts: [
      account('deepseek', ''),
      account('groq', '/openai/v1'),
      account('mistral', '/v1'),
      account('alibaba-cn', '/compatible-mode/v1'),
      account('minimax-cn', '/v1'),
      account('openrouter', '/api/v1'),
      account('azure-openai', '/openai', { options: { resource: 'contoso' }, deployments: { 'gpt-4o': 'mock-1!like=azure' } }),
      account('acme', '/v9', { auth: 'vendor' }),
      openaiAccount('oa', mock.now),
      { ...openaiAccount('an', mock.now), vendor: 'anthropic' },
    ],
    models: [
      { name: 'strict', strict: true, targets: [{ account: 'groq', model: 'mock-1!like=groq' }] },
      { name: 'fallback', strict: true, targets: [{ account: 'groq', model: 'mock-1' }, { account: 'oa', model: 'mock-1', order: 1 }] },
    ],
  }),
);

const openai = () => new OpenAI({ apiKey: alice, baseURL: `${gateway.now.url}/v1`, maxRetries: 0 });
const anthropic = () => new Anthropic({ apiKey: alice, baseURL: gateway.now.url, maxRetries: 0 });
const path = async () => (await mock.now.lastSeen()).head.split(' ')[1];
const sent = async () => JSON.parse((await mock.now.lastSeen()).body) as Record<string, unknown>;

describe('surfaces', () => {
  test('DeepSeek serves Anthropic clients in their own dialect, unparsed', async () => {
    const answer = await anthropic().messages.create({
      model: 'deepseek/mock-1!chunks=3',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'hello', x_new: 1 } as never],
    });
    expect(answer.content[0]).toMatchObject({ type: 'text' });
    expect(answer.usage.output_tokens).toBe(3);
    expect(await path()).toBe('/anthropic/v1/messages');
    const { head, body } = await mock.now.lastSeen();
    expect(head).toMatch(new RegExp(`^x-api-key: ${vendorKey}\r?$`, 'im'));
    expect(head).toMatch(/^anthropic-version: 20\d\d-\d\d-\d\d\r?$/im);
    expect(body).toContain('"x_new":1');
  });

  test('and OpenAI clients in theirs, streamed, with comments and blanks before bodies', async () => {
    const stream = await openai().chat.completions.create({
      model: 'deepseek/mock-1!like=deepseek,chunks=4',
      stream: true,
      max_completion_tokens: 50,
      messages: [{ role: 'developer', content: 'be brief' }, { role: 'user', content: 'hello' }],
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).not.toBe('');
    expect(await path()).toBe('/chat/completions');
    const whole = await openai().chat.completions.create({
      model: 'deepseek/mock-1!like=deepseek',
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(whole.choices[0]?.message.content).not.toBe('');
  });

  test('a client without a surface of its own gets the main one, translated', async () => {
    const answer = await anthropic().messages.create({
      model: 'groq/mock-1!like=groq,chunks=3',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.usage.output_tokens).toBe(3);
    expect(await path()).toBe('/openai/v1/chat/completions');
  });
});

describe('quirks', () => {
  test('groq: what it refuses is left out and named', async () => {
    const response = await chat(gateway.now.url, 'groq/mock-1!like=groq', {
      more: { logit_bias: { 5: 1 }, logprobs: true, store: true, max_tokens: 9 },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-dropped-params')?.split(',').sort()).toEqual(['logit_bias', 'logprobs', 'store']);
    expect(await sent()).toMatchObject({ max_completion_tokens: 9 });
  });

  test('mistral: seed has another name, stream_options are not sent, usage is counted all the same', async () => {
    const response = await chat(gateway.now.url, 'mistral/mock-1!like=mistral,usage=with_last_choice,chunks=5', {
      stream: true,
      more: { seed: 7, user: 'u', stream_options: { include_usage: true } },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"completion_tokens":5');
    const body = await sent();
    expect(body).toMatchObject({ random_seed: 7 });
    expect(body).not.toHaveProperty('seed');
    expect(body).not.toHaveProperty('user');
  });

  test('reasoning_effort goes out in the vendor’s spelling', async () => {
    const response = await chat(gateway.now.url, 'alibaba-cn/mock-1!like=qwen', { more: { reasoning_effort: 'low' } });
    expect(response.status).toBe(200);
    expect(await sent()).toMatchObject({ enable_thinking: true });
  });

  test('E6, E10: an error inside of a 200 has its class: no credit is no rate limit', async () => {
    const bad = await chat(gateway.now.url, 'minimax-cn/mock-1!like=minimax,status=400');
    expect(bad.status).toBe(400);
    const rate = await chat(gateway.now.url, 'minimax-cn/mock-1!like=minimax,status=429');
    expect(rate.status).toBe(429);
    expect(((await rate.json()) as { error: { code: string } }).error.code).toBe('rate_limit_exceeded');
  });
});

describe('Azure OpenAI', () => {
  test('the mock is what the official client takes for Azure', async () => {
    const client = new AzureOpenAI({
      endpoint: mock.now.url,
      apiKey: vendorKey,
      apiVersion: '2024-10-21',
      deployment: 'mock-1!like=azure',
      maxRetries: 0,
    });
    const answer = await client.chat.completions.create({
      model: 'mock-1!like=azure',
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.choices[0]?.message.content).not.toBe('');
  });

  test('the deployment stands in the path, with a version, and the key in a field of its own', async () => {
    const stream = await openai().chat.completions.create({
      model: 'azure-openai/gpt-4o',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'hello' }],
    });
    let text = '';
    let usage = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage += chunk.usage?.completion_tokens ?? 0;
    }
    expect(text).not.toBe('');
    expect(usage).toBe(8);
    expect(await path()).toBe('/openai/deployments/mock-1%21like%3Dazure/chat/completions?api-version=2024-10-21');
    const { head } = await mock.now.lastSeen();
    expect(head).toMatch(new RegExp(`^api-key: ${vendorKey}\r?$`, 'im'));
    expect(head).not.toMatch(/^authorization:/im);
  });
});

describe('a vendor of one’s own', () => {
  test('is made in configuration alone', async () => {
    const response = await chat(gateway.now.url, 'acme/mock-1', {
      more: { logit_bias: { 5: 1 }, seed: 7, temperature: 1.8, reasoning_effort: 'high' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-dropped-params')?.split(',').sort()).toEqual(['logit_bias', 'temperature:clamped']);
    expect(await path()).toBe('/v9/v1/chat/completions');
    const { head } = await mock.now.lastSeen();
    expect(head).toMatch(new RegExp(`^X-Acme-Key: Key ${vendorKey}\r?$`, 'im'));
    expect(head).toMatch(/^x-tenant: blue\r?$/im);
    expect(await sent()).toMatchObject({ random_seed: 7, temperature: 1.5, enable_thinking: true });
  });

  test('and has further surfaces', async () => {
    const answer = await anthropic().messages.create({
      model: 'acme/mock-1',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.type).toBe('message');
    expect(await path()).toBe('/anthropic/v1/messages');
  });
});

describe('strict', () => {
  test('X1: a request that says so is refused where something would be dropped', async () => {
    const response = await chat(gateway.now.url, 'groq/mock-1', {
      headers: { 'x-sluice-strict': 'true' },
      more: { logit_bias: { 5: 1 } },
    });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain('logit_bias');
    expect(await mock.now.requests()).toBe(0);
  });

  test('X1: a model that says so, too; the request’s word goes first', async () => {
    const more = { logit_bias: { 5: 1 } };
    expect((await chat(gateway.now.url, 'strict', { more })).status).toBe(400);
    expect((await chat(gateway.now.url, 'strict', { more, headers: { 'x-sluice-strict': 'false' } })).status).toBe(200);
    expect((await chat(gateway.now.url, 'strict')).status).toBe(200);
  });

  test('another target that takes everything is used', async () => {
    const response = await chat(gateway.now.url, 'fallback', { more: { logit_bias: { 5: 1 } } });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-sluice-provider')).toBe('oa');
    expect(await sent()).toHaveProperty('logit_bias');
  });
});

test('usage of all of them is in the ledger', async () => {
  await (await chat(gateway.now.url, 'groq/mock-1!like=groq,chunks=6', { stream: true })).text();
  await eventually(async () => ((await mock.now.stats()).completed === 1 ? true : undefined), { what: 'the answer' });
  expect((await mock.now.stats()).ledger.at(-1)).toMatchObject({ completion: 6 });
});

describe('fields of vendors that clients get', () => {
  const aws = useMock('--key', 'AKIDTEST:secret');
  const native = (name: string, vendor: string, path = '', more = {}) => ({
    name, vendor, base_url: `${mock.now.url}${path}`, serves_unlisted: true, keys: [{ key: vendorKey }], ...more,
  });
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      accounts: [
        native('openai', 'openai', '/v1'),
        native('failing', 'openai', '/v1'),
        native('anthropic', 'anthropic', '/v1'),
        native('azure', 'azure-openai', '/openai', {
          options: { resource: 'contoso' },
          deployments: { 'mock-1': 'mock-1!like=azure', 'mock-1!status=429,retry_after=30,retry_after_ms=29500': 'mock-1!like=azure,status=429,retry_after=30,retry_after_ms=29500' },
        }),
        native('groq', 'groq', '/openai/v1'),
        native('mistral', 'mistral', '/v1'),
        native('bedrock', 'aws-bedrock', '', { base_url: aws.now.url, region: 'eu-central-1', keys: ['AKIDTEST:secret'] }),
        native('gemini', 'gemini', '/v1beta'),
        native('cohere', 'cohere-v2'),
      ],
      models: [{ name: 'pair', targets: [{ account: 'failing', model: 'mock-1!status=503' }, { account: 'cohere', model: 'mock-1', order: 1 }] }],
    }),
  );

  const rates = ['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]);
  const anthropics = [
    ...['requests-limit', 'requests-remaining', 'requests-reset', 'tokens-limit', 'tokens-remaining', 'input-tokens-remaining', 'output-tokens-remaining']
      .map((what) => `anthropic-ratelimit-${what}`),
    'anthropic-priority-input-tokens-remaining',
  ];
  const mistrals = ['x-ratelimit-limit-req-minute', 'x-ratelimit-remaining-req-minute', 'x-ratelimit-tokens-query-cost'];
  const coheres = ['x-debug-trace-id', 'x-trial-endpoint-call-limit', 'x-trial-endpoint-call-remaining'];
  /* Of all that each vendor sends (the mock too: organizations, cookies, regions) what reaches clients. */
  const rows = [
    { vendor: 'openai', kept: [...rates, 'openai-processing-ms', 'openai-version'] },
    { vendor: 'anthropic', kept: [...anthropics, 'request-id'] },
    { vendor: 'azure', kept: [...rates, 'apim-request-id'] },
    { vendor: 'groq', like: 'like=groq', kept: rates },
    { vendor: 'mistral', like: 'like=mistral', kept: [...rates, ...mistrals, 'mistral-correlation-id'] },
    { vendor: 'bedrock', kept: ['x-amzn-requestid'] },
    { vendor: 'gemini', kept: [] as string[] },
    { vendor: 'cohere', kept: coheres },
  ];
  const ours = /^(x-sluice-.*|x-request-id|x-upstream-request-id|date|content-(type|length)|cache-control|connection|keep-alive|transfer-encoding|proxy-status|retry-after)$/;
  const ofVendor = (response: Response) => [...response.headers.keys()].filter((name) => !ours.test(name)).sort();
  const expectFields = (response: Response, vendor: string, kept: string[]) => {
    expect(ofVendor(response)).toEqual([...kept].sort());
    expect(response.headers.get('x-request-id')).not.toMatch(/^req/);
    expect(response.headers.get('x-upstream-request-id') ?? '').toMatch(vendor === 'gemini' ? /^$/ : /^req[-_]/);
  };
  const ask = (vendor: string, spec: string[], stream = false) =>
    chat(gateway.now.url, `${vendor}/mock-1${spec.length === 0 ? '' : `!${spec.join(',')}`}`, { stream });

  test.each(rows)('E10: $vendor: the id of the request and the rates, and nothing that tells whose account it is', async ({ vendor, like, kept }) => {
    for (const stream of [false, true]) {
      const response = await ask(vendor, like === undefined ? [] : [like], stream);
      await response.text();
      expect(response.status).toBe(200);
      expectFields(response, vendor, kept);
    }
  });

  test('E10: what a failed attempt said is not in the answer of the next', async () => {
    const response = await chat(gateway.now.url, 'pair');
    await response.text();
    expect(response.headers.get('x-sluice-attempts')).toBe('2');
    expectFields(response, 'cohere', coheres);
  });

  test.each(rows)('E10: an error of $vendor has them too, and is told once when to come back', async ({ vendor, like, kept }) => {
    const response = await ask(vendor, [...(like === undefined ? [] : [like]), 'status=429', 'retry_after=30', 'retry_after_ms=29500']);
    await response.text();
    expect(response.status).toBe(429);
    expectFields(response, vendor, kept);
    expect(response.headers.get('retry-after')).toMatch(/^(29|30)$/);
  });
});
