/** Configuration: check, explain, reload. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aiConfig, alice, restConfig, useFreshGateway, useMock } from '../harness/gateway.ts';
import { sluice } from '../harness/program.ts';
import { RawClient } from '../harness/raw.ts';
import { eventually, sleep } from '../harness/wait.ts';

const mock = useMock();

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-config-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = (text: string, name = 'c.yaml'): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

describe('sluice check', () => {
  const good = 'services:\n  - name: web\n    url: http://127.0.0.1:1\n    path: /a/*\n';

  test('a good file is ok', () => {
    const { code, stdout, stderr } = sluice('check', file(good));
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ok: 1 routes/);
    expect(code).toBe(0);
  });

  const rows: { what: string; text: string; line: number; column: number; says: RegExp }[] = [
    { what: 'an unknown member', text: `${good}    urll: x\n`, line: 5, column: 5, says: /urll.*(did you mean|url)/ },
    { what: 'a wrong type', text: `${good}    hosts: 7\n`, line: 5, column: 12, says: /hosts/ },
    { what: 'an unknown kind', text: 'services:\n  - name: web\n    kind: soap\n', line: 3, column: 11, says: /rest/ },
    { what: 'a number out of bounds', text: 'gateway:\n  workers: 5000\n', line: 2, column: 12, says: /workers.*1024/ },
    { what: 'a bad duration', text: 'gateway:\n  drain_timeout: soon\n', line: 2, column: 18, says: /drain_timeout/ },
    { what: 'an upstream that is not there', text: 'services:\n  - name: web\n    upstream: nope\n    path: /\n', line: 3, column: 15, says: /nope/ },
    { what: 'an unknown policy', text: `${good}    policies:\n      - type: rate_limt\n`, line: 6, column: 15, says: /rate_limit/ },
    { what: 'an unknown vendor', text: 'accounts:\n  - name: a\n    vendor: opnai\n', line: 3, column: 13, says: /openai/ },
    { what: 'two services of one name', text: `${good}  - name: web\n    url: http://127.0.0.1:2\n`, line: 5, column: 11, says: /web/ },
    { what: 'a tab as indentation', text: 'services:\n\t- name: web\n', line: 2, column: 1, says: /./ },
    { what: 'a bracket that is not closed', text: 'services: [\n', line: 2, column: 1, says: /./ },
    { what: 'a variable that is not set', text: `consumers:\n  - name: a\n    keys: ["\${env:SLUICE_E2E_UNSET}"]\n`, line: 3, column: 12, says: /SLUICE_E2E_UNSET/ },
  ];
  test.each(rows)('$what is named with file:$line:$column', ({ text, line, column, says }) => {
    const path = file(text);
    const { code, stderr } = sluice('check', path);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:${line}:${column}`);
    expect(stderr).toMatch(says);
  });

  test('all problems of a file are said at once', () => {
    const { stderr } = sluice('check', file('gateway:\n  workers: -1\n  drain_timeout: x\nservices:\n  - nam: y\n'));
    expect(stderr.split('\n').filter((l) => /c\.yaml:\d+:\d+/.test(l)).length).toBeGreaterThanOrEqual(3);
  });

  test('JSON files have lines and columns too', () => {
    const path = file('{\n  "gateway": {"workers": "many"}\n}\n', 'c.json');
    const { code, stderr } = sluice('check', path);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:2:26`);
  });

  test('a file that is not there, and no file', () => {
    expect(sluice('check', join(dir, 'none.yaml'))).toMatchObject({ code: 1, stderr: expect.stringContaining('none.yaml') as string });
    expect(sluice('check').code).toBe(2);
  });

  test('hostile files end in a message', () => {
    for (const text of ['[[['.repeat(20_000), '\0\0\0', '\xff\xfe', 'a: &a [*a, *a]\n', `x: ${'['.repeat(5000)}`, 'services: {}\n', '- 1\n']) {
      const { code, stderr } = sluice('check', file(text));
      expect(code, text.slice(0, 20)).toBe(1);
      expect(stderr, text.slice(0, 20)).not.toBe('');
    }
  });

  test('an empty file and the printed example are ok', () => {
    expect(sluice('check', file('')).code).toBe(0);
  });
});

describe('other verbs', () => {
  test('version, help, unknown verb', () => {
    expect(sluice('version').stdout).toMatch(/^sluice \d+\.\d+/);
    expect(sluice('help').code).toBe(0);
    expect(sluice('frobnicate')).toMatchObject({ code: 2, stderr: expect.stringContaining('frobnicate') as string });
  });

  test('key create makes keys that work, each its own', async () => {
    const [first, second] = [sluice('key', 'create', 'dave'), sluice('key', 'create', 'dave')];
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('key_sha256');
    const [key = ''] = /sl-[\w-]{20,}/.exec(first.stdout) ?? [];
    expect(key).not.toBe('');
    expect(second.stdout).not.toContain(key);
    const [, sha256 = ''] = /key_sha256: ([0-9a-f]{64})/.exec(first.stdout) ?? [];
    expect(sha256).not.toBe('');
    expect(sluice('key', 'create').code).toBe(2);
  });

  test('explain says route, policies and targets', () => {
    const path = file(
      'services:\n  - name: shop\n    upstream: pool\n    routes:\n      - {name: one, path: "/orders/{id}", methods: [GET]}\n' +
        '    policies: [{type: rate_limit, limit: 5}]\nupstreams:\n  - {name: pool, endpoints: ["http://127.0.0.1:7001"]}\n',
    );
    const { code, stdout } = sluice('explain', 'GET', 'http://x/orders/./42', '--config', path);
    expect(code).toBe(0);
    expect(stdout).toContain('/orders/42');
    expect(stdout).toMatch(/route: .*one/);
    expect(stdout).toMatch(/\{id\} = 42/);
    expect(stdout).toContain('rate_limit');
    expect(stdout).toContain('http://127.0.0.1:7001');
    expect(sluice('explain', 'POST', 'http://x/orders/42', '--config', path).stdout).toContain('405');
    expect(sluice('explain', 'GET', 'http://x/none', '--config', path).stdout).toContain('404');
  });

  test('explain of a model', () => {
    const path = file(JSON.stringify(aiConfig(mock.now, { models: [{ name: 'fast', targets: ['oa/mock-1'] }] })));
    const { code, stdout } = sluice('explain', 'POST', '/v1/chat/completions', '--config', path, '--model', 'fast');
    expect(code).toBe(0);
    expect(stdout).toContain('oa/mock-1');
    expect(stdout).not.toContain('sk-vendor');
  });

  test('serve with a bad file says so and ends with 1', () => {
    const { code, stderr } = sluice('serve', file('services: 7\n'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/c\.yaml:1:\d+/);
  });
});

describe('I8 reload', () => {
  const first = (): ReturnType<typeof restConfig> => restConfig(mock.now, { services: [{ name: 'a', url: mock.now.url, path: '/echo/a/*' }] });
  const next = (): ReturnType<typeof restConfig> => restConfig(mock.now, { services: [{ name: 'b', url: mock.now.url, path: '/echo/b/*' }] });
  const status = async (gateway: { url: string }, path: string): Promise<number> => (await fetch(gateway.url + path)).status;

  describe('by signal', () => {
    const gateway = useFreshGateway(first);

    test('SIGHUP takes the new file as a whole', async () => {
      expect([await status(gateway.now, '/echo/a/x'), await status(gateway.now, '/echo/b/x')]).toEqual([200, 404]);
      await gateway.now.reload(next());
      await eventually(async () => (await status(gateway.now, '/echo/b/x')) === 200);
      expect(await status(gateway.now, '/echo/a/x')).toBe(404);
    });

    test('a bad file keeps the last good one, and says where it is wrong', async () => {
      gateway.now.write('services:\n  - name: web\n    urll: x\n');
      gateway.now.program.signal('SIGHUP');
      await eventually(() => gateway.now.refused === 1);
      expect(gateway.now.log).toMatch(/sluice\.yaml:3:5/);
      expect(await status(gateway.now, '/echo/a/x')).toBe(200);
      expect((await fetch(`${gateway.now.adminUrl}/readyz`)).status).toBe(200);
      await gateway.now.reload(next());
      await eventually(async () => (await status(gateway.now, '/echo/b/x')) === 200);
    });

    test('requests on their way end as they began', async () => {
      const client = await RawClient.open(gateway.now.port);
      client.send('GET /echo/a/x HTTP/1.1\r\nHost: gw\r\nx-mock: first=600\r\n\r\n');
      await eventually(async () => (await mock.now.requests()) === 1);
      await gateway.now.reload(next());
      expect((await client.answer()).status).toBe(200);
      client.send('GET /echo/b/x HTTP/1.1\r\nHost: gw\r\n\r\n');
      expect((await client.answer()).status, 'the same connection then has the new one').toBe(200);
      client.close();
    });
  });

  describe('by change of the file', () => {
    const gateway = useFreshGateway(() => ({ ...first(), gateway: { watch: true } }));

    test('is noticed within seconds; a bad one is reported once', async () => {
      gateway.now.write({ ...next(), gateway: { watch: true } });
      await eventually(async () => (await status(gateway.now, '/echo/b/x')) === 200);
      gateway.now.write('services: [\n');
      await eventually(() => gateway.now.refused === 1);
      await sleep(1300);
      expect(gateway.now.refused).toBe(1);
      expect(await status(gateway.now, '/echo/b/x')).toBe(200);
    });
  });

  describe('keys', () => {
    const withKeys = (keys: string[]): ReturnType<typeof aiConfig> =>
      aiConfig(mock.now, { consumers: [{ name: 'alice', keys: keys.map((key) => ({ key })) }] });
    const gateway = useFreshGateway(() => withKeys([alice, 'sl-second-key-of-alice']));

    test('a key that is taken away is refused within a second', async () => {
      const models = (): Promise<Response> => fetch(`${gateway.now.url}/v1/models`, { headers: { authorization: `Bearer ${alice}` } });
      expect((await models()).status).toBe(200);
      await gateway.now.reload(withKeys(['sl-second-key-of-alice']));
      await eventually(async () => (await models()).status === 401, { within: 1000 });
    });
  });
});
