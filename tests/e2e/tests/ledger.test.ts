/** One record per request: in the access log, in the ledger, in the metrics; and no secrets anywhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { aiConfig, alice, bob, chat, rates, scenario, useFreshGateway, useMock, vendorKey } from '../harness/gateway.ts';
import { Program, run, sluice } from '../harness/program.ts';
import { RawClient } from '../harness/raw.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually, parallel } from '../harness/wait.ts';

const mock = useMock();

const gateway = useFreshGateway(() =>
  aiConfig(mock.now, {
    services: [
      { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] },
      { name: 'web', url: mock.now.url, path: '/echo/*' },
    ],
    models: [{ name: 'plain', targets: [{ account: 'oa', model: 'mock-1' }] }],
  }),
);

describe('the ledger', () => {
  test('has exactly one row per request, and money equal to what the vendor claims', async () => {
    await mock.now.script({ always: 'chunks=7,prompt=13,cached=5' });
    const ids = await parallel(200, 16, async (i) => {
      const response =
        i % 4 === 3
          ? await fetch(`${gateway.now.url}/echo/${i}`)
          : await chat(gateway.now.url, i % 4 === 0 ? 'plain' : i % 4 === 1 ? 'oa/mock-1' : 'an/mock-1', { stream: i % 3 === 0 });
      expect(response.status).toBe(200);
      await response.text();
      return response.headers.get('x-request-id');
    });
    const rows = await eventually(() => {
      const found = gateway.now.ledger();
      return found.length >= 200 ? found : false;
    }, { within: 10_000, every: 200 });
    expect(rows.map((r) => r.id).sort()).toEqual([...ids].sort());
    const { ledger } = await mock.now.stats();
    const claimed = ledger.reduce(
      (sum, c) =>
        sum + Math.round(1000 * (c.prompt * rates.input + c.cached * rates.cache_read + c.cache_write * rates.cache_write_5m + c.completion * rates.output)),
      0,
    );
    expect(rows.reduce((sum, r) => sum + Math.round(1e9 * Number(r.cost_usd ?? 0)), 0)).toBe(claimed);
    expect(rows.filter((r) => r.account !== '')).toHaveLength(150);
  });

  test('has refused, failed and malformed requests too', async () => {
    await (await chat(gateway.now.url, 'plain', { key: 'wrong' })).text();
    await (await chat(gateway.now.url, 'no-such')).text();
    await (await chat(gateway.now.url, `oa/${scenario('status=500')}`)).text();
    await (await fetch(`${gateway.now.url}/nowhere`)).text();
    const client = await RawClient.open(gateway.now.port);
    client.send('NONSENSE\r\n\r\n');
    await client.answer();
    client.close();
    const rows = await eventually(() => (gateway.now.ledger().length >= 5 ? gateway.now.ledger() : false), { every: 200 });
    expect(rows.map((r) => r.status).sort()).toEqual([400, 401, 404, 404, 500].sort());
    for (const row of rows) expect(Number(row.cost_usd ?? 0)).toBe(0);
  });

  test('is what `sluice usage` reports', async () => {
    for (let i = 0; i < 3; i++) await (await chat(gateway.now.url, 'plain')).text();
    await eventually(() => gateway.now.ledger().length === 3, { every: 200 });
    const text = sluice('usage', '--data-dir', gateway.now.dataDir);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('plain');
    const json = sluice('usage', '--data-dir', gateway.now.dataDir, '--json');
    expect(json.code).toBe(0);
    expect(JSON.stringify(JSON.parse(json.stdout))).toMatch(/3/);
  });

  test('is found by SLUICE_DATA_DIR, and where --data-dir says', async () => {
    await (await chat(gateway.now.url, 'plain')).text();
    await eventually(() => gateway.now.ledger().length === 1, { every: 200 });
    const dir = gateway.now.dataDir;
    vi.stubEnv('SLUICE_DATA_DIR', dir);
    expect(sluice('usage').stdout).toContain('plain');
    expect(JSON.parse(sluice('requests').stdout)).toHaveLength(1);
    expect(sluice('backup', join(dir, 'by-environment.backup')).code).toBe(0);
    expect(sluice('reseal').stdout).toMatch(/^0 secrets sealed anew/);
    expect(sluice('restore', join(dir, 'by-environment.backup')).stderr).toContain('--replace');
    vi.stubEnv('SLUICE_DATA_DIR', '/nowhere');
    expect(sluice('usage').stderr).toContain('/nowhere/usage.db');
    expect(sluice('usage', '--data-dir', dir).code).toBe(0);
    vi.unstubAllEnvs();
  });

  test('is what `sluice requests` shows, by what is asked for', async () => {
    for (const key of [alice, bob, alice]) await (await chat(gateway.now.url, 'plain', { key })).text();
    await (await chat(gateway.now.url, 'plain', { key: 'wrong' })).text();
    await eventually(() => gateway.now.ledger().length === 4, { every: 200 });
    const show = (...args: string[]): Record<string, unknown>[] => {
      const ran = sluice('requests', '--data-dir', gateway.now.dataDir, ...args);
      expect(ran.code, ran.stderr).toBe(0);
      return JSON.parse(ran.stdout) as Record<string, unknown>[];
    };
    expect(show().map((r) => r['status'])).toEqual([401, 200, 200, 200]);
    expect(show('--consumer', 'alice')).toHaveLength(2);
    expect(show('--consumer', 'alice', '--limit', '1')).toHaveLength(1);
    expect(show('--failed').map((r) => r['status'])).toEqual([401]);
    expect(show('--client-ip', '127.0.0.1')).toHaveLength(4);
    expect(show('--client-ip', '127.0.0.2')).toEqual([]);
    expect(show('--consumer=nobody', '--since', '1h')).toEqual([]);
    for (const wrong of [['--limit', '0'], ['--limit', 'x'], ['--since', 'soon'], ['--nope'], ['word']]) {
      const ran = sluice('requests', '--data-dir', gateway.now.dataDir, ...wrong);
      expect(ran.code, wrong.join(' ')).toBe(2);
      expect(ran.stderr).toMatch(/sluice/);
    }
    const nowhere = sluice('requests', '--data-dir', '/nowhere');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('/nowhere/usage.db');
  });
});

describe('U17: a ledger that cannot be written', () => {
  /** Another process that holds the database's write lock, until it is told to end. */
  const hold = async (dataDir: string): Promise<Program> => {
    const script = [
      'import sqlite3, sys, time',
      'db = sqlite3.connect(sys.argv[1], isolation_level=None)',
      'db.execute("BEGIN IMMEDIATE")',
      'print("held", flush=True)',
      'time.sleep(60)',
    ].join('\n');
    const holder = new Program('python3', ['-c', script, join(dataDir, 'usage.db')]);
    await eventually(() => holder.stdout.includes('held'), { within: 10_000, what: `the lock (${holder.stderr})` });
    return holder;
  };
  const ask = (n: number): Promise<(string | null)[]> =>
    parallel(n, 8, async (i) => {
      const response = await chat(gateway.now.url, 'plain', { stream: i % 2 === 0 });
      expect(response.status).toBe(200);
      await response.text();
      return response.headers.get('x-request-id');
    });

  test('answers go out as ever; when it can be written again, each request is in it once', { timeout: 60_000 }, async () => {
    const early = await ask(5);
    const holder = await hold(gateway.now.dataDir);
    const began = Date.now();
    const ids = [...early, ...(await ask(40))];
    expect(Date.now() - began, 'nobody waited for it').toBeLessThan(5000);
    await eventually(() => gateway.now.log.includes('ledger cannot be written'), { within: 20_000, what: 'the log to say so' });
    await eventually(async () => /^sluice_ledger_failing 1$/m.test(await gateway.now.metrics()), { what: 'the metric' });
    expect((await fetch(`${gateway.now.adminUrl}/readyz`)).status, 'traffic is served').toBe(200);
    await holder.end('SIGKILL');
    await eventually(() => gateway.now.log.includes('ledger is written again'), { within: 20_000, what: 'the recovery' });
    await eventually(() => gateway.now.ledger().length === ids.length, { within: 10_000, every: 200, what: 'all rows' });
    expect(gateway.now.ledger().map((r) => r.id).sort()).toEqual(ids.sort());
    expect(await gateway.now.metrics()).toMatch(/^sluice_ledger_failing 0$/m);
  });

  test('killed meanwhile: the next start has them, once', { timeout: 60_000 }, async () => {
    const config = aiConfig(mock.now, { models: [{ name: 'plain', targets: [{ account: 'oa', model: 'mock-1' }] }] });
    const first = await Sluice.start(config);
    const holder = await hold(first.dataDir);
    const ids = await parallel(30, 8, async () => {
      const response = await chat(first.url, 'plain');
      await response.text();
      return response.headers.get('x-request-id');
    });
    await first.kill();
    await holder.end('SIGKILL');
    const second = await Sluice.start(config, { after: first });
    await eventually(() => second.ledger().length === ids.length, { within: 10_000, every: 200, what: 'all rows' });
    expect(second.ledger().map((r) => r.id).sort()).toEqual(ids.sort());
    await second.stop();
  });
});

describe('a disk that is full', () => {
  const limit = (pid: number, bytes: string): void => {
    expect(run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]).code).toBe(0);
  };

  test('stops nobody, is said, and nothing is lost when there is room again', { timeout: 60_000 }, async () => {
    const config = aiConfig(mock.now, { models: [{ name: 'plain', targets: [{ account: 'oa', model: 'mock-1' }] }] });
    const full = await Sluice.start(config);
    const ask = (): Promise<string | null> =>
      chat(full.url, 'plain').then(async (response) => {
        expect(response.status).toBe(200);
        await response.text();
        return response.headers.get('x-request-id');
      });
    const ids = await parallel(10, 4, ask);
    limit(full.program.pid, '4096'); // no file may grow beyond it: what a full disk is to a process
    ids.push(...(await parallel(60, 8, ask)));
    await eventually(() => full.log.includes('usage journal cannot be written'), { what: 'the log to say so' });
    await eventually(async () => /^sluice_journal_failing\{worker="\d"\} 1$/m.test(await full.metrics()), { what: 'the metric' });
    expect((await fetch(`${full.adminUrl}/readyz`)).status, 'traffic is served').toBe(200);
    limit(full.program.pid, 'unlimited');
    ids.push(...(await parallel(10, 4, ask)));
    await eventually(() => full.log.includes('usage journal is written again'), { what: 'the recovery' });
    await eventually(() => full.ledger().length === ids.length, { within: 20_000, every: 200, what: 'all rows' });
    expect(full.ledger().map((r) => r.id).sort()).toEqual(ids.sort());
    expect(await full.metrics()).not.toMatch(/^sluice_journal_failing\{worker="\d"\} 1$/m);
    expect(await full.metrics()).not.toMatch(/^sluice_journal_dropped_records\{worker="\d"\} [1-9]/m);
    await full.stop();
  });
});

describe('the access log', () => {
  test('is one JSON line per request, with what an operator asks for', async () => {
    const response = await chat(gateway.now.url, 'plain', { stream: true, headers: { 'user-agent': 'a "quoted"\ttest' } });
    await response.text();
    const id = response.headers.get('x-request-id');
    const record = await gateway.now.record(id);
    expect(record).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      service: 'ai',
      consumer: 'alice',
      status: 200,
      outcome: 'ok',
      stream: true,
      model_asked: 'plain',
      account: 'oa',
      vendor: 'openai',
      model: 'mock-1',
      usage_source: 'reported',
    });
    expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    expect(record.request_bytes).toBeGreaterThan(0);
    expect(record.response_bytes).toBeGreaterThan(0);
    expect(record.duration_us).toBeGreaterThan(0);
    expect(gateway.now.records.filter((r) => r.request_id === id)).toHaveLength(1);
  });

  test('escapes what clients send', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send('GET /echo/%0a%22x HTTP/1.1\r\nHost: gw\r\nUser-Agent: "\\ \xff\tend\r\n\r\n');
    await client.answer();
    client.close();
    await gateway.now.recordsOf((r) => r.path.startsWith('/echo/'));
  });
});

describe('metrics', () => {
  const line = /^(# (HELP|TYPE) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? [-+\dinfINFaN.e]+)$/;

  test('parse, count, and keep their number of series (I9)', async () => {
    const ask = (i: number): Promise<string> => chat(gateway.now.url, `made-up-${i}-${Math.random()}`).then((r) => r.text());
    await (await chat(gateway.now.url, 'plain')).text();
    await parallel(20, 4, ask);
    await gateway.now.recordsOf(() => true, 21);
    const first = await gateway.now.metrics();
    for (const one of first.trimEnd().split('\n')) expect(one).toMatch(line);
    expect(first).toMatch(/^sluice_requests_total\{[^}]*service="ai"[^}]*\} \d+$/m);
    expect(first).toMatch(/^sluice_ready 1$/m);
    expect(first).not.toContain('made-up');
    await parallel(200, 8, ask);
    await gateway.now.recordsOf(() => true, 221);
    const second = await gateway.now.metrics();
    expect(second.split('\n').length).toBe(first.split('\n').length);
    const types = [...second.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1]);
    expect(new Set(types).size, 'each family once').toBe(types.length);
  });
});

test('secrets are in no log, file, metric or answer', async () => {
  const everything: string[] = [];
  for (const key of [alice, bob]) {
    for (const spec of ['', 'status=401', 'fault=reset@0', 'status=429']) {
      const response = await chat(gateway.now.url, `oa/${scenario(spec)}`, { key, stream: spec === '' });
      everything.push(await response.text(), JSON.stringify([...response.headers]));
    }
  }
  await eventually(() => gateway.now.ledger().length >= 8, { every: 200 });
  everything.push(gateway.now.program.output, await gateway.now.metrics());
  const files = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return files(inside);
      return entry.isFile() ? [inside] : []; // a socket holds nothing
    });
  for (const path of files(gateway.now.dataDir)) everything.push(readFileSync(path, 'latin1'));
  const text = everything.join('\n');
  for (const secret of [alice, bob, vendorKey]) expect(text.includes(secret), secret).toBe(false);
});
