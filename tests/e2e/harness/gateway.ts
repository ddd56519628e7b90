/**
 * What most tests run against: a mock vendor and service, and a gateway before it.
 *
 * Hooks are set up by `useMock` and `useGateway` at the top of a describe block. When a test of the
 * block fails, the gateway's log is printed; when the gateway ends badly, the block fails.
 *
 * With BASE=mockllm the tests that say so run against the mock itself: that shows that they ask for
 * what vendors do, and nothing else.
 */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Mock } from './mock.ts';
import { Sluice, type Config, type Json } from './sluice.ts';

export const isDirect = process.env['BASE'] === 'mockllm';

/** API keys of the consumers in `people`. */
export const alice = 'sl-test-alice-4f1c2a';
export const bob = 'sl-test-bob-77d0e9';
/** Keys of the gateway with its vendors. */
export const vendorKey = 'sk-vendor-secret-5b3a91';

export const people: Json = [
  { name: 'alice', keys: [{ name: 'laptop', key: alice }] },
  { name: 'bob', keys: [{ name: 'server', key: bob }] },
];

export interface Running<T> {
  readonly now: T;
}

class Held<T> implements Running<T> {
  value: T | undefined;
  get now(): T {
    if (this.value === undefined) throw new Error('not started');
    return this.value;
  }
}

/** A mock for all tests of the block; reset before each of them. */
export function useMock(...args: string[]): Running<Mock> {
  const held = new Held<Mock>();
  beforeAll(async () => {
    held.value = await Mock.start(...args);
  });
  beforeEach(() => held.now.reset());
  afterAll(() => held.value?.stop());
  return held;
}

/** A gateway for all tests of the block. `config` is called when mocks are up. */
export function useGateway(config: () => Config | Promise<Config>): Running<Sluice> {
  const held = new Held<Sluice>();
  beforeAll(async () => {
    held.value = await Sluice.start(await config());
  });
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    const records = held.value?.program.stdout.slice(-3000) ?? '';
    console.error(`--- sluice: ${task.name}\n${held.value?.log.slice(-4000) ?? '(not started)'}\n${records}`);
  });
  afterAll(() => held.value?.stop());
  return held;
}

/** The same, started anew for every test: for cooldowns, counters and other memory. */
export function useFreshGateway(config: () => Config | Promise<Config>): Running<Sluice> {
  const held = new Held<Sluice>();
  beforeEach(async () => {
    held.value = await Sluice.start(await config());
  });
  afterEach(async ({ task }) => {
    const gateway = held.value;
    held.value = undefined;
    if (task.result?.state === 'fail') {
      console.error(`--- sluice: ${task.name}\n${gateway?.log.slice(-4000)}\n${gateway?.program.stdout.slice(-3000)}`);
    }
    await gateway?.stop();
  });
  return held;
}

/** Wait-free AI configuration: an OpenAI account `oa` and an Anthropic account `an`, both the mock. */
export function aiConfig(mock: Mock, more: Config = {}): Config {
  return {
    services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }],
    consumers: people,
    accounts: [openaiAccount('oa', mock), anthropicAccount('an', mock)],
    prices: [price('openai'), price('anthropic')],
    ...more,
  };
}

export const openaiAccount = (name: string, mock: Mock, more: Config = {}): Config => ({
  name,
  vendor: 'openai',
  base_url: `${mock.url}/v1`,
  serves_unlisted: true,
  keys: [{ key: vendorKey }],
  ...more,
});

export const anthropicAccount = (name: string, mock: Mock, more: Config = {}): Config => ({
  ...openaiAccount(name, mock, more),
  vendor: 'anthropic',
  ...more,
});

/** Dollars per million tokens of the mock's model `mock-1`. */
export const rates = { input: 2.5, cache_read: 0.25, cache_write_5m: 3.125, output: 10 };

export const price = (vendor: string, model = 'mock-1'): Config => ({
  vendor,
  model,
  input: '2.50',
  cache_read: '0.25',
  cache_write_5m: '3.125',
  output: '10',
});

/** A target of a model route: `!` and the scenario ride in the vendor's model name. */
export const scenario = (spec = ''): string => (spec === '' ? 'mock-1' : `mock-1!${spec}`);

export interface ChatOptions {
  key?: string;
  stream?: boolean;
  text?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** More members of the request. */
  more?: Record<string, unknown>;
}

/** A chat completion by fetch; the caller reads the response. */
export function chat(base: string, model: string, options: ChatOptions = {}): Promise<Response> {
  const { key = alice, stream = false, text = 'hello', headers = {}, signal, more = {} } = options;
  return fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: text }], ...more }),
    ...(signal ? { signal } : {}),
  });
}

/** A REST service of the mock behind `/`, and what the case adds. */
export function restConfig(mock: Mock, more: Config = {}): Config {
  return { services: [{ name: 'web', url: mock.url, path: '/*' }], ...more };
}
