/** Responses outlive the process that gave them, and are found by the nodes beside it (X7). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { adminPassword } from '../harness/admin.ts';
import { aiConfig, alice, anthropicAccount, bob, openaiAccount, useMock } from '../harness/gateway.ts';
import { Postgres } from '../harness/postgres.ts';
import { Sluice, type Config, type SluiceOptions } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000 });
const mock = useMock();
const running: Sluice[] = [];
let postgres: Postgres;

beforeAll(async () => {
  postgres = await Postgres.start();
}, 60_000);
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});
afterAll(() => postgres.stop());

async function start(options: SluiceOptions = {}, gatewayConfig: Config = {}): Promise<Sluice> {
  const config = aiConfig(mock.now, {
    accounts: [anthropicAccount('an', mock.now), openaiAccount('re', mock.now), openaiAccount('re2', mock.now)],
    gateway: gatewayConfig,
  });
  const gateway = await Sluice.start(config, options);
  running.push(gateway);
  return gateway;
}

/** A new process in the place of the last one. */
async function restart(gateway: Sluice, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Sluice> {
  running.splice(running.indexOf(gateway), 1);
  if (signal === 'SIGKILL') await gateway.program.end(signal);
  else await gateway.stop({ keep: true });
  return start({ after: gateway });
}

const client = (gateway: Sluice, apiKey = alice): OpenAI => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });

const statusOf = (work: Promise<unknown>): Promise<number | undefined> =>
  work.then(
    () => 200,
    (e: unknown) => (e instanceof OpenAI.APIError ? e.status : undefined),
  );

test('X7 after a restart a conversation goes on that the gateway keeps', async () => {
  const first = await start();
  const made = await client(first).responses.create({ model: 'an/mock-1!chunks=2', input: 'My name is Ada.' });
  const streamed = await client(first)
    .responses.stream({ model: 'an/mock-1!chunks=2', previous_response_id: made.id, input: 'And I like tea.' })
    .finalResponse();
  const deleted = await client(first).responses.create({ model: 'an/mock-1!chunks=1', input: 'Forget me.' });
  await client(first).responses.delete(deleted.id);
  const second = await restart(first);
  const again = await client(second).responses.retrieve(made.id);
  expect(again).toMatchObject({ id: made.id, status: 'completed', output_text: made.output_text });
  expect(again.usage).toEqual(made.usage);
  expect(JSON.stringify((await client(second).responses.inputItems.list(streamed.id)).data)).toContain('tea');
  await client(second).responses.create({ model: 'an/mock-1!chunks=1', previous_response_id: streamed.id, input: 'Who am I?' });
  const { body } = await mock.now.lastSeen();
  for (const said of ['My name is Ada.', 'And I like tea.', 'Who am I?']) expect(body).toContain(said);
  expect(await statusOf(client(second).responses.retrieve(deleted.id))).toBe(404);
  expect(await statusOf(client(second, bob).responses.retrieve(made.id))).toBe(404);
});

test('X7 after a restart a response is asked for at the account that keeps it', async () => {
  const first = await start();
  const made = await client(first).responses.create({ model: 're2/mock-1!chunks=2', input: 'My name is Ada.' });
  const second = await restart(first);
  expect((await client(second).responses.retrieve(made.id)).output_text).toBe(made.output_text);
  const next = await client(second).responses.create({ model: 're2/mock-1!chunks=1', previous_response_id: made.id, input: 'Who am I?' });
  expect(next.previous_response_id).toBe(made.id);
  expect(await statusOf(client(second).responses.create({ model: 're/mock-1', previous_response_id: made.id, input: 'x' }))).toBe(400);
  expect(await statusOf(client(second, bob).responses.retrieve(made.id))).toBe(404);
  await client(second).responses.delete(made.id);
  const third = await restart(second);
  expect(await statusOf(client(third).responses.retrieve(made.id))).toBe(404);
  expect(await statusOf(client(third).responses.retrieve(next.id))).toBe(200);
});

test('X7 what was kept for a while outlives kill -9, and is sealed', async () => {
  const first = await start();
  const made = await client(first).responses.create({ model: 'an/mock-1!chunks=1', input: 'A word that is not to be read: xyzzy.' });
  const files = (): Buffer => Buffer.concat(['control.db', 'control.db-wal'].map((name) => readFileSync(join(first.dataDir, name))));
  await eventually(() => files().includes(made.id), { what: 'the response in the store' });
  expect(files().includes('xyzzy')).toBe(false);
  const second = await restart(first, 'SIGKILL');
  expect((await client(second).responses.retrieve(made.id)).output_text).toBe(made.output_text);
});

test('X7 a response is found by another node of the same store', async () => {
  const env = { SLUICE_ADMIN_PASSWORD: adminPassword, SLUICE_MASTER_KEY_FILE: join(postgres.dir, 'kept.key') };
  const store = postgres.url('kept');
  const one = await start({ env }, { store });
  const two = await start({ env }, { store });
  const own = await client(one).responses.create({ model: 'an/mock-1!chunks=1', input: 'My name is Ada.' });
  const native = await client(one).responses.create({ model: 're/mock-1!chunks=1', input: 'Hello' });
  for (const { id, output_text } of [own, native]) {
    const seen = async (): Promise<boolean> => (await statusOf(client(two).responses.retrieve(id))) === 200;
    await eventually(seen, { what: 'the response on the other node', within: 15_000 });
    expect((await client(two).responses.retrieve(id)).output_text).toBe(output_text);
    await client(two).responses.delete(id);
    const gone = async (): Promise<boolean> => (await statusOf(client(one).responses.retrieve(id))) === 404;
    await eventually(gone, { what: 'its end on the first node', within: 15_000 });
  }
});
