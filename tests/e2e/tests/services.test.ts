/** The life of a service's version: deprecated, retired, reinstated, offline and online again. */
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';

const mock = useMock();
const running: Sluice[] = [];

async function start(): Promise<[Sluice, Admin]> {
  const gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  running.push(gateway);
  return [gateway, await Admin.login(gateway)];
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

describe('the end of a version', () => {
  test('is announced with dates and links, comes as 410, and can be taken back', async () => {
    const [gateway, admin] = await start();
    for (const version of ['v1', 'v2']) {
      await admin.create('services', { name: 'web', version, url: mock.now.url, prefix: `/${version}`, strip_prefix: true });
      await admin.publish(`web@${version}`);
    }
    const ask = async (path: string): Promise<Response> => fetch(gateway.url + path);
    expect((await ask('/v1/echo')).headers.get('deprecation')).toBeNull();

    const deprecated = await admin.post('/services/web@v1/deprecate', {
      deprecated_at: '2026-01-01T00:00:00Z',
      sunset_at: '2126-07-01T00:00:00Z',
      successor: 'web@v2',
      documentation: 'https://docs.example.com/v2',
      reason: 'v2 is better',
    });
    expect(deprecated.status).toBe(200);
    expect(deprecated.body.status).toMatchObject({ state: 'published', lifecycle: 'deprecated', has_draft: false });
    const warned = await ask('/v1/echo');
    expect(warned.status).toBe(200);
    expect(warned.headers.get('deprecation')).toBe('@1767225600');
    expect(warned.headers.get('sunset')).toBe('Mon, 01 Jul 2126 00:00:00 GMT');
    expect(warned.headers.get('link')).toBe(
      '</v2>; rel="successor-version", <https://docs.example.com/v2>; rel="deprecation"; type="text/html", ' +
        '<https://docs.example.com/v2>; rel="sunset"; type="text/html"',
    );
    expect((await ask('/v2/echo')).headers.get('deprecation')).toBeNull();

    const early = await admin.post('/services/web@v1/retire', {});
    expect(early.status).toBe(409);
    expect(early.body.errors[0].detail).toContain('without_notice');
    const retired = await admin.post('/services/web@v1/retire', { without_notice: true, reason: 'leaked data' });
    expect(retired.body.status).toMatchObject({ lifecycle: 'retired', reason: 'leaked data' });
    const gone = await ask('/v1/echo');
    expect(gone.status).toBe(410);
    expect(gone.headers.get('content-type')).toContain('application/problem+json');
    expect(gone.headers.get('link')).toContain('</v2>; rel="successor-version"');
    expect(await gone.json()).toMatchObject({ status: 410, reason: 'retired', hint: 'use /v2 instead' });
    expect((await ask('/v2/echo')).status).toBe(200);
    expect((await admin.post('/services/web@v1/publish', {})).status).toBe(409);

    expect((await admin.post('/services/web@v1/reinstate', { reason: 'sorry' })).status).toBe(200);
    const back = await ask('/v1/echo');
    expect(back.status).toBe(200);
    expect(back.headers.get('deprecation')).toBeNull();
  });

  test('offline and online leave the draft where it is', async () => {
    const [gateway, admin] = await start();
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
    await admin.publish('web');
    await admin.patch('/services/web', { path: '/elsewhere' });
    const ask = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
    expect((await admin.post('/services/web/offline', { reason: 'works' })).body.status.state).toBe('offline');
    expect(await ask('/echo')).toBe(404);
    const online = await admin.post('/services/web/online', { reason: 'done' });
    expect(online.body.status).toMatchObject({ state: 'published', has_draft: true, live_release: 2 });
    expect(await ask('/echo')).toBe(200);
    expect(await ask('/elsewhere')).toBe(404);
  });
});
