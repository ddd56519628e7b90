/**
 * Functions as OpenAI's clients had them before there were tools, by the official SDK: at vendors of every dialect, whole and
 * streamed, and in the turn after.
 */
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, anthropicAccount, openaiAccount, useGateway, useMock } from '../harness/gateway.ts';

const mock = useMock();
const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      openaiAccount('oa', mock.now),
      openaiAccount('never', mock.now, { stream: 'never' }),
      openaiAccount('re', mock.now, { vendor: 'custom-responses' }),
      anthropicAccount('an', mock.now),
      openaiAccount('ge', mock.now, { vendor: 'gemini', base_url: `${mock.now.url}/v1beta` }),
      openaiAccount('co', mock.now, { vendor: 'cohere-v2', base_url: mock.now.url }),
      openaiAccount('ol', mock.now, { vendor: 'ollama-native', base_url: mock.now.url }),
    ],
  }),
);

const client = (): OpenAI => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
const functions = ['get_weather', 'get_time'].map((name) => ({
  name,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}));
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello there!' }];
const said = { city: 'Zürich 😀', days: 3 };

const vendors = [
  { vendor: 'OpenAI', account: 'oa/' },
  { vendor: 'OpenAI, never streamed', account: 'never/' },
  { vendor: 'Responses', account: 're/' },
  { vendor: 'Anthropic', account: 'an/' },
  { vendor: 'Gemini', account: 'ge/' },
  { vendor: 'Cohere', account: 'co/' },
  { vendor: 'Ollama', account: 'ol/' },
];

describe.each(vendors)('x2: functions at a vendor of the dialect $vendor', ({ account }) => {
  test('a call, and the turn after it', async () => {
    const { data, response } = await client()
      .chat.completions.create({ model: `${account}mock-1!chunks=0,tools=2`, messages, functions, function_call: 'auto' })
      .withResponse();
    expect(response.headers.get('x-sluice-dropped-params')).toBeNull();
    const [choice] = data.choices;
    expect(choice?.finish_reason).toBe('function_call');
    expect(choice?.message.tool_calls).toBeUndefined();
    expect(choice?.message.function_call?.name).toBe('get_weather');
    expect(JSON.parse(choice?.message.function_call?.arguments ?? '')).toEqual(said);

    const result = 'It is sunny.';
    const done = await client().chat.completions.create({
      model: `${account}mock-1!chunks=1`,
      messages: [
        ...messages,
        { role: 'assistant', content: null, function_call: choice?.message.function_call ?? null },
        { role: 'function', name: 'get_weather', content: result },
      ],
      functions,
    });
    expect(done.choices[0]?.finish_reason).toBe('stop');
    expect(done.choices[0]?.message.function_call).toBeUndefined();
    const { body } = await mock.now.lastSeen();
    expect(body).toContain(result);
    expect(body.includes('"functions"')).toBe(account === 'oa/' || account === 'never/');
  });

  test('a streamed call', async () => {
    const stream = await client().chat.completions.create({
      model: `${account}mock-1!chunks=2,tools=1,arg_bytes=4`,
      messages,
      functions,
      stream: true,
    });
    const call = { name: '', arguments: '' };
    let text = '';
    let finish = '';
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      expect(choice?.delta.tool_calls).toBeUndefined();
      text += choice?.delta.content ?? '';
      call.name += choice?.delta.function_call?.name ?? '';
      call.arguments += choice?.delta.function_call?.arguments ?? '';
      finish += choice?.finish_reason ?? '';
    }
    expect([text, call.name, finish]).toEqual(['tok1 tok2 ', 'get_weather', 'function_call']);
    expect(JSON.parse(call.arguments)).toEqual(said);
  });
});

test('what is wrong is told by its place', async () => {
  await expect(
    client().chat.completions.create({ model: 'an/mock-1', messages, function_call: { name: 'f' } }),
  ).rejects.toMatchObject({ status: 400, param: 'function_call' });
});
