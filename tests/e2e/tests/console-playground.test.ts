/** The data plane through the console's own origin, and the playground that is made of it. */
import { describe, expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('accounts', {
    name: 'mock',
    vendor: 'custom-openai',
    base_url: `${mock.now.url}/v1`,
    serves_unlisted: true,
  });
  await admin.create('prices', { vendor: 'custom-openai', model: 'mock-1', input: '3', output: '15' });
  await admin.create('models', { name: 'fast', targets: [{ account: 'mock', model: 'mock-1' }] });
  await admin.create('services', { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('ai');
  await admin.create('upstreams', { name: 'web', endpoints: [{ url: mock.now.url }] });
  await admin.create('services', { name: 'echo', upstream: 'web', path: '/echo/*' });
  await admin.publish('echo');
  await admin.create('consumers', { name: 'shop' });
  key = (await admin.create('credentials', { name: 'shop-1', consumer: 'shop' })).secret;
});

let key: string;


describe('POST /playground/call', () => {
  const call = (query: string, headers: Record<string, string> = {}, body?: object) =>
    desk.admin.post(`/playground/call?${query}`, body as never, headers);

  test('is answered by the data plane, with the fields meant for it and no others', async () => {
    const models = await call('path=/v1/models&method=GET', { 'gateway-authorization': `Bearer ${key}` });
    expect(models.status).toBe(200);
    expect(models.headers.get('x-sluice-relayed')).toBe('true');
    expect(models.headers.get('content-security-policy')).toBe('sandbox');
    expect(models.body.data.map((m: { id: string }) => m.id)).toContain('fast');
    expect((await call('path=/v1/models&method=GET')).status).toBe(401);
    const echoed = await call('path=/echo/a%3Fb%3D1&method=PUT', { 'gateway-x-mine': 'yes', 'x-not': 'passed' }, { a: 1 });
    expect(echoed.status).toBe(200);
    const seen = await eventually(async () => (await mock.now.seen()).find((r) => r.head.startsWith('PUT /echo/a?b=1')));
    expect(seen.head.toLowerCase()).toContain('x-mine: yes');
    expect(seen.head.toLowerCase()).not.toMatch(/cookie|x-csrf|x-not|gateway-/);
    expect(seen.body).toBe('{"a":1}');
  });

  test.each([
    ['a path that is none', 'path=nowhere', 400],
    ['no path', 'method=GET', 400],
    ['a path with a line break', 'path=/a%0d%0ax:y', 400],
    ['a method that is none', 'path=/a&method=CONNECT', 400],
    ['a host that is none', 'path=/a&host=a/b', 400],
  ])('refuses %s', async (_, query, status) => {
    const answer = await call(query);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-sluice-relayed')).toBeNull();
    expect(answer.body.reason).toBe('bad_request');
  });

  test('needs the permission, and a session its token', async () => {
    await desk.admin.create('users', { name: 'vera', grants: [{ role: 'viewer' }] });
    const vera = desk.admin.withToken((await desk.admin.create('tokens', { name: 'vera', user: 'vera' })).secret);
    expect((await vera.post('/playground/call?path=/v1/models&method=GET')).status).toBe(403);
    const { 'x-csrf-token': _, ...headers } = desk.admin.headers;
    const forged = await fetch(`${desk.gateway.adminUrl}/api/v1/playground/call?path=/v1/models`, { method: 'POST', headers });
    expect(forged.status).toBe(403);
  });

  test('ends the request at the vendor when the page goes', async () => {
    const controller = new AbortController();
    const response = await fetch(`${desk.gateway.adminUrl}/api/v1/playground/call?path=/v1/chat/completions`, {
      method: 'POST',
      signal: controller.signal,
      headers: {
        ...desk.admin.headers,
        'content-type': 'application/json',
        'gateway-content-type': 'application/json',
        'gateway-authorization': `Bearer ${key}`,
      },
      body: JSON.stringify({
        model: 'mock/mock-1!chunks=200,delay=50',
        stream: true,
        messages: [{ role: 'user', content: 'go' }],
      }),
    });
    await response.body?.getReader().read();
    controller.abort();
    await eventually(async () => (await mock.now.stats()).aborted > 0, { within: 15_000, what: 'the vendor to see the end' });
  });
});

describe('the playground', () => {
  test('asks two models with a key made for it, and shows tokens, cost and code', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/playground');
    const { page } = watched;
    await page.getByRole('button', { name: 'Make a key for a day' }).click();
    await page.getByText('Made for the consumer').waitFor();
    const first = page.getByRole('region', { name: 'Model 1' });
    await eventually(async () => (await first.getByRole('combobox').inputValue()) === 'fast', {
      within: 15_000,
      what: 'the first model that is offered',
    });
    await page.getByRole('button', { name: 'Add a model' }).click();
    const second = page.getByRole('region', { name: 'Model 2' });
    await second.getByRole('combobox').fill('mock/mock-1');
    await page.keyboard.press('Escape');
    await page.getByLabel('System prompt').fill('Be short.');
    await page.getByLabel('Prompt', { exact: true }).fill('Hello');
    await page.getByRole('button', { name: /^Run/ }).click();
    for (const answer of [first, second]) {
      await answer.getByText('done', { exact: true }).waitFor();
      await answer.getByText(/^\$0\.0/).waitFor();
      await answer.getByText(/^Request 01/).waitFor();
    }
    await page.getByText('base_url').waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.getByText(`base_url="${desk.gateway.url}/v1"`).waitFor();
    await page.getByText('Be short.').first().waitFor();
    await expectAccessible(page, 'the playground');
    await leave(watched);
  });

  test('cancels, and tells what the gateway refused', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/playground?model=mock/mock-1!chunks=200,delay=50');
    const { page } = watched;
    const answer = page.getByRole('region', { name: 'Model 1' });
    await page.getByLabel('API key of a consumer').fill(key);
    await page.getByRole('button', { name: /^Run/ }).click();
    await answer.getByText('answering…').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await answer.getByText('cancelled').waitFor();
    await page.getByLabel('API key of a consumer').fill('sl-wrong');
    await page.getByRole('button', { name: /^Run/ }).click();
    await answer.getByRole('alert').getByText(/^401/).waitFor();
    await leave(watched);
  });
});
