/** Credentials of OAuth in place of keys: Vertex AI's service accounts, Entra ID for Azure OpenAI. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { aiConfig, alice, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { TokenEndpoint } from '../harness/token-endpoint.ts';
import { eventually, parallel } from '../harness/wait.ts';

const tokens = ['ya29.first', 'ya29.second'];
const mock = useMock('--key', tokens[0] as string, '--key', tokens[1] as string);
let endpoint: TokenEndpoint;
let gateway: Sluice | undefined;

beforeEach(async () => {
  endpoint = await TokenEndpoint.start();
  endpoint.tokens = [...tokens];
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  endpoint.stop();
});

const vertex = (key: string, name = 'vx') => ({
  name, vendor: 'vertex-ai', base_url: `${mock.now.url}/v1/projects/acme/locations/global`, serves_unlisted: true, keys: [key],
});
const start = async (...accounts: ReturnType<typeof vertex>[]): Promise<Sluice> => (gateway = await Sluice.start(aiConfig(mock.now, { accounts, prices: [] })));
const openai = () => new OpenAI({ baseURL: `${gateway?.url}/v1`, apiKey: alice, maxRetries: 0 });
const hello = [{ role: 'user' as const, content: 'hello' }];
const ask = (model = 'vx/gemini-mock!chunks=1') => openai().chat.completions.create({ model, messages: hello });
const text = async (model?: string) => (await ask(model)).choices[0]?.message.content;

test('a service account: one token for all, asked for once, and the first requests wait for it', async () => {
  endpoint.delayMs = 300;
  await start(vertex(endpoint.serviceAccount()), vertex(endpoint.serviceAccount(), 'vx2'));
  const said = await parallel(20, 20, (i) => text(i % 2 === 0 ? 'vx/gemini-mock!chunks=1' : 'vx2/claude-mock!chunks=1'));
  expect(new Set(said)).toEqual(new Set(['tok1 ']));
  expect(endpoint.asked).toHaveLength(1);
  const { head } = await mock.now.lastSeen();
  expect(head).toMatch(/^authorization: Bearer ya29\.first\r?$/im);
  expect(head).not.toMatch(/^x-goog-api-key/im);
});

test('a token is replaced before it expires, behind the back of requests', async () => {
  endpoint.expires = 4;
  await start(vertex(endpoint.serviceAccount()));
  await eventually(
    async () => {
      expect(await text()).toBe('tok1 ');
      return /Bearer ya29\.second/.test((await mock.now.lastSeen()).head);
    },
    { within: 15000, every: 50, what: 'the second token' },
  );
});

test('a token that the vendor does not take any more is replaced', async () => {
  endpoint.tokens = ['ya29.revoked', 'ya29.second'];
  await start(vertex(endpoint.serviceAccount()));
  await expect(ask()).rejects.toMatchObject({ status: 502 });
  await eventually(() => text().catch(() => false), { within: 15000, every: 50, what: 'the next token' });
  expect(endpoint.asked).toHaveLength(2);
});

test('E6: a credential that is refused is named to the operator, and to the client as the gateway\'s own trouble', async () => {
  endpoint.failure = { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid grant: account not found' } };
  const running = await start(vertex(endpoint.serviceAccount()));
  const anthropic = new Anthropic({ baseURL: running.url, apiKey: alice, maxRetries: 0 });
  await expect(ask()).rejects.toMatchObject({ status: 502, code: 'upstream_token_unavailable' });
  await expect(anthropic.messages.create({ model: 'vx/claude-mock', max_tokens: 9, messages: hello })).rejects.toMatchObject({
    status: 502,
    error: { type: 'error', error: { type: 'api_error', message: expect.stringContaining('token endpoint') } },
  });
  const log = await eventually(() => running.log.includes('invalid_grant') && running.log, { what: 'the reason in the log' });
  expect(log).toContain('robot@acme.iam.gserviceaccount.com');
  expect(log).not.toContain('PRIVATE KEY');
  for (const form of endpoint.asked) expect(log).not.toContain(form.get('assertion'));
  endpoint.failure = undefined; /* the operator has mended it there */
  await eventually(() => text().catch(() => false), { within: 15000, every: 50, what: 'a token' });
});

test('another target serves while a credential gets no token', async () => {
  endpoint.failure = { status: 503, body: {} };
  gateway = await Sluice.start(
    aiConfig(mock.now, {
      accounts: [vertex(endpoint.serviceAccount()), { name: 'oa', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: [tokens[0] ?? ''] }],
      prices: [],
      models: [{ name: 'fast', targets: [{ account: 'vx', model: 'gemini-mock' }, { account: 'oa', model: 'mock-1!chunks=1', order: 1 }] }],
    }),
  );
  expect(await text('fast')).toBe('tok1 ');
});

test('client credentials of Entra ID stand in for the api-key of Azure OpenAI', async () => {
  const account = (name: string, key: string) => ({
    name, vendor: 'azure-openai-v1', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: [key],
  });
  await start(account('az', endpoint.clientCredentials()), account('bad', endpoint.clientCredentials({ client_secret: 'old' })));
  expect(await text('az/mock-1!chunks=1')).toBe('tok1 ');
  const { head } = await mock.now.lastSeen();
  expect(head).toMatch(/^authorization: Bearer ya29\.first\r?$/im);
  expect(head).not.toMatch(/^api-key:/im);
  await expect(ask('bad/mock-1')).rejects.toMatchObject({ status: 502, code: 'upstream_token_unavailable' });
});

test('a token of GitHub is exchanged for one of Copilot, and that for the next before it expires', async () => {
  const account = (name: string, key: string) => ({ name, vendor: 'github-copilot', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: [key] });
  endpoint.expires = 4;
  await start(account('gh', endpoint.copilot()), account('bad', endpoint.copilot({ oauth_token: 'ghu_old' })));
  expect(await text('gh/mock-1!chunks=1')).toBe('tok1 ');
  const { head } = await mock.now.lastSeen();
  expect(head).toMatch(/^authorization: Bearer ya29\.(first|second)\r?$/im);
  expect(head).toMatch(/^copilot-integration-id: vscode-chat\r?$/im);
  await eventually(
    async () => (await text('gh/mock-1!chunks=1')) === 'tok1 ' && /Bearer ya29\.second/.test((await mock.now.lastSeen()).head),
    { within: 15000, every: 50, what: 'the second token' },
  );
  await expect(ask('bad/mock-1')).rejects.toMatchObject({ status: 502, code: 'upstream_token_unavailable' });
});

test('an account of the admin API may have one; its test asks for a token', async () => {
  gateway = await Sluice.start({ services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }] }, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  const admin = await Admin.login(gateway);
  await admin.create('accounts', vertex(endpoint.serviceAccount()));
  const { body } = await admin.post('/accounts/vx/test', { model: 'gemini-mock' });
  expect(body.results).toMatchObject([{ key: 'robot@acme.iam.gserviceaccount.com', is_ok: true, status: 200 }]);
  expect(JSON.stringify((await admin.get('/accounts/vx')).body)).not.toContain('PRIVATE KEY');
  endpoint.failure = { status: 401, body: { error: 'invalid_client' } };
  expect((await admin.post('/accounts/vx/test', { model: 'gemini-mock' })).body.results).toMatchObject([
    { is_ok: false, reason: 'upstream_token_unavailable', message: 'invalid_client' },
  ]);
  const bad = await admin.post('/accounts', vertex('{"type":"service_account"}', 'bad'));
  expect(bad.status).toBe(422);
  expect(JSON.stringify(bad.body)).toContain('client_email');
});
