/** Certificates as resources: by server name, renewed under load, by the admin API and in files. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { issue, type Pair } from '../harness/certificate.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually, freePort } from '../harness/wait.ts';

const mock = useMock();
const dir = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };

const fallback = issue(dir, 'default', 'DNS:default.example');
const shop = issue(dir, 'shop', 'DNS:shop.example,DNS:*.shop.example', { key: ['rsa:2048'] });
const shop2 = issue(dir, 'shop2', 'DNS:shop.example,DNS:*.shop.example');
const bank = issue(dir, 'bank', 'DNS:bank.example');
const filed = issue(dir, 'filed', 'DNS:filed.example');
const filed2 = issue(dir, 'filed2', 'DNS:filed.example');
const soon = issue(dir, 'soon', 'DNS:soon.example', { days: 3 });
const watched = { cert: join(dir, 'watched.pem'), key: join(dir, 'watched.key') };

function put(pair: Pair): void {
  for (const [path, text] of [[watched.cert, pair.certificate], [watched.key, pair.key]] as const) {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}

let gateway: Sluice;
let admin: Admin;
let port = 0;
let onlyPort = 0; // of a listener without certificates of its own

beforeAll(async () => {
  port = await freePort();
  onlyPort = await freePort();
  const plain = await freePort();
  put(filed);
  gateway = await Sluice.start(
    {
      gateway: {
        watch: true,
        listeners: [`127.0.0.1:${plain}`, { address: `127.0.0.1:${port}`, tls: { certs: [fallback.files] } }, { address: `127.0.0.1:${onlyPort}`, tls: { sni_only: true } }],
      },
      services: [{ name: 'web', url: mock.now.url, path: '/*' }],
      certificates: [{ name: 'filed', certificate: `\${file:${watched.cert}}`, private_key: `\${file:${watched.key}}` }],
    },
    { env },
  );
  admin = await Admin.login(gateway);
});
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

const secure = (servername: string, to = port): Promise<TLSSocket> =>
  new Promise((done, failed) => {
    const socket = connect({ host: '127.0.0.1', port: to, servername, rejectUnauthorized: false }, () => done(socket));
    socket.on('error', failed);
  });
const presented = async (servername: string, to = port): Promise<string> => {
  const socket = await secure(servername, to);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
};
const get = (host: string, servername = host): Promise<number> =>
  new Promise((done, failed) => {
    const asked = request({ host: '127.0.0.1', port, path: '/bytes/3', servername, rejectUnauthorized: false, agent: false, headers: { host } }, (answer) => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode ?? 0));
    });
    asked.on('error', failed);
    asked.end();
  });
const pair = ({ certificate, key }: Pair) => ({ certificate, private_key: key });

describe('the admin API', () => {
  test('a certificate serves its names as soon as it was created, without a restart, and until it is deleted', async () => {
    expect(await presented('shop.example')).toBe('default');
    const made = await admin.create('certificates', { name: 'shop', ...pair(shop) });
    expect(made.status).toMatchObject({ validity: 'valid', subject: 'CN=shop', key_type: 'RSA 2048', served_names: ['shop.example', '*.shop.example'] });
    expect(await presented('shop.example')).toBe('shop');
    expect(await presented('EU.shop.example')).toBe('shop');
    expect(await presented('a.b.shop.example'), 'a wildcard is one label').toBe('default');
    expect(await presented('default.example')).toBe('default');
    expect(await presented('shop.example', onlyPort)).toBe('shop');
    await expect(presented('default.example', onlyPort)).rejects.toThrow(/unrecognized name/);
    expect(await get('shop.example')).toBe(200);
    expect(await get('default.example', 'shop.example'), 'a host that it does not serve').toBe(421);

    await admin.create('certificates', { name: 'bank', server_names: ['bank.example'], ...pair(bank) });
    expect(await presented('bank.example')).toBe('bank');
    expect((await admin.delete('/certificates/bank')).status).toBe(204);
    expect(await presented('bank.example')).toBe('default');
  });

  test('a key of another certificate and names that are not in it are refused, and change nothing', async () => {
    const mixed = await admin.post('/certificates', { name: 'mixed', certificate: bank.certificate, private_key: shop.key });
    expect(mixed.status).toBe(422);
    expect(mixed.body.errors).toMatchObject([{ pointer: '/private_key' }]);
    const alien = await admin.post('/certificates', { name: 'alien', server_names: ['bank.example', 'shop.example'], ...pair(bank) });
    expect(alien.status).toBe(422);
    expect(alien.body.errors).toMatchObject([{ pointer: '/server_names/1' }]);
    expect(await presented('bank.example')).toBe('default');
  });

  test('the key is in no answer, export, audit entry or log, nor in clear in the store', async () => {
    const secret = shop.key.split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(40);
    for (const path of ['/certificates', '/certificates/shop', '/export', '/audit', '/audit/export', '/openapi.json']) {
      const answer = await admin.get(path);
      expect(answer.status, path).toBe(200);
      expect(JSON.stringify(answer.body), path).not.toContain(secret);
    }
    expect(gateway.program.output).not.toContain(secret);
    for (const file of ['control.db', 'control.db-wal', 'last-good']) {
      expect(readFileSync(join(gateway.dataDir, file)).includes(secret), file).toBe(false);
    }
  });

  test('while it is renewed again and again no request and no handshake fails, and open connections go on', async () => {
    const old = await secure('shop.example');
    let heard = '';
    old.on('data', (part: Buffer) => (heard += part.toString('latin1')));
    let isOver = false;
    const failures: unknown[] = [];
    let served = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        try {
          const status = await get('shop.example');
          if (status !== 200) failures.push(status);
          served++;
        } catch (error) {
          failures.push(error);
        }
      }
    });
    for (let i = 0; i < 10; i++) {
      const next = i % 2 === 0 ? shop2 : shop;
      const renewed = await admin.patch('/certificates/shop', pair(next));
      expect(renewed.status).toBe(200);
      expect(await presented('shop.example'), 'once the answer is there').toBe(next === shop ? 'shop' : 'shop2');
    }
    isOver = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(served).toBeGreaterThan(10);
    old.write('GET /bytes/3 HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    await eventually(() => heard.includes('200 OK'), { what: 'an answer on the old connection' });
    old.destroy();
  });

  test('an alert of certificate_days tells of it', async () => {
    await admin.create('certificates', { name: 'soon', ...pair(soon) });
    expect((await admin.get('/certificates/soon')).body.status.validity).toBe('expires_soon');
    await admin.create('alerts', { name: 'expiry', metric: 'certificate_days', comparison: 'below', threshold: '14' });
    const state = await eventually(
      async () => {
        const { items } = (await admin.get('/alert-states')).body;
        const found = items.find((s: any) => s.alert === 'expiry');
        return found?.state === 'firing' && found;
      },
      { within: 15_000, what: 'the alert' },
    );
    expect(state.value).toBeGreaterThan(2.5);
    expect(state.value).toBeLessThanOrEqual(3);
  });
});

describe('files', () => {
  test('one in a file is served and shown, and a new content of its file is served without a restart', async () => {
    expect(await presented('filed.example')).toBe('filed');
    const shown = (await admin.get('/certificates/filed')).body;
    expect(shown.origin).toContain('sluice.yaml');
    expect(shown.status).toMatchObject({ validity: 'valid', subject: 'CN=filed' });
    put(filed2);
    await eventually(async () => (await presented('filed.example')) === 'filed2', { what: 'the new content' });
    expect((await admin.get('/certificates/filed')).body.status.subject).toBe('CN=filed2');
  });
});
