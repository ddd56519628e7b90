/** Policies of REST and AI services, as their callers see them. */
import { describe, expect, test } from 'vitest';
import { request as undici } from 'undici';
import { aiConfig, alice, bob, chat, people, restConfig, useFreshGateway, useGateway, useMock } from '../harness/gateway.ts';
import { RawClient } from '../harness/raw.ts';
import type { Config, Json } from '../harness/sluice.ts';
import { sleep } from '../harness/wait.ts';

const mock = useMock();

/** One service per policy set, at its own path. */
const service = (name: string, policies: Json, more: Config = {}): Config => ({
  name,
  url: mock.now.url,
  path: `/echo/${name}/*`,
  policies,
  ...more,
});

interface Echo {
  target: string;
  headers: [string, string][];
}
const header = (echo: Echo, name: string): string | undefined => echo.headers.find(([n]) => n.toLowerCase() === name)?.[1];

describe('key_auth', () => {
  const gateway = useGateway(() =>
    restConfig(mock.now, {
      services: [
        service('keyed', [{ type: 'key_auth' }]),
        service('maybe', [{ type: 'key_auth', optional: true }]),
        service('query', [{ type: 'key_auth', query: 'api_key' }]),
      ],
      consumers: [
        ...(people as Config[]),
        { name: 'late', keys: [{ key: 'sl-test-expired-key', expires: '2020-01-01T00:00:00Z' }] },
        { name: 'off', keys: [{ key: 'sl-test-disabled-key', disabled: true }] },
      ],
    }),
  );
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.now.url}/echo/${path}`, { headers });

  test('no key and an unknown key are 401 with a challenge', async () => {
    for (const headers of [{}, { authorization: 'Bearer nobody-knows-this' }, { authorization: 'Basic Zm9v' }] as Record<string, string>[]) {
      const response = await get('keyed/x', headers);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBeTruthy();
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 401, reason: 'unauthenticated' });
    }
    expect(await mock.now.requests()).toBe(0);
  });

  test.each([{ authorization: `Bearer ${alice}` }, { 'x-api-key': alice }])('a known key passes, and goes no further', async (headers) => {
    const response = await get('keyed/x', headers as Record<string, string>);
    expect(response.status).toBe(200);
    expect(JSON.stringify(await response.json())).not.toContain(alice);
    expect(await gateway.now.record(response.headers.get('x-request-id'))).toMatchObject({ consumer: 'alice' });
  });

  test.each(['sl-test-expired-key', 'sl-test-disabled-key'])('%s is 403', async (key) => {
    expect((await get('keyed/x', { authorization: `Bearer ${key}` })).status).toBe(403);
  });

  test('an optional key may be absent, but not wrong', async () => {
    expect((await get('maybe/x')).status).toBe(200);
    expect((await get('maybe/x', { authorization: `Bearer ${bob}` })).status).toBe(200);
    expect((await get('maybe/x', { authorization: 'Bearer wrong-wrong' })).status).toBe(401);
  });

  test('a key in the query is taken out of it, and is in no log', async () => {
    const response = await get(`query/x?a=1&api_key=${alice}&b=2`);
    expect(response.status).toBe(200);
    expect(((await response.json()) as Echo).target).toBe('/echo/query/x?a=1&b=2');
    await gateway.now.record(response.headers.get('x-request-id'));
    expect(gateway.now.program.output).not.toContain(alice);
  });
});

describe('rate_limit', () => {
  const gateway = useFreshGateway(() =>
    restConfig(mock.now, {
      services: [
        service('burst', [{ type: 'key_auth' }, { type: 'rate_limit', limit: 40, window: '1h' }]),
        service('brief', [{ type: 'rate_limit', limit: 2, window: '1s', key: 'ip' }]),
      ],
      consumers: people,
    }),
  );

  test('48 exactly N are admitted from 32 parallel connections over two workers', async () => {
    const clients = await Promise.all(Array.from({ length: 32 }, () => RawClient.open(gateway.now.port)));
    const request = `GET /echo/burst/x HTTP/1.1\r\nHost: gw\r\nAuthorization: Bearer ${alice}\r\n\r\n`;
    const statuses = (
      await Promise.all(
        clients.map(async (client) => {
          const got: number[] = [];
          for (let i = 0; i < 5; i++) {
            client.send(request);
            got.push((await client.answer()).status);
          }
          client.close();
          return got;
        }),
      )
    ).flat();
    expect(statuses.filter((s) => s === 200)).toHaveLength(40);
    expect(statuses.filter((s) => s === 429)).toHaveLength(120);
    const other = await fetch(`${gateway.now.url}/echo/burst/x`, { headers: { authorization: `Bearer ${bob}` } });
    expect(other.status, 'each consumer has its own').toBe(200);
  });

  test('RateLimit fields count down and say when', async () => {
    const left: number[] = [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${gateway.now.url}/echo/burst/x`, { headers: { authorization: `Bearer ${alice}` } });
      expect(response.headers.get('ratelimit-policy')).toMatch(/^"[^"]+";q=40;w=3600$/);
      const [, r] = /^"[^"]+";r=(\d+);t=\d+$/.exec(response.headers.get('ratelimit') ?? '') ?? [];
      left.push(Number(r));
      await response.text();
    }
    expect(left).toEqual([39, 38, 37]);
  });

  test('429 says when to come back, and then it works', async () => {
    const get = (): Promise<Response> => fetch(`${gateway.now.url}/echo/brief/x`);
    expect([(await get()).status, (await get()).status]).toEqual([200, 200]);
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ reason: 'rate_limited' });
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    await sleep(wait * 1000 + 50);
    expect((await get()).status).toBe(200);
  });

  test('the count survives a reload', async () => {
    const get = (): Promise<Response> => fetch(`${gateway.now.url}/echo/burst/x`, { headers: { authorization: `Bearer ${alice}` } });
    for (let i = 0; i < 10; i++) await (await get()).text();
    await gateway.now.reload(
      restConfig(mock.now, {
        services: [service('burst', [{ type: 'key_auth' }, { type: 'rate_limit', limit: 40, window: '1h' }]), service('new', [])],
        consumers: people,
      }),
    );
    const response = await get();
    expect(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]).toBe('29');
    await response.text();
  });
});

describe('the other policies', () => {
  const gateway = useGateway(() =>
    restConfig(mock.now, {
      gateway: { trusted_proxies: ['127.0.0.1'] },
      services: [
        service('filtered', [{ type: 'ip_filter', allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.9.0.0/16'] }]),
        service('shared', [
          { type: 'key_auth' },
          { type: 'cors', origins: ['https://app.example'], credentials: true, methods: ['GET', 'PUT'], allow_headers: ['x-a', 'authorization'], max_age: '5m' },
        ]),
        service('edited', [
          {
            type: 'headers',
            request: { set: { 'x-team': 'orders' }, add: { 'x-more': 'b' }, remove: ['x-secret'] },
            response: { set: { 'x-frame-options': 'DENY' }, remove: ['date'] },
          },
        ]),
        service('small', [{ type: 'body_limit', limit: '1KiB' }]),
      ],
      consumers: people,
    }),
  );
  const url = (path: string): string => `${gateway.now.url}/echo/${path}`;

  test.each([
    { ip: '10.1.2.3', status: 200 },
    { ip: '10.9.2.3', status: 403 },
    { ip: '192.168.1.1', status: 403 },
    { ip: '2001:db8::7', status: 200 },
    { ip: '::ffff:10.1.2.3', status: 200 },
    { ip: '10.1.2.3, 192.168.1.1', status: 403 },
  ])('ip_filter: $ip is $status', async ({ ip, status }) => {
    const response = await fetch(url('filtered/x'), { headers: { 'x-forwarded-for': ip } });
    expect(response.status).toBe(status);
  });

  test('cors: a preflight is answered without a key, and reaches nobody', async () => {
    const { statusCode, headers, body } = await undici(url('shared/x'), {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' },
    });
    await body.text();
    expect([200, 204]).toContain(statusCode);
    expect(headers['access-control-allow-origin']).toBe('https://app.example');
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(String(headers['access-control-allow-methods'])).toContain('PUT');
    expect(headers['access-control-max-age']).toBe('300');
    expect(String(headers['vary']).toLowerCase()).toContain('origin');
    expect(await mock.now.requests()).toBe(0);
  });

  test('cors: another origin gets no permission, not even by suffix or as null', async () => {
    for (const origin of ['https://evil.example', 'https://app.example.evil', 'null', 'http://app.example']) {
      const { headers, body } = await undici(url('shared/x'), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      await body.text();
      expect(headers['access-control-allow-origin'], origin).toBeUndefined();
    }
  });

  test('cors: answers and errors are readable by the page', async () => {
    for (const [key, status] of [[alice, 200], ['wrong-wrong-wrong', 401]] as const) {
      const { statusCode, headers, body } = await undici(url('shared/x'), {
        headers: { origin: 'https://app.example', authorization: `Bearer ${key}` },
      });
      await body.text();
      expect(statusCode).toBe(status);
      expect(headers['access-control-allow-origin']).toBe('https://app.example');
      expect(String(headers['vary']).toLowerCase()).toContain('origin');
    }
  });

  test('headers: are set, added and removed on both ways', async () => {
    const response = await fetch(url('edited/x'), { headers: { 'x-secret': 's', 'x-team': 'mine', 'x-more': 'a' } });
    const echo = (await response.json()) as Echo;
    expect(header(echo, 'x-team')).toBe('orders');
    expect(header(echo, 'x-secret')).toBeUndefined();
    expect(echo.headers.filter(([n]) => n.toLowerCase() === 'x-more').map(([, v]) => v)).toEqual(['a', 'b']);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
  });

  test('body_limit: by length before the body, by count when chunked', async () => {
    expect((await fetch(url('small/x'), { method: 'POST', body: 'x'.repeat(1024) })).status).toBe(200);
    expect((await fetch(url('small/x'), { method: 'POST', body: 'x'.repeat(1025) })).status).toBe(413);
    const client = await RawClient.open(gateway.now.port);
    client.send('POST /echo/small/x HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let i = 0; i < 20; i++) client.send(`64\r\n${'x'.repeat(100)}\r\n`);
    client.send('0\r\n\r\n');
    expect((await client.answer('POST')).status).toBe(413);
    client.close();
  });
});

describe('rewrite', () => {
  const gateway = useGateway(() =>
    restConfig(mock.now, {
      services: [
        {
          name: 'old',
          url: mock.now.url,
          routes: [
            { path: '/orders/{id}', policies: [{ type: 'rewrite', regex: '^/orders/([^/]+)$', to: '/echo/v2/orders/$1' }] },
            { path: '/strip/*', strip_prefix: true },
          ],
        },
      ],
    }),
  );

  test('groups go where they are wanted, and cannot leave their place', async () => {
    for (const [asked, forwarded] of [
      ['/orders/42?x=1', '/echo/v2/orders/42?x=1'],
      ['/orders/a%2Fb', '/echo/v2/orders/a%2Fb'],
      ['/orders/a%20b', '/echo/v2/orders/a%20b'],
    ] as const) {
      const response = await fetch(gateway.now.url + asked);
      expect(response.status).toBe(200);
      expect(((await response.json()) as Echo).target).toBe(forwarded);
    }
  });

  test('strip_prefix takes the prefix away', async () => {
    const response = await fetch(`${gateway.now.url}/strip/echo/a/b?c`);
    expect(((await response.json()) as Echo).target).toBe('/echo/a/b?c');
  });
});

describe('model_allow', () => {
  const gateway = useGateway(() =>
    aiConfig(mock.now, {
      services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }, { type: 'model_allow', deny: ['*secret*'] }] }],
    }),
  );

  test('denied names are 403, others pass', async () => {
    expect((await chat(gateway.now.url, 'oa/mock-secret-1')).status).toBe(403);
    expect((await chat(gateway.now.url, 'oa/mock-1')).status).toBe(200);
    expect((await mock.now.stats()).ledger.map((c) => c.model)).toEqual(['mock-1']);
  });
});

describe('routing', () => {
  const gateway = useGateway(() =>
    restConfig(mock.now, {
      services: [
        {
          name: 'shop',
          url: mock.now.url,
          routes: [
            { name: 'exact', path: '/echo/shop' },
            { name: 'param', path: '/echo/{any}' },
            { name: 'prefix', path: '/echo/shop/*' },
            { name: 'longer', path: '/echo/shop/big/*' },
            { name: 'regex', path: '~^/echo/v[0-9]+/' },
            { name: 'host', path: '/echo/shop/*', hosts: ['shop.example'] },
            { name: 'wild', path: '/echo/shop/*', hosts: ['*.example'] },
            { name: 'write', path: '/verbs/*', methods: ['POST', 'PUT'] },
            { name: 'canary', path: '/echo/shop/*', headers: [{ name: 'x-canary', value: 'yes' }] },
            { name: 'asked', path: '/echo/shop/*', queries: [{ name: 'v', value: '2' }] },
          ],
        },
      ],
    }),
  );

  const rows: { method?: string; target: string; headers?: Record<string, string>; route: string }[] = [
    { target: '/echo/shop', route: 'exact' },
    { target: '/echo/other', route: 'param' },
    { target: '/echo/shop/a', route: 'prefix' },
    { target: '/echo/shop/big/a', route: 'longer' },
    { target: '/echo/v12/x', route: 'regex' },
    { target: '/echo/shop/a', headers: { host: 'shop.example' }, route: 'host' },
    { target: '/echo/shop/a', headers: { host: 'Shop.Example:8080' }, route: 'host' },
    { target: '/echo/shop/a', headers: { host: 'my.example' }, route: 'wild' },
    { target: '/verbs/x', method: 'POST', route: 'write' },
    { target: '/echo/shop/a', headers: { 'x-canary': 'yes' }, route: 'canary' },
    { target: '/echo/shop/a?v=2', route: 'asked' },
  ];
  test.each(rows)('$method $target $headers takes $route', async ({ method = 'GET', target, headers = {}, route }) => {
    const { statusCode, headers: answered, body } = await undici(gateway.now.url + target, { method: method as 'GET', headers });
    await body.text();
    expect(statusCode).toBe(200);
    const record = await gateway.now.record(answered['x-request-id'] as string);
    expect(record.route).toMatch(new RegExp(`(^|/)${route}$`));
  });

  test('no route is 404, another method 405 with Allow', async () => {
    const unknown = await fetch(`${gateway.now.url}/nowhere`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ reason: 'no_route' });
    const wrong = await fetch(`${gateway.now.url}/verbs/x`, { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST, PUT');
    expect(await wrong.json()).toMatchObject({ reason: 'method_not_allowed' });
    expect(await mock.now.requests()).toBe(0);
  });
});
