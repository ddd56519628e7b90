/**
 * The official SDKs behind one face, so that tests can be a table of SDK x operation x vendor. Each
 * adapter uses its SDK as the vendor's own examples do, and gives back what an application would read.
 */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI, type Content } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool, type LanguageModel } from 'ai';
import { CohereClientV2, CohereError, type Cohere } from 'cohere-ai';
import Groq from 'groq-sdk';
import { Ollama, type ChatResponse, type Message } from 'ollama';
import OpenAI from 'openai';

export interface Said {
  text: string;
  /** Output tokens as the SDK reports them. */
  tokens?: number | undefined;
  /** Reasoning that the SDK shows; undefined: it has no place for it. */
  reasoning?: string | undefined;
}
export interface Called {
  names: string[];
  args: unknown[];
  /** What was said after the results of the calls were sent. */
  after: string;
}
export interface Sdk {
  name: string;
  chat(model: string, retries?: number): Promise<Said>;
  /** Deltas of text as they came. */
  stream(model: string, signal?: AbortSignal, onPiece?: () => void): Promise<string[]>;
  /** Two tools are offered; their results go back. `second` is the model of that turn. */
  tools(model: string, second: string): Promise<Called>;
  image(model: string, base64: string): Promise<string>;
  structured(model: string, text: string): Promise<unknown>;
  reasoning(model: string): Promise<Said>;
  /** The HTTP status that the SDK's own error has. */
  status(model: string): Promise<number | undefined>;
}

const hello = 'hello';
const names = ['get_weather', 'get_time'];
const parameters = { type: 'object' as const, properties: { city: { type: 'string' as const }, days: { type: 'integer' as const } } };
const dataUrl = (base64: string): string => `data:image/png;base64,${base64}`;

async function statusOf(work: Promise<unknown>, read: (e: unknown) => number | undefined): Promise<number | undefined> {
  try {
    await work;
  } catch (e) {
    return read(e);
  }
  throw new Error('no error');
}

/* ------------------------------------------------------------------ OpenAI's chat, and who copies it */

type ChatClient = Pick<OpenAI, 'chat'>;

function chatSdk(name: string, make: (retries: number) => ChatClient, read: (e: unknown) => number | undefined): Sdk {
  const client = (retries = 0): ChatClient['chat']['completions'] => make(retries).chat.completions;
  const user = (content: OpenAI.ChatCompletionUserMessageParam['content']): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
  const offered = names.map((n) => ({ type: 'function' as const, function: { name: n, parameters } }));
  const said = ({ choices, usage }: OpenAI.ChatCompletion): Said => ({
    text: choices[0]?.message.content ?? '',
    tokens: usage?.completion_tokens,
    reasoning: (choices[0]?.message as { reasoning_content?: string } | undefined)?.reasoning_content,
  });
  return {
    name,
    chat: async (model, retries) => said(await client(retries).create({ model, messages: user(hello) })),
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      for await (const chunk of await client().create({ model, messages: user(hello), stream: true }, { signal })) {
        const text = chunk.choices[0]?.delta.content ?? '';
        if (text === '') continue;
        pieces.push(text);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = (await client().create({ model, messages: user(hello), tools: offered })).choices[0]!;
      if (first.finish_reason !== 'tool_calls') throw new Error(`finish_reason ${first.finish_reason}`);
      const calls = (first.message.tool_calls ?? []).flatMap((c) => (c.type === 'function' ? [c] : []));
      const results = calls.map((c) => ({ role: 'tool' as const, tool_call_id: c.id, content: 'fine' }));
      const next = await client().create({ model: second, messages: [...user(hello), first.message, ...results], tools: offered });
      return { names: calls.map((c) => c.function.name), args: calls.map((c) => JSON.parse(c.function.arguments) as unknown), after: said(next).text };
    },
    image: async (model, base64) =>
      said(await client().create({ model, messages: user([{ type: 'text', text: 'what?' }, { type: 'image_url', image_url: { url: dataUrl(base64) } }]) })).text,
    structured: async (model, text) =>
      JSON.parse(said(await client().create({
        model, messages: user(text), response_format: { type: 'json_schema', json_schema: { name: 'place', schema: parameters } },
      })).text) as unknown,
    reasoning: async (model) => said(await client().create({ model, messages: user(hello), reasoning_effort: 'low', max_completion_tokens: 5000 })),
    status: (model) => statusOf(client().create({ model, messages: user(hello) }), read),
  };
}

export function openaiSdk(base: () => string, apiKey: string): Sdk {
  return chatSdk('openai', (maxRetries) => new OpenAI({ apiKey, baseURL: `${base()}/v1`, maxRetries }), (e) =>
    e instanceof OpenAI.APIError ? (e.status as number) : undefined);
}

/** Groq's SDK puts /openai/v1 before its paths. */
export function groqSdk(base: () => string, apiKey: string): Sdk {
  return chatSdk(
    'groq-sdk',
    (maxRetries) => new Groq({ apiKey, baseURL: base(), maxRetries }) as unknown as ChatClient,
    (e) => (e instanceof Groq.APIError ? (e.status as number) : undefined),
  );
}

/* ------------------------------------------------------------------ OpenAI's Responses */

export function responsesSdk(base: () => string, apiKey: string): Sdk {
  const client = (maxRetries = 0): OpenAI.Responses => new OpenAI({ apiKey, baseURL: `${base()}/v1`, maxRetries }).responses;
  const offered = names.map((n) => ({ type: 'function' as const, name: n, parameters, strict: false }));
  const said = (r: OpenAI.Responses.Response): Said => ({
    text: r.output_text,
    tokens: r.usage?.output_tokens,
    reasoning: r.output.flatMap((i) => (i.type === 'reasoning' ? i.summary.map((s) => s.text) : [])).join(''),
  });
  return {
    name: 'openai responses',
    chat: async (model, retries) => said(await client(retries).create({ model, input: hello })),
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      for await (const event of await client().create({ model, input: hello, stream: true }, { signal })) {
        if (event.type !== 'response.output_text.delta') continue;
        pieces.push(event.delta);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = await client().create({ model, input: hello, tools: offered });
      const calls = first.output.flatMap((i) => (i.type === 'function_call' ? [i] : []));
      const results = calls.map((c) => ({ type: 'function_call_output' as const, call_id: c.call_id, output: 'fine' }));
      const input = [{ role: 'user' as const, content: hello }, ...(first.output as OpenAI.Responses.ResponseInputItem[]), ...results];
      const next = await client().create({ model: second, input, tools: offered });
      return { names: calls.map((c) => c.name), args: calls.map((c) => JSON.parse(c.arguments) as unknown), after: next.output_text };
    },
    image: async (model, base64) =>
      said(await client().create({
        model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'what?' }, { type: 'input_image', image_url: dataUrl(base64), detail: 'auto' }] }],
      })).text,
    structured: async (model, text) =>
      JSON.parse(said(await client().create({ model, input: text, text: { format: { type: 'json_schema', name: 'place', schema: parameters } } })).text) as unknown,
    reasoning: async (model) => said(await client().create({ model, input: hello, reasoning: { effort: 'low', summary: 'auto' }, max_output_tokens: 5000 })),
    status: (model) => statusOf(client().create({ model, input: hello }), (e) => (e instanceof OpenAI.APIError ? (e.status as number) : undefined)),
  };
}

/* ------------------------------------------------------------------ Anthropic */

export function anthropicSdk(base: () => string, apiKey: string): Sdk {
  const client = (maxRetries = 0): Anthropic['messages'] => new Anthropic({ apiKey, baseURL: base(), maxRetries }).messages;
  const ask = (model: string, content: Anthropic.MessageParam['content'] = hello): Anthropic.MessageCreateParamsNonStreaming => ({
    model, max_tokens: 5000, messages: [{ role: 'user', content }],
  });
  const offered = names.map((n) => ({ name: n, input_schema: parameters }));
  const said = (m: Anthropic.Message): Said => ({
    text: m.content.map((b) => (b.type === 'text' ? b.text : '')).join(''),
    tokens: m.usage.output_tokens,
    reasoning: m.content.map((b) => (b.type === 'thinking' ? b.thinking : '')).join(''),
  });
  return {
    name: '@anthropic-ai/sdk',
    chat: async (model, retries) => said(await client(retries).create(ask(model))),
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      for await (const event of await client().create({ ...ask(model), stream: true }, { signal: signal ?? null })) {
        if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
        pieces.push(event.delta.text);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = await client().create({ ...ask(model), tools: offered });
      if (first.stop_reason !== 'tool_use') throw new Error(`stop_reason ${first.stop_reason}`);
      const calls = first.content.flatMap((b) => (b.type === 'tool_use' ? [b] : []));
      const results = calls.map((c) => ({ type: 'tool_result' as const, tool_use_id: c.id, content: 'fine' }));
      const next = await client().create({
        ...ask(second), tools: offered,
        messages: [{ role: 'user', content: hello }, { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] }, { role: 'user', content: results }],
      });
      return { names: calls.map((c) => c.name), args: calls.map((c) => c.input), after: said(next).text };
    },
    image: async (model, data) =>
      said(await client().create(ask(model, [{ type: 'text', text: 'what?' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }]))).text,
    structured: async (model, text) =>
      JSON.parse(said(await client().create({ ...ask(model, text), output_config: { format: { type: 'json_schema', schema: parameters } } })).text) as unknown,
    reasoning: async (model) => said(await client().create({ ...ask(model), thinking: { type: 'enabled', budget_tokens: 2000 } })),
    status: (model) => statusOf(client().create(ask(model)), (e) => (e instanceof Anthropic.APIError ? (e.status as number) : undefined)),
  };
}

/* ------------------------------------------------------------------ Google */

export function googleSdk(base: () => string, apiKey: string): Sdk {
  const client = (retries = 0): GoogleGenAI['models'] =>
    new GoogleGenAI({ apiKey, httpOptions: { baseUrl: base(), retryOptions: { attempts: retries + 1 } } }).models;
  const tools = [{ functionDeclarations: names.map((n) => ({ name: n, parametersJsonSchema: parameters })) }];
  const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
  return {
    name: '@google/genai',
    chat: async (model, retries) => {
      const r = await client(retries).generateContent({ model, contents: hello });
      return { text: r.text ?? '', tokens: r.usageMetadata?.candidatesTokenCount };
    },
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      for await (const chunk of await client().generateContentStream({ model, contents: hello, config: signal ? { abortSignal: signal } : {} })) {
        if (!chunk.text) continue;
        pieces.push(chunk.text);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = await client().generateContent({ model, contents: hello, config: { tools } });
      const content = first.candidates![0]!.content!;
      const calls = first.functionCalls ?? [];
      const results = { role: 'user', parts: calls.map((c) => ({ functionResponse: { ...(c.id ? { id: c.id } : {}), name: c.name!, response: { output: 'fine' } } })) };
      const next = await client().generateContent({ model: second, contents: [user(hello), content, results], config: { tools } });
      return { names: calls.map((c) => c.name!), args: calls.map((c) => c.args), after: next.text ?? '' };
    },
    image: async (model, data) =>
      (await client().generateContent({ model, contents: [{ role: 'user', parts: [{ text: 'what?' }, { inlineData: { mimeType: 'image/png', data } }] }] })).text ?? '',
    structured: async (model, text) =>
      JSON.parse((await client().generateContent({
        model, contents: text, config: { responseMimeType: 'application/json', responseJsonSchema: parameters },
      })).text ?? '') as unknown,
    reasoning: async (model) => {
      const r = await client().generateContent({ model, contents: hello, config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 }, maxOutputTokens: 5000 } });
      const parts = r.candidates?.[0]?.content?.parts ?? [];
      return { text: r.text ?? '', reasoning: parts.map((p) => (p.thought ? (p.text ?? '') : '')).join('') };
    },
    status: (model) => statusOf(client().generateContent({ model, contents: hello }), (e) => (e as { status?: number }).status),
  };
}

/* ------------------------------------------------------------------ Cohere */

export function cohereSdk(base: () => string, token: string): Sdk {
  const client = (maxRetries = 0): CohereClientV2 => new CohereClientV2({ token, environment: base(), maxRetries });
  const user = (content: Cohere.UserMessageV2['content']): Cohere.ChatMessageV2[] => [{ role: 'user', content }];
  const offered = names.map((n) => ({ type: 'function' as const, function: { name: n, parameters } }));
  const said = ({ message, usage }: Cohere.V2ChatResponse): Said => ({
    text: (message.content ?? []).map((c) => (c.type === 'text' ? c.text : '')).join(''),
    tokens: usage?.billedUnits?.outputTokens,
    reasoning: (message.content ?? []).map((c) => (c.type === 'thinking' ? c.thinking : '')).join(''),
  });
  return {
    name: 'cohere-ai',
    chat: async (model, retries) => said(await client(retries).chat({ model, messages: user(hello) })),
    // Of a stream that failed the last event says so: the SDK leaves it to the application to look.
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      for await (const event of await client().chatStream({ model, messages: user(hello) }, signal ? { abortSignal: signal } : {})) {
        if (event.type === 'message-end' && event.delta?.finishReason === 'ERROR') throw new Error(event.delta.error);
        const text = event.type === 'content-delta' ? event.delta?.message?.content?.text : undefined;
        if (!text) continue;
        pieces.push(text);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = await client().chat({ model, messages: user(hello), tools: offered });
      if (first.finishReason !== 'TOOL_CALL') throw new Error(`finish_reason ${first.finishReason}`);
      const calls = first.message.toolCalls ?? [];
      const results = calls.map((c) => ({ role: 'tool' as const, toolCallId: c.id, content: [{ type: 'document' as const, document: { data: { said: 'fine' } } }] }));
      const next = await client().chat({ model: second, messages: [...user(hello), first.message, ...results], tools: offered });
      return { names: calls.map((c) => c.function!.name!), args: calls.map((c) => JSON.parse(c.function!.arguments!) as unknown), after: said(next).text };
    },
    image: async (model, base64) =>
      said(await client().chat({ model, messages: user([{ type: 'text', text: 'what?' }, { type: 'image_url', imageUrl: { url: dataUrl(base64) } }]) })).text,
    structured: async (model, text) =>
      JSON.parse(said(await client().chat({ model, messages: user(text), responseFormat: { type: 'json_object', jsonSchema: parameters } })).text) as unknown,
    reasoning: async (model) => said(await client().chat({ model, messages: user(hello), thinking: { type: 'enabled', tokenBudget: 2000 }, maxTokens: 5000 })),
    status: (model) => statusOf(client().chat({ model, messages: user(hello) }), (e) => (e instanceof CohereError ? e.statusCode : undefined)),
  };
}

/* ------------------------------------------------------------------ Ollama */

/** The SDK takes a key as a header, and does not repeat what has failed. */
export function ollamaSdk(base: () => string, apiKey: string): Sdk {
  const client = (): Ollama => new Ollama({ host: base(), headers: { Authorization: `Bearer ${apiKey}` } });
  const user = (content: string, images: string[] = []): Message[] => [{ role: 'user', content, ...(images.length > 0 ? { images } : {}) }];
  const offered = names.map((n) => ({ type: 'function', function: { name: n, description: n, parameters } }));
  const said = ({ message, eval_count }: ChatResponse): Said => ({ text: message.content, tokens: eval_count, reasoning: message.thinking ?? '' });
  return {
    name: 'ollama',
    chat: async (model) => said(await client().chat({ model, messages: user(hello) })),
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      const stream = await client().chat({ model, messages: user(hello), stream: true });
      signal?.addEventListener('abort', () => stream.abort());
      for await (const { message } of stream) {
        if (message.content === '') continue;
        pieces.push(message.content);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const { message } = await client().chat({ model, messages: user(hello), tools: offered });
      const calls = message.tool_calls ?? [];
      const results = calls.map((c) => ({ role: 'tool', tool_name: c.function.name, content: 'fine' }));
      const next = await client().chat({ model: second, messages: [...user(hello), message, ...results], tools: offered });
      return { names: calls.map((c) => c.function.name), args: calls.map((c) => c.function.arguments), after: said(next).text };
    },
    image: async (model, base64) => said(await client().chat({ model, messages: user('what?', [base64]) })).text,
    structured: async (model, text) => JSON.parse(said(await client().chat({ model, messages: user(text), format: parameters })).text) as unknown,
    reasoning: async (model) => said(await client().chat({ model, messages: user(hello), think: true, options: { num_predict: 5000 } })),
    status: (model) => statusOf(client().chat({ model, messages: user(hello) }), (e) => (e as { status_code?: number }).status_code),
  };
}

/* ------------------------------------------------------------------ Mistral */

export function mistralSdk(base: () => string, apiKey: string): Sdk {
  const client = (retries = 0): Mistral['chat'] =>
    new Mistral({
      apiKey, serverURL: base(),
      retryConfig: retries === 0 ? { strategy: 'none' } : { strategy: 'backoff', backoff: { initialInterval: 20, maxInterval: 50, exponent: 1.5, maxElapsedTime: 5000 } },
    }).chat;
  const offered = names.map((n) => ({ type: 'function' as const, function: { name: n, parameters } }));
  type Answer = Awaited<ReturnType<Mistral['chat']['complete']>>;
  const said = (r: Answer): Said => {
    const content = r.choices[0]?.message?.content ?? '';
    return { text: typeof content === 'string' ? content : JSON.stringify(content), tokens: r.usage.completionTokens };
  };
  const user = (content: string) => [{ role: 'user' as const, content }];
  return {
    name: '@mistralai/mistralai',
    chat: async (model, retries) => said(await client(retries).complete({ model, messages: user(hello) })),
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      const options = signal ? { fetchOptions: { signal } } : {};
      for await (const { data } of await client().stream({ model, messages: user(hello) }, options)) {
        const text = data.choices[0]?.delta.content;
        if (typeof text !== 'string' || text === '') continue;
        pieces.push(text);
        onPiece?.();
      }
      return pieces;
    },
    tools: async (model, second) => {
      const first = (await client().complete({ model, messages: user(hello), tools: offered })).choices[0]!;
      const calls = first.message!.toolCalls ?? [];
      const results = calls.map((c) => ({ role: 'tool' as const, toolCallId: c.id!, name: c.function.name, content: 'fine' }));
      const messages = [...user(hello), { ...first.message!, role: 'assistant' as const }, ...results];
      const next = await client().complete({ model: second, messages, tools: offered });
      const args = calls.map((c) => (typeof c.function.arguments === 'string' ? (JSON.parse(c.function.arguments) as unknown) : c.function.arguments));
      return { names: calls.map((c) => c.function.name), args, after: said(next).text };
    },
    image: async (model, base64) =>
      said(await client().complete({ model, messages: [{ role: 'user', content: [{ type: 'text', text: 'what?' }, { type: 'image_url', imageUrl: dataUrl(base64) }] }] })).text,
    structured: async (model, text) =>
      JSON.parse(said(await client().complete({
        model, messages: user(text), responseFormat: { type: 'json_schema', jsonSchema: { name: 'place', schemaDefinition: parameters } },
      })).text) as unknown,
    reasoning: async (model) => said(await client().complete({ model, messages: user(hello), reasoningEffort: 'high' as never, maxTokens: 5000 })),
    status: (model) => statusOf(client().complete({ model, messages: user(hello) }), (e) => (e as { statusCode?: number }).statusCode),
  };
}

/* ------------------------------------------------------------------ Vercel's AI SDK, over three providers */

function vercelSdk(name: string, make: (model: string) => LanguageModel): Sdk {
  const offered = (execute: () => string) =>
    Object.fromEntries(names.map((n) => [n, tool({ description: n, inputSchema: jsonSchema(parameters), execute })]));
  return {
    name,
    chat: async (model, retries) => {
      const r = await generateText({ model: make(model), prompt: hello, maxRetries: retries ?? 0 });
      return { text: r.text, tokens: r.usage.outputTokens };
    },
    stream: async (model, signal, onPiece) => {
      const pieces: string[] = [];
      const { fullStream } = streamText({
        model: make(model), prompt: hello, maxRetries: 0, onError: () => undefined, ...(signal ? { abortSignal: signal } : {}),
      });
      for await (const part of fullStream) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'abort') throw new Error('aborted');
        if (part.type !== 'text-delta' || part.text === '') continue;
        pieces.push(part.text);
        onPiece?.();
      }
      return pieces;
    },
    // The SDK runs the loop itself: the second step has the results of the first.
    tools: async (model, second) => {
      const r = await generateText({
        model: make(model), prompt: hello, tools: offered(() => 'fine'), stopWhen: stepCountIs(2), maxRetries: 0,
        prepareStep: ({ stepNumber }) => (stepNumber === 0 ? {} : { model: make(second) }),
      });
      const calls = r.steps[0]!.toolCalls;
      return { names: calls.map((c) => c.toolName), args: calls.map((c) => c.input), after: r.text };
    },
    image: async (model, base64) =>
      (await generateText({
        model: make(model), maxRetries: 0,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'what?' }, { type: 'image', image: base64, mediaType: 'image/png' }] }],
      })).text,
    structured: async (model, text) =>
      (await generateText({ model: make(model), prompt: text, maxRetries: 0, output: Output.object({ schema: jsonSchema(parameters) }) })).output,
    reasoning: async (model) => {
      const r = await generateText({
        model: make(model), prompt: hello, maxRetries: 0, maxOutputTokens: 5000,
        providerOptions: {
          openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true },
          anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } },
          google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } },
        },
      });
      return { text: r.text, ...(r.reasoningText === undefined ? {} : { reasoning: r.reasoningText }) };
    },
    status: (model) =>
      statusOf(generateText({ model: make(model), prompt: hello, maxRetries: 0 }), (e) => (e as { statusCode?: number }).statusCode),
  };
}

export const vercelOpenai = (base: () => string, apiKey: string): Sdk =>
  vercelSdk('ai + @ai-sdk/openai chat', (model) => createOpenAI({ apiKey, baseURL: `${base()}/v1` }).chat(model));
export const vercelResponses = (base: () => string, apiKey: string): Sdk =>
  vercelSdk('ai + @ai-sdk/openai responses', (model) => createOpenAI({ apiKey, baseURL: `${base()}/v1` }).responses(model));
export const vercelAnthropic = (base: () => string, apiKey: string): Sdk =>
  vercelSdk('ai + @ai-sdk/anthropic', (model) => createAnthropic({ apiKey, baseURL: `${base()}/v1` })(model));
/** The SDK takes a name with a slash for a path; so the path is written out. */
export const vercelGoogle = (base: () => string, apiKey: string): Sdk =>
  vercelSdk('ai + @ai-sdk/google', (model) => createGoogleGenerativeAI({ apiKey, baseURL: `${base()}/v1beta` })(`models/${model}`));
