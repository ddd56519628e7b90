/**
 * The table of issue 3: every official SDK x every operation x vendors of every dialect. The adapters
 * (harness/sdks.ts) are the columns' differences; here stands what must come out in each cell.
 */
import { describe, expect, test } from 'vitest';
import { aiConfig, alice, useGateway, useMock } from '../harness/gateway.ts';
import {
  anthropicSdk, cohereSdk, googleSdk, groqSdk, mistralSdk, ollamaSdk, openaiSdk, responsesSdk, vercelAnthropic, vercelGoogle, vercelOpenai, vercelResponses,
} from '../harness/sdks.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();

/** How the vendor names itself, where its API is, and how it gives structured output. */
const vendors = [
  { name: 'oa', vendor: 'custom-openai', path: '/v1', dialect: 'OpenAI chat' },
  { name: 're', vendor: 'openai', path: '/v1', dialect: 'OpenAI' },
  { name: 'an', vendor: 'anthropic', path: '/v1', dialect: 'Anthropic' },
  { name: 'ge', vendor: 'gemini', path: '/v1beta', dialect: 'Gemini' },
  { name: 'br', vendor: 'aws-bedrock', path: '', dialect: 'Bedrock' },
  { name: 'co', vendor: 'cohere-v2', path: '', dialect: 'Cohere' },
  { name: 'ol', vendor: 'ollama-native', path: '', dialect: 'Ollama' },
];
const modelOf = (name: string): string => (name === 'br' ? 'eu.anthropic.claude-mock-v1:0' : 'mock-1');
const keyOf = (name: string): string => `sk-key-of-${name}`;

const gateway = useGateway(() =>
  aiConfig(mock.now, {
    services: [
      { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] },
      { name: 'groq-like', kind: 'ai', prefix: '/openai', policies: [{ type: 'key_auth' }] },
    ],
    accounts: vendors.map(({ name, vendor, path }) => ({
      name, vendor, base_url: `${mock.now.url}${path}`, serves_unlisted: true, keys: [{ key: keyOf(name) }],
      breaker: { failures: 1000 }, ...(name === 'br' ? { region: 'eu-central-1' } : {}),
    })),
    models: vendors.map(({ name }) => ({ name: `once-${name}`, attempts: 1, targets: [{ account: name, model: modelOf(name) }] })),
    prices: [],
  }),
);

const base = (): string => gateway.now.url;
const sdks = [
  openaiSdk, responsesSdk, anthropicSdk, googleSdk, cohereSdk, ollamaSdk, mistralSdk, groqSdk, vercelOpenai, vercelResponses, vercelAnthropic, vercelGoogle,
].map((make) => make(base, alice));

const rows = sdks.flatMap((sdk) => vendors.map((vendor) => ({ sdk, sdkName: sdk.name, ...vendor })));
const ask = (name: string, spec: string): string => `${name}/${modelOf(name)}!${spec}`;
const place = { city: 'Zürich 😀', days: 3 };
const png = 'iVBORw0KGgo=';

describe.each(rows)('$sdkName to $dialect', ({ sdk, name }) => {
  test('a chat, with its tokens', async () => {
    const said = await sdk.chat(ask(name, 'chunks=3'));
    expect(said.text).toBe('tok1 tok2 tok3 ');
    expect(said.tokens).toBe(3);
  });

  test('a stream, piece by piece', async () => {
    const pieces = await sdk.stream(ask(name, 'chunks=5'));
    expect(pieces.join('')).toBe('tok1 tok2 tok3 tok4 tok5 ');
    expect(pieces.length).toBe(5);
  });

  test('two tool calls at once, and a second turn with their results', async () => {
    const { names, args, after } = await sdk.tools(ask(name, 'chunks=1,tools=2'), ask(name, 'chunks=2'));
    expect(names).toEqual(['get_weather', 'get_time']);
    expect(args).toEqual([place, place]);
    expect(after).toBe('tok1 tok2 ');
  });

  test('an image', async () => {
    expect(await sdk.image(ask(name, 'chunks=1'), png)).toBe('tok1 ');
    expect((await mock.now.lastSeen()).body).toContain(png);
  });

  test('structured output', async () => {
    // Where the vendor has no such thing, the gateway forces a tool, and the mock answers with its arguments.
    const isForced = name === 'an' || name === 'br';
    const isNative = sdk.name.includes('anthropic'); // Claude on Bedrock too is asked in its own dialect
    const spec = isForced && !isNative ? 'chunks=0,tools=1' : 'chunks=1,echo=1';
    expect(await sdk.structured(ask(name, spec), JSON.stringify(place))).toEqual(place);
  });

  test('reasoning: shown where the SDK has a place for it, never in the text', async () => {
    const said = await sdk.reasoning(ask(name, 'chunks=2,reasoning=3'));
    expect(said.text).toBe('tok1 tok2 ');
    if (said.reasoning !== undefined) expect(said.reasoning).toBe('tok1 tok2 tok3 ');
  });

  test('an error keeps its status', async () => {
    expect(await sdk.status(ask(name, 'status=400'))).toBe(400);
    expect(await sdk.status(ask(name, 'status=404'))).toBe(404);
  });
});

describe.each(sdks.map((sdk) => ({ sdk, sdkName: sdk.name })))('$sdkName', ({ sdk }) => {
  // Vercel's SDK does it for all its providers, after two seconds: one of them will do. Ollama's leaves it to the application.
  const isOneOfMany = sdk.name.startsWith('ai + ') && !sdk.name.endsWith('anthropic');
  const testOnce = isOneOfMany || sdk.name === 'ollama' ? (): void => undefined : test;
  testOnce('a 503 that the gateway does not retry is retried by the SDK, whoever the vendor is', async () => {
    const again = vendors.map(async ({ name }) => {
      await mock.now.script({ key: keyOf(name), next: ['status=503', 'chunks=2'] });
      return (await sdk.chat(`once-${name}`, 2)).text;
    });
    expect(await Promise.all(again)).toEqual(vendors.map(() => 'tok1 tok2 '));
    expect((await mock.now.stats()).refused).toBe(vendors.length);
  });

  test('a client that leaves in mid-stream stops every vendor', async () => {
    const left = vendors.map(async ({ name }) => {
      const abort = new AbortController();
      await sdk.stream(ask(name, 'chunks=500,delay=20'), abort.signal, () => abort.abort()).catch(() => undefined);
    });
    await Promise.all(left);
    await eventually(async () => (await mock.now.stats()).aborted === vendors.length, { what: 'all vendors to see the client go' });
  });

  test('T4: a stream that breaks off raises', async () => {
    for (const { name } of vendors)
      await expect(sdk.stream(ask(name, 'chunks=9,delay=2,fault=reset@6')), name).rejects.toThrow();
  });
});
