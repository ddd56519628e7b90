/** TLS on listeners and to services: case 40 of cases-http. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type RequestOptions, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issue } from '../harness/certificate.ts';
import { useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import { exchange } from '../harness/raw.ts';
import type { Config } from '../harness/sluice.ts';
import { eventually, freePort, sleep } from '../harness/wait.ts';

const mock = useMock();
const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const selfSigned = (name: string, alt: string): { cert: string; key: string } => issue(dir, name, alt).files;

const shop = selfSigned('shop.example', 'DNS:shop.example,DNS:*.shop.example');
const bank = selfSigned('bank.example', 'DNS:bank.example');
const service = selfSigned('service', 'IP:127.0.0.1,DNS:service.internal');

let tlsPort = 0;
let upstream: Server;
let upstreamPort = 0;
beforeAll(async () => {
  upstream = createServer({ key: readFileSync(service.key), cert: readFileSync(service.cert) }, (_, response) => response.end('secret service\n'));
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  upstreamPort = (upstream.address() as AddressInfo).port;
});
afterAll(() => upstream.close());

const gateway = useGateway(async () => {
  tlsPort = await freePort();
  const plainPort = await freePort();
  const secure = (name: string, tls: object, url = `https://127.0.0.1:${upstreamPort}`): object => ({ name, endpoints: [{ url }], tls, retry: { attempts: 0 } });
  return {
    gateway: {
      listeners: [
        { address: `127.0.0.1:${plainPort}` },
        { address: `127.0.0.1:${tlsPort}`, tls: { certs: [{ ...shop, hosts: ['shop.example', '*.shop.example'] }, { ...bank, hosts: ['bank.example'] }] } },
      ],
    },
    services: [
      { name: 'web', url: mock.now.url, path: '/*' },
      { name: 'trusted', upstream: 'trusted', path: '/trusted' },
      { name: 'untrusted', upstream: 'untrusted', path: '/untrusted' },
      { name: 'unverified', upstream: 'unverified', path: '/unverified' },
      { name: 'misnamed', upstream: 'misnamed', path: '/misnamed' },
      { name: 'named', upstream: 'named', path: '/named' },
      { name: 'plain', upstream: 'plain', path: '/plain' },
    ],
    upstreams: [
      secure('trusted', { ca: service.cert }),
      secure('untrusted', {}),
      secure('unverified', { verify: false }),
      secure('misnamed', { ca: service.cert, name: 'other.internal' }),
      secure('named', { ca: service.cert, name: 'service.internal' }),
      secure('plain', { ca: service.cert }, mock.now.url.replace('http:', 'https:')),
    ] as never[],
  };
});

function get(host: string, options: RequestOptions & { sni?: string } = {}): Promise<{ status: number; cert: string; body: string }> {
  return new Promise((done, failed) => {
    const { sni = host, ...more } = options;
    const asked = request(
      { host: '127.0.0.1', port: tlsPort, path: '/echo', servername: sni, rejectUnauthorized: false, agent: false, headers: { host }, ...more },
      (response) => {
        const cert = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
        let body = '';
        response.on('data', (part) => (body += String(part)));
        response.on('end', () => done({ status: response.statusCode ?? 0, cert: String(cert), body }));
      },
    );
    asked.on('error', failed);
    asked.end();
  });
}

const handshake = (options: ConnectionOptions): Promise<string | null> =>
  new Promise((done, failed) => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort, servername: 'shop.example', rejectUnauthorized: false, ...options }, () => {
      done(options.ALPNProtocols ? String(socket.alpnProtocol) : socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', failed);
  });

describe('the listener', () => {
  test.each([
    { host: 'shop.example', cert: 'shop.example' },
    { host: 'eu.shop.example', cert: 'shop.example' },
    { host: 'bank.example', cert: 'bank.example' },
  ])('SNI $host gets the certificate of $cert', async ({ host, cert }) => {
    const answer = await get(host);
    expect(answer).toMatchObject({ status: 200, cert });
    const { headers } = JSON.parse(answer.body) as { headers: [string, string][] };
    expect(headers.find(([n]) => n.toLowerCase() === 'x-forwarded-proto')?.[1]).toBe('https');
  });

  test('a Host that the connection is not for is 421', async () => {
    expect((await get('bank.example', { sni: 'shop.example' })).status).toBe(421);
    expect((await get('shop.example', { sni: 'bank.example' })).status).toBe(421);
  });

  test('TLS 1.2 and 1.3 are spoken, 1.1 is not; ALPN is http/1.1', async () => {
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await handshake({})).toBe('TLSv1.3');
    expect(await handshake({ ALPNProtocols: ['http/1.1'] })).toBe('http/1.1');
    await expect(handshake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })).rejects.toThrow();
  });

  test('plain text on the TLS port gets no service', async () => {
    const said = await exchange(tlsPort, 'GET /echo HTTP/1.1\r\nHost: shop.example\r\n\r\n', { within: 2000 }).catch(() => undefined);
    expect(said?.answer.status ?? 400).not.toBe(200);
    expect(await mock.now.requests()).toBe(0);
  });

  test('the key of the certificate is in no log', () => {
    const [, body = ''] = readFileSync(shop.key, 'utf8').split('\n');
    expect(gateway.now.program.output).not.toContain(body);
  });
});

describe('certificates that change', () => {
  let port = 0;
  let plain = 0;
  const site = join(dir, 'site');
  const authority = join(dir, 'authority.pem');
  const put = (from: { cert: string; key: string }): void => {
    for (const [path, end] of [[from.cert, 'pem'], [from.key, 'key']] as const) {
      copyFileSync(path, `${site}.${end}.new`);
      renameSync(`${site}.${end}.new`, `${site}.${end}`);
    }
  };
  const config = async (): Promise<Config> => {
    put(shop);
    copyFileSync(bank.cert, authority);
    [port, plain] = [await freePort(), await freePort()];
    return {
      gateway: {
        watch: true,
        listeners: [{ address: `127.0.0.1:${plain}` }, { address: `127.0.0.1:${port}`, tls: { certs: [{ cert: `${site}.pem`, key: `${site}.key` }] } }],
      },
      services: [
        { name: 'web', url: mock.now.url, path: '/*' },
        { name: 'secret', upstream: 'secret', path: '/secret' },
      ],
      upstreams: [{ name: 'secret', endpoints: [{ url: `https://127.0.0.1:${upstreamPort}` }], tls: { ca: authority }, retry: { attempts: 0 } }],
    };
  };
  const changing = useFreshGateway(config);
  const secure = (to: number): Promise<TLSSocket> =>
    new Promise((done, failed) => {
      const socket = connect({ host: '127.0.0.1', port: to, servername: 'shop.example', rejectUnauthorized: false }, () => done(socket));
      socket.on('error', failed);
    });
  const nameOn = async (to: number): Promise<string> => {
    const socket = await secure(to);
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };

  test('40 are served from the next connection on; open ones and their requests go on', async () => {
    const old = await secure(port);
    let heard = '';
    old.on('data', (part: Buffer) => (heard += part.toString('latin1')));
    expect(await nameOn(port)).toBe('shop.example');
    old.write('GET /delay/900 HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    put(bank);
    await eventually(async () => (await nameOn(port)) === 'bank.example', { what: 'the new certificate' });
    await eventually(() => heard.includes('200 OK'), { what: 'the answer on the old connection' });
    old.write('GET /bytes/3 HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    await eventually(() => heard.split('200 OK').length === 3, { what: 'another answer on it' });
    old.destroy();
  });

  test('40 the authorities that services are checked against, too', async () => {
    expect((await fetch(`http://127.0.0.1:${plain}/secret`)).status).toBe(502);
    copyFileSync(service.cert, authority);
    await eventually(async () => (await fetch(`http://127.0.0.1:${plain}/secret`)).status === 200, { what: 'the right authority' });
  });

  test('40 no handshake and no request fails while they change, 20 times', async () => {
    let isOver = false;
    let failures = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        try {
          await nameOn(port);
        } catch {
          failures++;
        }
      }
    });
    for (let i = 0; i < 20; i++) {
      put(i % 2 === 0 ? bank : shop);
      changing.now.program.signal('SIGHUP');
      await sleep(50);
    }
    isOver = true;
    await Promise.all(clients);
    expect(failures).toBe(0);
  });

  test('44 a file that is no certificate changes nothing, and is taken when it has become one', async () => {
    writeFileSync(`${site}.pem`, 'no certificate');
    await eventually(() => changing.now.refused > 0, { what: 'the refusal' });
    expect(changing.now.log).toContain(`${site}.pem`);
    expect(await nameOn(port)).toBe('shop.example');
    put(bank);
    await eventually(async () => (await nameOn(port)) === 'bank.example', { what: 'the good one' });
  });
});

describe('to services', () => {
  const ask = async (path: string): Promise<{ status: number; body: string }> => {
    const { cert, body, status } = await get('shop.example', { path });
    void cert;
    return { status, body };
  };

  test('a certificate of a known authority and the right name is accepted', async () => {
    expect(await ask('/trusted')).toMatchObject({ status: 200, body: 'secret service\n' });
    expect(await ask('/named')).toMatchObject({ status: 200 });
  });

  test.each(['/untrusted', '/misnamed'])('%s: 502 tls_failed', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ reason: 'tls_failed' });
  });

  test('a service without TLS that never answers the handshake: 504 connect_timeout', async () => {
    const { status, body } = await ask('/plain');
    expect(status).toBe(504);
    expect(JSON.parse(body)).toMatchObject({ reason: 'connect_timeout' });
  });

  test('verification can be switched off, by name', async () => {
    expect(await ask('/unverified')).toMatchObject({ status: 200 });
  });
});
