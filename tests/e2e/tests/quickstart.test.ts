/** The first minute of a newcomer: `sluice serve --quickstart`, and the commands that it prints, as pasted. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program, run, sanitizerReport, sluice, sluicePath } from '../harness/program.ts';
import { parseEvents } from '../harness/sse.ts';
import { eventually, freePort } from '../harness/wait.ts';

const dir = mkdtempSync(join(tmpdir(), 'sluice-quick-'));
const dataDir = join(dir, 'data');
let port = 0;
let program: Program;
let commands: string[] = [];

beforeAll(async () => {
  port = await freePort();
  const env = { OPENAI_API_KEY: undefined, ANTHROPIC_API_KEY: undefined };
  program = new Program(sluicePath, ['serve', '--quickstart', '--port', String(port), '--data-dir', dataDir], env, dir);
  await eventually(() => program.stdout.includes('Stop: Ctrl-C') || program.exit, { within: 20_000, what: 'the greeting' });
  if (program.exit) throw new Error(`sluice ended: ${program.output}`);
  // A command is an indented line, with those that follow a backslash.
  commands = [...program.stdout.matchAll(/^ {3}\S(?:[^\n]*\\\n)*[^\n]*$/gm)].map((m) => m[0]);
});

afterAll(async () => {
  const exit = await program.end('SIGINT');
  rmSync(dir, { recursive: true, force: true });
  expect(program.stderr).not.toMatch(sanitizerReport);
  expect(exit.code).toBe(0);
});

const paste = (command: string | undefined): string => {
  const { code, stdout, stderr } = run('bash', ['-c', command ?? 'false'], { cwd: dir });
  expect(code, stderr).toBe(0);
  return stdout;
};

test('four commands are printed', () => {
  expect(commands).toHaveLength(4);
  expect(program.stdout).toContain('DEMO');
});

test('1: a streamed chat completion', () => {
  const events = parseEvents(paste(commands[0]));
  expect(events.length).toBeGreaterThan(3);
  expect(events.at(-1)?.data).toBe('[DONE]');
});

test('2: a REST call', () => {
  expect(paste(commands[1])).toContain('/hello/world');
});

test('4: a prompt as a REST operation', () => {
  expect(JSON.parse(paste(commands[3])).summary).toMatch(/\w/);
});

test('the official SDK, streamed', async () => {
  const [, apiKey = ''] = /Bearer (sl-quick-[\w-]+)/.exec(program.stdout) ?? [];
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey, maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: 'demo',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  let text = '';
  let total = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    total = chunk.usage?.total_tokens ?? total;
  }
  expect(text).not.toBe('');
  expect(total).toBeGreaterThan(0);
});

test('3: the usage of both', async () => {
  const text = await eventually(() => {
    const shown = paste(commands[2]);
    return shown.includes('demo') && shown.includes('hello') ? shown : false;
  });
  expect(text).toMatch(/\d/);
  const json = sluice('usage', '--data-dir', dataDir, '--json');
  expect(json.code).toBe(0);
  expect(() => JSON.parse(json.stdout) as unknown).not.toThrow();
});

test('the key is kept for the next run, for nobody else to read', () => {
  expect(statSync(join(dataDir, 'quickstart.key')).mode & 0o777).toBe(0o600);
});

test('example prints a configuration that checks', () => {
  const example = sluice('example');
  expect(example.code).toBe(0);
  expect(example.stdout).toContain('services:');
});
