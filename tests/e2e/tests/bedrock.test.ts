/** AWS Bedrock as a vendor: the mock against AWS's own SDK, then OpenAI's and Anthropic's SDKs through Sluice. */
import { describe, expect, test } from 'vitest';
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import OpenAI from 'openai';
import { aiConfig, alice, chat, useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import { Transcript } from '../harness/sse.ts';
import { eventually } from '../harness/wait.ts';

const id = 'AKIDTEST';
const secret = 'top/secret+key';
const apiKey = 'ABSKQmVkcm9ja0FQSUtleQ==';
const mock = useMock('--key', `${id}:${secret}`, '--key', 'ASIATEMP:tmp:TOKEN==', '--key', apiKey);

const account = (name: string, key: string, more = {}) => ({
  name,
  vendor: 'aws-bedrock',
  region: 'eu-central-1',
  base_url: mock.now.url,
  serves_unlisted: true,
  keys: [key],
  breaker: { failures: 1000 },
  ...more,
});

const model = (spec = '', name = 'eu.anthropic.claude-mock-v1:0') => `br/${name}${spec === '' ? '' : `!${spec}`}`;

const gateway = useGateway(() =>
  aiConfig(mock.now, {
    accounts: [
      account('br', `${id}:${secret}`),
      account('temporary', 'ASIATEMP:tmp:TOKEN=='),
      account('bearer', apiKey),
      account('wrong', `${id}:wrong`),
      account('unknown', 'AKIDNOBODY:x'),
    ],
    prices: [
      { vendor: 'aws-bedrock', model: 'mock-1', input: '2.50', cache_read: '0.25', cache_write_5m: '3.125', output: '10' },
    ],
  }),
);

async function drain<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const all = [];
  for await (const item of items ?? []) all.push(item);
  return all;
}

const openai = () => new OpenAI({ baseURL: `${gateway.now.url}/v1`, apiKey: alice, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: gateway.now.url, apiKey: alice, maxRetries: 0 });
const hello = [{ role: 'user' as const, content: 'hello' }];
const tools = ['alpha', 'beta'].map((name) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));

/* ------------------------------------------------------------------ the mock is what AWS's SDK expects */

describe('the mock, asked by the SDK of AWS', () => {
  const client = (secretAccessKey: string) =>
    new BedrockRuntimeClient({
      region: 'eu-central-1',
      endpoint: mock.now.url,
      credentials: { accessKeyId: id, secretAccessKey },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
  const ask = (modelId: string) => ({ modelId, messages: [{ role: 'user' as const, content: [{ text: 'hello' }] }] });

  test('accepts its signatures, also for an ARN, and no other', async () => {
    const arn = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/ab12';
    expect((await client(secret).send(new ConverseCommand(ask(arn)))).stopReason).toBe('end_turn');
    await expect(client('other').send(new ConverseCommand(ask(arn)))).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  test('streams what it can read, exceptions too', async () => {
    const { stream } = await client(secret).send(new ConverseStreamCommand(ask('m:0!chunks=2,tools=1')));
    const kinds = (await drain(stream)).map((event) => Object.keys(event)[0]);
    expect(kinds.slice(0, 2)).toEqual(['messageStart', 'contentBlockDelta']);
    expect(kinds.slice(-2)).toEqual(['messageStop', 'metadata']);
    const broken = await client(secret).send(new ConverseStreamCommand(ask('m!fault=error@2,error=rate_limit')));
    await expect(drain(broken.stream)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});

/* ------------------------------------------------------------------ Anthropic's own API there */

describe('InvokeModel for the clients of Anthropic', () => {
  test('the mock, asked by the SDK of AWS', async () => {
    const client = new BedrockRuntimeClient({
      region: 'eu-central-1', endpoint: mock.now.url, credentials: { accessKeyId: id, secretAccessKey: secret }, maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
    const ask = {
      modelId: 'anthropic.claude-x!chunks=2',
      body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: hello }),
    };
    const whole = JSON.parse(new TextDecoder().decode((await client.send(new InvokeModelCommand(ask))).body));
    expect(whole.content[0].text).toBe('tok1 tok2 ');
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand(ask));
    const types = (await drain(body)).map((event) => JSON.parse(new TextDecoder().decode(event.chunk?.bytes)).type);
    expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop']);
    await expect(client.send(new InvokeModelCommand({ ...ask, body: '{"max_tokens":9,"messages":[]}' }))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('whole and streamed: thoughts and tools as they came, betas in the body', async () => {
    const ask = { model: model('chunks=2,tools=1,reasoning=2', 'eu.anthropic.claude-x'), max_tokens: 2000, messages: hello, new_member: 1 };
    const client = new Anthropic({
      baseURL: gateway.now.url, apiKey: alice, maxRetries: 0,
      defaultHeaders: { 'anthropic-beta': 'interleaved-thinking-2025-05-14,files-api-2025-04-14' },
    });
    const whole = await client.messages.create(ask);
    const streamed = await client.messages.stream(ask).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
      expect(message.stop_reason).toBe('tool_use');
    }
    const { head, body } = await mock.now.lastSeen();
    expect(head).toContain('POST /model/eu.anthropic.claude-x%21chunks%3D2%2Ctools%3D1%2Creasoning%3D2/invoke-with-response-stream HTTP/1.1');
    expect(JSON.parse(body)).toMatchObject({ anthropic_version: 'bedrock-2023-05-31', anthropic_beta: ['interleaved-thinking-2025-05-14'], new_member: 1 });
  });

  test('T4: an exception in the stream is an error of the client\'s dialect', async () => {
    const stream = anthropic().messages.stream({ model: model('chunks=4,fault=error@3'), max_tokens: 9, messages: hello });
    await expect(stream.finalMessage()).rejects.toThrow(/Bedrock is unable/);
  });

  test('every other client still goes by Converse', async () => {
    await openai().chat.completions.create({ model: model('chunks=1'), messages: hello });
    expect((await mock.now.lastSeen()).head).toContain('/converse HTTP/1.1');
  });
});

/* ------------------------------------------------------------------ who asks */

describe('signatures', () => {
  test.each(['br', 'temporary', 'bearer'])('the key of %s is accepted', async (name) => {
    const response = await chat(gateway.now.url, `${name}/eu.anthropic.claude-mock-v1:0!chunks=2`);
    expect(response.status).toBe(200);
    const { choices } = (await response.json()) as OpenAI.ChatCompletion;
    expect(choices[0]?.message.content).toBe('tok1 tok2 ');
  });

  test('the path names the model encoded once; the client\'s key does not travel', async () => {
    const name = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-x';
    expect((await chat(gateway.now.url, `br/${name}`, { stream: true })).status).toBe(200);
    const { head } = await mock.now.lastSeen();
    expect(head).toContain(`POST /model/${encodeURIComponent(name)}/converse-stream HTTP/1.1`);
    expect(head).toContain(`Credential=${id}/`);
    expect(head).toContain('/eu-central-1/bedrock/aws4_request');
    expect(head).not.toContain(alice);
    expect(head).not.toContain(secret);
  });

  test.each(['wrong', 'unknown'])('E6: %s: a dead key of the gateway is never the client\'s 403', async (name) => {
    const response = await chat(gateway.now.url, `${name}/eu.anthropic.claude-mock-v1:0`);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toMatch(/signature|security token/i);
  });
});

describe.each(['3600', '-3600'])('a clock that is off by %s seconds', (seconds) => {
  const late = useMock('--aws-clock', seconds, '--key', `${id}:${secret}`);
  const skewed = useGateway(() => aiConfig(late.now, { accounts: [account('br', `${id}:${secret}`, { base_url: late.now.url })], prices: [] }));

  test('is learned from the vendor: the request is signed once more, the next ones at once', async () => {
    for (const streamed of [false, true]) {
      const response = await chat(skewed.now.url, model('chunks=1'), { stream: streamed });
      expect(response.status).toBe(200);
      await response.text();
    }
    expect((await late.now.seen()).map((row) => row.head.split(' ')[1]?.split('/').at(-1))).toEqual(['converse', 'converse', 'converse-stream']);
  });
});

/* ------------------------------------------------------------------ OpenAI's SDK */

describe('the SDK of OpenAI', () => {
  test('a chat, and what it cost', async () => {
    const answer = await openai().chat.completions.create({
      model: model('chunks=3,cached=300,cache_write=20'),
      messages: [{ role: 'system', content: 'Be kind.' }, ...hello],
      max_tokens: 100,
    });
    expect(answer.choices[0]?.message.content).toBe('tok1 tok2 tok3 ');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage).toMatchObject({ prompt_tokens: 331, completion_tokens: 3, total_tokens: 334 });
    expect(answer.usage?.prompt_tokens_details?.cached_tokens).toBe(300);
  });

  test('a stream, with its usage after the stop', async () => {
    const stream = await openai().chat.completions.create({
      model: model('chunks=3'),
      messages: hello,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('tok1 tok2 tok3 ');
    expect(usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 3 });
  });

  test('X3: parallel tool calls, streamed, and their results in the next turn', async () => {
    const first = await openai()
      .chat.completions.stream({ model: model('chunks=1,tools=2,arg_bytes=3'), messages: hello, tools })
      .finalChatCompletion();
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(message?.tool_calls?.map((call) => call.type === 'function' && call.function.name)).toEqual(['alpha', 'beta']);
    const results = (message?.tool_calls ?? []).map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'sunny' }));
    const second = await openai().chat.completions.create({
      model: model('chunks=2'),
      messages: [...hello, message!, ...results],
      tools,
    });
    expect(second.choices[0]?.message.content).toBe('tok1 tok2 ');
    const sent = JSON.parse((await mock.now.lastSeen()).body);
    expect(sent.messages.map((m: { role: string }) => m.role)).toEqual(['user', 'assistant', 'user']);
    expect(sent.messages[2].content).toHaveLength(2);
  });

  test('tools in the history though none are offered any more', async () => {
    const call = { id: 'call_1', type: 'function' as const, function: { name: 'alpha', arguments: '' } };
    const answer = await openai().chat.completions.create({
      model: model('chunks=1'),
      messages: [...hello, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: '' }],
    });
    expect(answer.choices[0]?.message.content).toBe('tok1 ');
  });

  test('X9: an image by data: URL passes, one by https: is refused', async () => {
    const image = (url: string) => [
      { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url } }, { type: 'text' as const, text: 'what?' }] },
    ];
    await openai().chat.completions.create({ model: model('chunks=1'), messages: image('data:image/png;base64,iVBORw0KGgo=') });
    expect(JSON.parse((await mock.now.lastSeen()).body).messages[0].content[0]).toEqual({
      image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } },
    });
    await expect(
      openai().chat.completions.create({ model: model('chunks=1'), messages: image('https://example.com/x.png') }),
    ).rejects.toMatchObject({ status: 400 });
  });

  test.each([false, true])('X8: a schema comes back as content (stream: %s)', async (isStream) => {
    const format = { type: 'json_schema' as const, json_schema: { name: 'place', schema: { type: 'object' } } };
    const completion = isStream
      ? await openai().chat.completions.stream({ model: model('chunks=0'), messages: hello, response_format: format }).finalChatCompletion()
      : await openai().chat.completions.create({ model: model('chunks=0'), messages: hello, response_format: format });
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ city: 'Zürich 😀', days: 3 });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.choices[0]?.message.tool_calls ?? []).toEqual([]);
  });

  test('X6: reasoning with its signature, through a client that returns what it got', async () => {
    // one model for both turns: what one model has signed is for no other
    await mock.now.script({ next: ['chunks=1,reasoning=2,tools=1', 'chunks=1'] });
    const first = await openai().chat.completions.create({ model: model(), messages: hello, tools, reasoning_effort: 'low' });
    const message = first.choices[0]!.message;
    expect(message).toMatchObject({ reasoning_content: 'tok1 tok2 ' });
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls![0]!.id, content: 'sunny' };
    await openai().chat.completions.create({ model: model(), messages: [...hello, message, result], tools, reasoning_effort: 'low' });
    const sent = JSON.parse((await mock.now.lastSeen()).body);
    expect(sent.messages[1].content[0].reasoningContent.reasoningText).toMatchObject({ text: 'tok1 tok2 ' });
    expect(sent.additionalModelRequestFields.thinking).toEqual({ type: 'enabled', budget_tokens: 2048 });
  });

  test('E10: what the request did wrong keeps its status', async () => {
    const refusal = (spec: string) => openai().chat.completions.create({ model: model(spec), messages: hello });
    await expect(refusal('error=context_length_exceeded')).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    await expect(refusal('error=not_found')).rejects.toMatchObject({ status: 404 });
  });

  test('T4: an exception in mid-stream raises, and the stream has no clean end', async () => {
    const response = await chat(gateway.now.url, model('chunks=8,fault=error@4'), { stream: true });
    const said = new Transcript(await response.text());
    expect(said.isDone).toBe(false);
    expect(said.text).toContain('Bedrock is unable to process your request.');
  });

  test.each(['fault=reset@4', 'fault=fin@4', 'bad_crc=4', 'fault=no_terminal'])('T4: %s is never a success', async (fault) => {
    const read = async () =>
      drain(await openai().chat.completions.create({ model: model(`chunks=8,${fault}`), messages: hello, stream: true }));
    await expect(read()).rejects.toThrow(/vendor|interrupted/);
  });

  test('T2: frames in pieces of one byte', async () => {
    const response = await chat(gateway.now.url, model('chunks=4,tools=1,split=1'), { stream: true });
    const said = new Transcript(await response.text());
    expect(said.isDone).toBe(true);
    expect(said.content).toBe('tok1 tok2 tok3 tok4 ');
  });

  test('a client that leaves ends the vendor\'s stream', async () => {
    const abort = new AbortController();
    const response = await chat(gateway.now.url, model('chunks=2000,delay=20'), { stream: true, signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
    await eventually(async () => (await mock.now.stats()).aborted === 1, { what: 'the vendor to see it' });
  });
});

/* ------------------------------------------------------------------ Anthropic's SDK */

describe('the SDK of Anthropic', () => {
  test('a stream with thinking and tools, and the next turn with the thinking unchanged', async () => {
    const offered = [{ name: 'alpha', input_schema: { type: 'object' as const } }];
    const ask = { max_tokens: 4000, thinking: { type: 'enabled' as const, budget_tokens: 2000 }, tools: offered };
    await mock.now.script({ next: ['chunks=2,reasoning=2,tools=1', 'chunks=1'] });
    const first = await anthropic()
      .messages.stream({ model: model(), messages: hello, ...ask })
      .finalMessage();
    expect(first.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
    expect(first.stop_reason).toBe('tool_use');
    expect(first.usage).toMatchObject({ input_tokens: 11, output_tokens: 16 });
    const use = first.content[2] as Anthropic.ToolUseBlock;
    const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'sunny', is_error: true };
    const second = await anthropic().messages.create({
      model: model(),
      messages: [...hello, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
      ...ask,
    });
    expect(second.stop_reason).toBe('end_turn');
    const sent = JSON.parse((await mock.now.lastSeen()).body);
    expect(sent.messages[1].content[0]).toEqual({
      type: 'thinking',
      thinking: 'tok1 tok2 ',
      signature: expect.stringMatching(/^sig_[0-9a-f]{16}==$/), // the vendor's own
    });
    expect(sent.messages[2].content[0]).toEqual(result);
  });

  test('the matched stop sequence and cache points survive', async () => {
    const answer = await anthropic().messages.create({
      model: model('finish=stop_sequence,cached=5'),
      max_tokens: 50,
      stop_sequences: ['END'],
      system: [{ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: hello,
    });
    expect(answer.stop_reason).toBe('stop_sequence');
    expect(answer.stop_sequence).toBe('END');
    expect(answer.usage.cache_read_input_tokens).toBe(5);
    expect(JSON.parse((await mock.now.lastSeen()).body).system[0].cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
  });

  test('E10: errors in its own shape, also in mid-stream', async () => {
    const ask = (spec: string) => ({ model: model(spec), max_tokens: 50, messages: hello });
    await expect(anthropic().messages.create(ask('error=not_found'))).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(anthropic().messages.stream(ask('chunks=8,fault=error@4')).finalMessage()).rejects.toThrow(/Bedrock is unable/);
  });
});

/* ------------------------------------------------------------------ failures and fallback */

describe('fallback', () => {
  const fresh = useFreshGateway(() =>
    aiConfig(mock.now, {
      accounts: [account('br', `${id}:${secret}`), account('other', apiKey)],
      models: [
        {
          name: 'm',
          targets: [
            { account: 'br', model: 'eu.anthropic.claude-mock-v1:0!fault=error@1,error=rate_limit', order: 0 },
            { account: 'other', model: 'eu.anthropic.claude-mock-v1:0!chunks=2', order: 1 },
          ],
        },
      ],
    }),
  );

  test.each([
    ['status=429', 429],
    ['error=timeout', 504],
    ['error=server', 500],
    ['error=unavailable', 503],
  ])('E10: %s is a %i for clients of OpenAI', async (spec, status) => {
    await mock.now.script({ always: spec });
    expect((await chat(fresh.now.url, 'br/eu.anthropic.claude-mock-v1:0')).status).toBe(status);
  });

  test('T6: an exception before any content goes to the next target', async () => {
    const response = await chat(fresh.now.url, 'm', { stream: true });
    const said = new Transcript(await response.text());
    expect(said.isDone).toBe(true);
    expect(said.content).toBe('tok1 tok2 ');
  });
});
