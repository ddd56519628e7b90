/**
 * What only clients of Cohere and of Ollama have: documents and sources, completions, their lists of models,
 * their forms of errors. What they share with all SDKs is in sdk-matrix.test.ts.
 */
import { CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, anthropicAccount, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now, { vendor: 'custom-openai' }),
      anthropicAccount('an', mock.now),
      openaiAccount('co', mock.now, { vendor: 'cohere-v2', base_url: mock.now.url }),
      openaiAccount('ol', mock.now, { vendor: 'ollama-native', base_url: mock.now.url }),
    ],
    models: [{ name: 'fast', targets: [{ account: 'an', model: 'mock-1' }] }],
  }),
);
const cohere = (token = alice): CohereClientV2 => new CohereClientV2({ token, environment: gateway.now.url, maxRetries: 0 });
const ollama = (key = alice): Ollama => new Ollama({ host: gateway.now.url, headers: { Authorization: `Bearer ${key}` } });
const messages = [{ role: 'user' as const, content: 'hello' }];

describe('cohere-ai', () => {
  test.each(['an', 'co'])('documents reach %s', async (account) => {
    const document = { id: 'd1', data: { title: 'Weather', text: 'rain all day' } };
    await cohere().chat({ model: `${account}/mock-1!chunks=1`, messages, documents: [document] });
    const { body } = await mock.now.lastSeen();
    if (account === 'co') expect(JSON.parse(body)).toMatchObject({ documents: [document] });
    else expect(body).toContain('"data":"rain all day"},"title":"Weather"');
  });

  test('sources of an answer', async () => {
    const { message } = await cohere().chat({ model: 'co/mock-1!chunks=3,citations=1', messages });
    expect(message.citations?.[0]?.sources?.[0]).toMatchObject({ type: 'document' });
    expect(message.citations?.[0]?.start).toBe(0);
  });

  test('X1: what Cohere knows and this gateway does not gets there', async () => {
    await cohere().chat({ model: 'co/mock-1!chunks=1', messages, safetyMode: 'STRICT', citationOptions: { mode: 'FAST' } });
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ safety_mode: 'STRICT', citation_options: { mode: 'FAST' } });
  });

  test('X5: what a vendor has no word for is listed', async () => {
    const { rawResponse } = await cohere().chat({ model: 'an/mock-1!chunks=1', messages, seed: 7, safetyMode: 'STRICT' }).withRawResponse();
    expect(rawResponse.headers.get('x-sluice-dropped-params')).toBe('seed,safety_mode');
  });

  test('an unknown key is 401, and the error has a message', async () => {
    await expect(cohere('nobody').chat({ model: 'fast', messages })).rejects.toMatchObject({ statusCode: 401, body: { message: expect.any(String) } });
  });

  test('X13: the list of models', async () => {
    const { models } = await cohere().models.list();
    expect(models[0]).toMatchObject({ name: 'fast', endpoints: ['chat'] });
  });
});

describe('ollama', () => {
  test.each(['oa', 'an', 'co', 'ol'])('a completion of %s, whole and streamed', async (account) => {
    const model = `${account}/mock-1!chunks=3`;
    const whole = await ollama().generate({ model, prompt: 'why', system: 'be brief' });
    expect(whole).toMatchObject({ model, response: 'tok1 tok2 tok3 ', done: true, done_reason: 'stop', eval_count: 3 });
    const pieces: string[] = [];
    for await (const { response } of await ollama().generate({ model, prompt: 'why', stream: true })) pieces.push(response ?? '');
    expect(pieces.filter((p) => p !== '')).toEqual(['tok1 ', 'tok2 ', 'tok3 ']);
  });

  test('it streams unless told otherwise', async () => {
    const res = await fetch(`${gateway.now.url}/api/chat`, {
      method: 'POST', headers: { authorization: `Bearer ${alice}` }, body: JSON.stringify({ model: 'an/mock-1!chunks=2', messages }),
    });
    expect(res.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await res.text()).trimEnd().split('\n').map((line) => JSON.parse(line) as { done: boolean });
    expect(lines.map((line) => line.done)).toEqual([false, false, true]);
  });

  test('X1: what Ollama knows and this gateway does not gets there', async () => {
    await ollama().chat({ model: 'ol/mock-1!chunks=1', messages, keep_alive: '5m', options: { num_ctx: 4096, mirostat: 1 } });
    expect(JSON.parse((await mock.now.lastSeen()).body)).toMatchObject({ keep_alive: '5m', options: { num_ctx: 4096, mirostat: 1 } });
  });

  test('vectors', async () => {
    const { embeddings } = await ollama().embed({ model: 'oa/mock-e', input: ['a', 'b'] });
    expect(embeddings.map((v) => v.length)).toEqual([8, 8]);
    expect((await ollama().embed({ model: 'ol/mock-e', input: 'a' })).embeddings.length).toBe(1);
  });

  test('X13: the list of models', async () => {
    const { models } = await ollama().list();
    expect(models.map((m) => m.name)).toContain('fast');
  });

  test('what its clients ask before they begin: a version, models in memory, what a model can do', async () => {
    expect((await ollama().version()).version).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await ollama().ps()).models).toEqual([]);
    const shown = await ollama().show({ model: 'fast' });
    expect(shown.capabilities).toContain('completion');
    expect(shown).toMatchObject({ details: { family: expect.any(String) }, model_info: { 'general.architecture': expect.any(String) } });
    const older = await fetch(`${gateway.now.url}/api/show`, { method: 'POST', headers: { authorization: `Bearer ${alice}` }, body: '{"name":"fast"}' });
    expect(await older.json()).toMatchObject({ capabilities: shown.capabilities });
    await expect(ollama().show({ model: 'nothing' })).rejects.toMatchObject({ status_code: 404 });
    await expect(ollama('nobody').version()).rejects.toMatchObject({ status_code: 401 });
  });

  test.each([true, false])('how long it took is told in nanoseconds (streamed: %s)', async (stream) => {
    const res = await fetch(`${gateway.now.url}/api/chat`, {
      method: 'POST', headers: { authorization: `Bearer ${alice}` }, body: JSON.stringify({ model: 'an/mock-1!chunks=3,ttft=50,delay=20', messages, stream }),
    });
    const last = JSON.parse((await res.text()).trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(last.total_duration).toBeGreaterThan(50e6);
    expect(last.load_duration).toBe(0);
    expect((last.prompt_eval_duration ?? 0) + (last.eval_duration ?? 0)).toBe(last.total_duration);
  });

  test('an unknown key and an unknown model are errors with a text', async () => {
    await expect(ollama('nobody').chat({ model: 'fast', messages })).rejects.toMatchObject({ status_code: 401, error: expect.stringContaining('check the key') });
    await expect(ollama().chat({ model: 'nothing', messages })).rejects.toMatchObject({ status_code: 404 });
  });
});
