/** Images that models draw, from vendors of three dialects to the official SDKs of four. */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { generateText } from 'ai';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now, { vendor: 'custom-openai' }),
      openaiAccount('re', mock.now, { vendor: 'custom-responses' }),
      openaiAccount('ge', mock.now, { vendor: 'gemini', base_url: `${mock.now.url}/v1beta` }),
    ],
    prices: [],
  }),
);

const png = (i: number): string => Buffer.from(`\x89PNG\r\n\x1a\n${i}`, 'latin1').toString('base64');
const drawn = [png(0), png(1)];
const openai = (): OpenAI => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });

describe.each(['oa', 're', 'ge'])('images of %s', (account) => {
  const model = `${account}/mock-1!chunks=1,images=2`;

  test('X9 reach clients of Responses as calls of the tool that draws', async () => {
    const ask = { model, input: 'Draw.' };
    const images = (r: OpenAI.Responses.Response): unknown[] => r.output.flatMap((i) => (i.type === 'image_generation_call' ? [i.result] : []));
    expect(images(await openai().responses.create(ask))).toEqual(drawn);
    const streamed = await openai().responses.stream(ask).finalResponse();
    expect(images(streamed)).toEqual(drawn);
    expect(streamed.output_text).toBe('tok1 ');
  });

  test('X9 reach clients of Chat Completions as images of the message', async () => {
    const urls = (of: object | undefined): string[] =>
      ((of as { images?: { image_url: { url: string } }[] } | undefined)?.images ?? []).map((i) => i.image_url.url);
    const ask = { model, messages: [{ role: 'user' as const, content: 'Draw.' }] };
    const wanted = drawn.map((data) => `data:image/png;base64,${data}`);
    expect(urls((await openai().chat.completions.create(ask)).choices[0]?.message)).toEqual(wanted);
    const seen: string[] = [];
    for await (const chunk of await openai().chat.completions.create({ ...ask, stream: true })) seen.push(...urls(chunk.choices[0]?.delta));
    expect(seen).toEqual(wanted);
  });

  test('X9 reach clients of Gemini as inline data', async () => {
    const { models } = new GoogleGenAI({ apiKey: alice, httpOptions: { baseUrl: gateway.now.url } });
    type Parts = { candidates?: { content?: { parts?: { inlineData?: { data?: string } }[] } }[] };
    const images = (r: Parts): unknown[] => (r.candidates?.[0]?.content?.parts ?? []).flatMap((p) => (p.inlineData !== undefined ? [p.inlineData.data] : []));
    expect(images(await models.generateContent({ model, contents: 'Draw.' }))).toEqual(drawn);
    const seen: unknown[] = [];
    for await (const chunk of await models.generateContentStream({ model, contents: 'Draw.' })) seen.push(...images(chunk));
    expect(seen).toEqual(drawn);
  });

  test("X9 are the AI SDK's files", async () => {
    const google = createGoogleGenerativeAI({ baseURL: `${gateway.now.url}/v1beta`, apiKey: alice });
    const { files, text } = await generateText({ model: google(`models/${model}`), prompt: 'Draw.', maxRetries: 0 });
    expect(files.map((f) => f.base64)).toEqual(drawn);
    expect(text).toBe('tok1 ');
  });

  test('X9 are told of to clients of Anthropic, who have no place for them', async () => {
    const client = new Anthropic({ baseURL: gateway.now.url, apiKey: alice, maxRetries: 0 });
    const done = await client.messages.create({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Draw.' }] });
    const said = done.content.map((b) => (b.type === 'text' ? b.text : b.type)).join('');
    expect(said).toContain('tok1 ');
    expect(said).toContain('image');
    expect(said).not.toContain(png(0));
  });
});
