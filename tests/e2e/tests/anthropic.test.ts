/** The official Anthropic SDK against the mock: shows that the mock speaks the dialect it stands for. */
import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { useMock } from '../harness/gateway.ts';

const mock = useMock();
const client = (): Anthropic => new Anthropic({ baseURL: mock.now.url, apiKey: 'any', maxRetries: 0 });
const ask = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello!' }] };

test('a message', async () => {
  const done = await client().messages.create({ model: 'mock-1!chunks=3,prompt=5', ...ask });
  expect(done.content).toMatchObject([{ type: 'text', text: 'tok1 tok2 tok3 ' }]);
  expect(done.stop_reason).toBe('end_turn');
  expect(done.usage).toMatchObject({ input_tokens: 5, output_tokens: 3 });
});

test('a streamed message with thinking, text and tools', async () => {
  const stream = client().messages.stream({ model: 'mock-1!reasoning=2,chunks=3,tools=2,arg_bytes=4', ...ask });
  const done = await stream.finalMessage();
  expect(done.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use']);
  expect(done.content.at(-1)).toMatchObject({ input: { city: 'Zürich 😀', days: 3 } });
  expect(done.stop_reason).toBe('tool_use');
});

test('errors are typed', async () => {
  await expect(client().messages.create({ model: 'mock-1!status=529', ...ask })).rejects.toMatchObject({ status: 529 });
  await expect(client().messages.create({ model: 'mock-1!status=429', ...ask })).rejects.toBeInstanceOf(
    Anthropic.RateLimitError,
  );
});

test('an error inside a stream raises', async () => {
  const stream = client().messages.stream({ model: 'mock-1!chunks=5,fault=error@3', ...ask });
  await expect(stream.finalMessage()).rejects.toThrow(/verloaded/);
});
