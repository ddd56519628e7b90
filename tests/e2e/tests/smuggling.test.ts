/**
 * Requests that two parsers could read differently: cases 1-10 of cases-http. Each is refused with
 * a status, the connection is closed, and nothing reaches the service: not the request, and not what
 * is smuggled behind it.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { restConfig, useGateway, useMock } from '../harness/gateway.ts';
import { exchange, RawClient } from '../harness/raw.ts';

const mock = useMock();
const gateway = useGateway(() => restConfig(mock.now));

interface Case {
  what: string;
  /** The head without the empty line that ends it; lines end in CRLF unless raw. */
  head: string[];
  body?: string;
  status?: number[];
}

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n';
const post = (...fields: string[]): string[] => ['POST /echo HTTP/1.1', 'Host: gw', ...fields];
const get = (...fields: string[]): string[] => ['GET /echo HTTP/1.1', 'Host: gw', ...fields];
const chunked = (body: string): Pick<Case, 'head' | 'body'> => ({ head: post('Transfer-Encoding: chunked'), body });

const framing: Case[] = [
  { what: '1 CL then TE', head: post('Content-Length: 5', 'Transfer-Encoding: chunked'), body: '0\r\n\r\n' },
  { what: '1 TE then CL', head: post('Transfer-Encoding: chunked', 'Content-Length: 5'), body: '0\r\n\r\n' },
  { what: '2 two different CL', head: post('Content-Length: 5', 'Content-Length: 6'), body: 'hello!' },
  { what: '2 two identical CL', head: post('Content-Length: 5', 'Content-Length: 5'), body: 'hello' },
  { what: '2 CL list of identical values', head: post('Content-Length: 5, 5'), body: 'hello' },
  { what: '2 CL list of different values', head: post('Content-Length: 5, 6'), body: 'hello!' },
  ...['', '+1', '-1', '0x1', '1_0', '1Z', '1 0', '1,', ';1', '1;', '１', '9223372036854775808', '18446744073709551617', '1e3', '1.0'].map(
    (value) => ({ what: `3 CL "${value}"`, head: post(`Content-Length: ${value}`), body: 'x' }),
  ),
  ...[',chunked', 'identity', 'xchunked', 'chunked, identity', 'gzip, chunked', '\x0bchunked', 'chunked, chunked', 'chunked;q=1', '', '"chunked"', 'chunked\x00'].map(
    (value) => ({ what: `4 TE ${JSON.stringify(value)}`, head: post(`Transfer-Encoding: ${value}`), body: '0\r\n\r\n' }),
  ),
  { what: '4 TE twice', head: post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), body: '0\r\n\r\n' },
  { what: '4 TE twice, one identity', head: post('Transfer-Encoding: identity', 'Transfer-Encoding: chunked'), body: '0\r\n\r\n' },
  { what: '4 TE on HTTP/1.0', head: ['POST /echo HTTP/1.0', 'Host: gw', 'Transfer-Encoding: chunked'], body: '0\r\n\r\n' },
  { what: '15 Transfer_Encoding', head: post('Transfer_Encoding: chunked', 'Content-Length: 5'), body: '0\r\n\r\n' },
];

const fields: Case[] = [
  { what: '5 space before the colon', head: get('X-A : 1') },
  { what: '5 tab before the colon', head: get('Content-Length\t: 5') },
  { what: '5 space before the first field', head: ['GET /echo HTTP/1.1', ' X-A: 1', 'Host: gw'] },
  { what: '5 obs-fold', head: get('X-A: 1', ' more') },
  { what: '5 obs-fold with a tab', head: get('X-A: 1', '\tTransfer-Encoding: chunked') },
  { what: '5 empty name', head: get(': 1') },
  { what: '5 no colon', head: get('X-A') },
  { what: '5 NUL in a value', head: get('X-A: a\x00b') },
  { what: '5 CR in a value', head: get('X-A: a\rb') },
  { what: '5 LF in a value', head: get('X-A: a\nX-B: b') },
  { what: '5 control character in a value', head: get('X-A: a\x01b') },
  ...['X(A', 'X A', 'X@A', 'X/A', 'X\x80A', 'X\x00A', 'X"A'].map((name) => ({
    what: `5 name ${JSON.stringify(name)}`,
    head: get(`${name}: 1`),
  })),
  { what: '8 bare LF as line end', head: ['GET /echo HTTP/1.1\nHost: gw\nX-A: 1'] },
];

const chunks: Case[] = [
  ...['0x5', '5_0', '+5', '-5', ' 5', 'FFFFFFFFFFFFFFFFF', '8000000000000000', '', '5g', '5 5', '5,'].map((size) => ({
    what: `6 chunk size ${JSON.stringify(size)}`,
    ...chunked(`${size}\r\nhello\r\n0\r\n\r\n`),
  })),
  { what: '6 bare LF after the size', ...chunked('5\nhello\r\n0\r\n\r\n') },
  { what: '6 CR in an extension', ...chunked('5;a\rb\r\nhello\r\n0\r\n\r\n') },
  { what: '6 LF in an extension', ...chunked('5;a\nb\r\nhello\r\n0\r\n\r\n') },
  { what: '6 no CRLF behind the data', ...chunked('5\r\nhelloXX0\r\n\r\n') },
  { what: '6 LF only behind the data', ...chunked('5\r\nhello\n0\r\n\r\n') },
  { what: '6 more data than said', ...chunked('5\r\nhello world\r\n0\r\n\r\n') },
  { what: '6 an extension of 100 KB', ...chunked(`5;${'x'.repeat(100_000)}\r\nhello\r\n0\r\n\r\n`), status: [413] },
  { what: '6 many chunks with large extensions', ...chunked(`1;${'x'.repeat(200)}\r\nx\r\n`.repeat(2000) + '0\r\n\r\n'), status: [413] },
  { what: '7 a trailer that is no field', ...chunked('5\r\nhello\r\n0\r\nnonsense\r\n\r\n') },
  { what: '7 trailers of 100 KB', ...chunked(`5\r\nhello\r\n0\r\nX-T: ${'x'.repeat(100_000)}\r\n\r\n`), status: [413] },
];

const line = (text: string): string[] => [text, 'Host: gw'];
const lines: Case[] = [
  { what: '9 two spaces', head: line('GET  /echo HTTP/1.1') },
  { what: '9 a tab', head: line('GET\t/echo HTTP/1.1') },
  { what: '9 a space in the target', head: line('GET /ec ho HTTP/1.1') },
  { what: '9 a trailing space', head: line('GET /echo HTTP/1.1 ') },
  { what: '9 a fragment', head: line('GET /echo#x HTTP/1.1') },
  { what: '9 a byte above 0x7f', head: line('GET /ech\xf6 HTTP/1.1') },
  { what: '9 a control character', head: line('GET /echo\x07 HTTP/1.1') },
  { what: '9 DEL', head: line('GET /echo\x7f HTTP/1.1') },
  { what: '9 lower-case http', head: line('GET /echo http/1.1') },
  { what: '9 HTTP/1.10', head: line('GET /echo HTTP/1.10') },
  { what: '9 HTTP/0.9', head: line('GET /echo HTTP/0.9') },
  { what: '9 no version', head: ['GET /echo'] },
  { what: '9 HTTP/2.0 in text', head: line('GET /echo HTTP/2.0'), status: [505] },
  { what: '9 HTTP/3.0 in text', head: line('GET /echo HTTP/3.0'), status: [505] },
  { what: '9 a method that is no token', head: line('GE(T /echo HTTP/1.1') },
  { what: '9 no target', head: line('GET  HTTP/1.1') },
  { what: '9 a target that is no path', head: line('GET echo HTTP/1.1') },
  { what: '10 no Host', head: ['GET /echo HTTP/1.1', 'X: 1'] },
  { what: '10 two Hosts', head: get('Host: gw') },
  { what: '10 two different Hosts', head: get('Host: evil') },
  { what: '10 Host with a space', head: ['GET /echo HTTP/1.1', 'Host: a b'] },
  { what: '10 Host with userinfo', head: ['GET /echo HTTP/1.1', 'Host: me@gw'] },
  { what: '10 Host with a comma', head: ['GET /echo HTTP/1.1', 'Host: gw, evil'] },
  { what: '10 Host with a path', head: ['GET /echo HTTP/1.1', 'Host: gw/evil'] },
  { what: '10 Host with a bad port', head: ['GET /echo HTTP/1.1', 'Host: gw:99999'] },
  { what: '10 empty Host with an authority', head: ['GET http://gw/echo HTTP/1.1', 'Host:'] },
  { what: '10 GET *', head: line('GET * HTTP/1.1') },
  { what: '10 CONNECT', head: ['CONNECT gw:443 HTTP/1.1', 'Host: gw:443'], status: [405] },
];

const refused = [400, 501];

describe.each([
  { group: 'framing', cases: framing },
  { group: 'fields', cases: fields },
  { group: 'chunks', cases: chunks },
  { group: 'request lines', cases: lines },
])('$group', ({ cases }) => {
  afterEach(async () => {
    expect(Object.keys((await mock.now.stats()).by_path)).not.toContain('/smuggled');
  });

  test.each(cases)('$what', async ({ head, body = '', status = refused }) => {
    const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}${smuggled}`, 'latin1');
    const { answer, fate } = await exchange(gateway.now.port, request);
    expect(status).toContain(answer.status);
    expect(fate, 'the connection is closed').not.toBe('open');
    expect(await mock.now.requests(), 'no whole request is forwarded').toBe(0);
  });
});

describe('what is right all the same', () => {
  test('9 HTTP/1.2 is treated as 1.1', async () => {
    const { answer } = await exchange(gateway.now.port, 'GET /echo HTTP/1.2\r\nHost: gw\r\nConnection: close\r\n\r\n');
    expect(answer.status).toBe(200);
  });

  test('10 absolute-form wins over Host', async () => {
    const { answer } = await exchange(gateway.now.port, 'GET http://other.example/echo/a?b HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n');
    expect(answer.status).toBe(200);
    const { target, headers } = JSON.parse(answer.body.toString()) as { target: string; headers: [string, string][] };
    expect(target).toBe('/echo/a?b');
    expect(headers.find(([n]) => n.toLowerCase() === 'x-forwarded-host')?.[1]).toBe('other.example');
  });

  test('10 OPTIONS * is answered', async () => {
    const { answer } = await exchange(gateway.now.port, 'OPTIONS * HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(await mock.now.requests()).toBe(0);
  });

  test('6 chunk extensions are dropped, upper and lower case sizes are read', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(`${post('Transfer-Encoding: Chunked').join('\r\n')}\r\n\r\n00A;a="b";c\r\n0123456789\r\nb\r\nhello world\r\n000\r\n\r\n`);
    const answer = await client.answer('POST');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ body: '0123456789hello world' });
    client.close();
  });

  test('7 fields that frame or route are not taken from trailers', async () => {
    const client = await RawClient.open(gateway.now.port);
    client.send(
      `${post('Transfer-Encoding: chunked').join('\r\n')}\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\nHost: evil\r\nAuthorization: x\r\nX-Fine: y\r\n\r\n`,
    );
    expect((await client.answer('POST')).status).toBe(200);
    const { head, body } = await mock.now.lastSeen();
    expect(head + body).not.toMatch(/evil|content-length: 3/i);
    client.close();
  });
});
