/** Rules of model routes: what a request asks for, and who asks, decide which vendor gets it. Two mocks of different dialects. */
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { aiConfig, alice, anthropicAccount, bob, chat, openaiAccount, useMock } from '../harness/gateway.ts';
import { root, run, sluicePath } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const one = useMock();
const two = useMock();
const secret = 'a secret that both sides have: 32+';
const signer = { name: 'signer', keys: [{ name: 'k', type: 'hmac', key_id: 'signer', key: secret }] };
let gateway: Sluice;
let admin: Admin;

/** Accounts: `oa` and `spare` are the first mock in OpenAI's words, `an` the second in Anthropic's. */
const rules = [
  { name: 'bob', when: { consumers: ['bob'] }, targets: ['oa/mock-bob'] },
  { name: 'signed', when: { consumers: ['signer'] }, targets: ['an/mock-signed'] },
  { name: 'pictures', when: { has: ['images'] }, targets: ['an/mock-pictures'] },
  { name: 'long', when: { input_tokens: { min: 2000 } }, targets: ['oa/mock-long'] },
  { name: 'tools', when: { has: ['tools'] }, targets: [{ model: 'broken/mock-tools', order: 0 }, { model: 'an/mock-tools', order: 1 }] },
  { name: 'night', when: { metadata: [{ name: 'job', regex: 'night-.*' }] }, targets: ['oa/mock-night'] },
  { name: 'tier', when: { headers: [{ name: 'x-tier', value: 'gold' }], has: ['stream'] }, targets: ['an/mock-tier'] },
];

beforeAll(async () => {
  const config = aiConfig(one.now, {
    services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }, { name: 'signed', kind: 'ai', prefix: '/signed', policies: [{ type: 'hmac_auth', requires_digest: true }, { type: 'token_limit', limit: 1_000_000, window: '1h' }] }],
    accounts: [openaiAccount('oa', one.now), anthropicAccount('an', two.now), openaiAccount('spare', one.now), openaiAccount('third', one.now), openaiAccount('broken', one.now, { base_url: 'http://127.0.0.1:1/v1' })],
    models: [
      { name: 'fast', attempts: 3, targets: ['oa/mock-default'], rules },
      { name: 'kept', targets: [{ model: 'oa/mock-default', order: 0 }, { model: 'spare/mock-other', order: 0 }], no_fallback: true, rules: [
        { name: 'sees', when: { has: ['images'] }, targets: ['an/mock-sees'] },
        { name: 'acts', when: { has: ['tools'] }, targets: ['third/mock-acts'] },
      ] },
      { name: 'elsewhere', targets: ['an/mock-elsewhere'] },
      { name: 'narrow', rules: [{ when: { has: ['structured_output'] }, targets: ['oa/mock-json'] }] },
    ],
  });
  gateway = await Sluice.start({ ...config, consumers: [...(config['consumers'] as object[]), signer] as never }, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

const openai = (key = alice): OpenAI => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = (): Anthropic => new Anthropic({ baseURL: gateway.url, apiKey: alice, maxRetries: 0 });

/** The models that both mocks were asked for, since the last look. */
async function asked(): Promise<string[]> {
  const models = [...(await one.now.stats()).ledger, ...(await two.now.stats()).ledger].map((claim) => claim.model);
  await Promise.all([one.now.reset(), two.now.reset()]);
  return models;
}

async function ask(options: Parameters<typeof chat>[2], model = 'fast'): Promise<string[]> {
  const response = await chat(gateway.url, model, options);
  expect(await response.text()).toContain('tok1 ');
  expect(response.status).toBe(200);
  return asked();
}

const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
const withPicture = { messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }, picture] }] };

test('01 each request goes to the targets of the first rule that holds, and else to the default', async () => {
  expect(await ask({})).toEqual(['mock-default']);
  expect(await ask({ more: withPicture })).toEqual(['mock-pictures']);
  expect(await ask({ text: `hello ${'a word '.repeat(3000)}` })).toEqual(['mock-long']);
  expect(await ask({ more: { metadata: { job: 'night-7' } } })).toEqual(['mock-night']);
  expect(await ask({ more: { metadata: { job: 'day-7' } } })).toEqual(['mock-default']);
  expect(await ask({ key: bob, more: withPicture })).toEqual(['mock-bob']);
  expect(await ask({ headers: { 'x-tier': 'gold' } })).toEqual(['mock-default']); // it is no stream
});

test('02 a stream goes the way of its rule, in the dialect of the caller', async () => {
  expect(await ask({ stream: true, headers: { 'x-tier': 'gold' } })).toEqual(['mock-tier']);
  const stream = await openai().chat.completions.create({ model: 'fast', stream: true, ...(withPicture as unknown as { messages: OpenAI.ChatCompletionMessageParam[] }) });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
  expect(await asked()).toEqual(['mock-pictures']);
});

test('03 a rule falls back among its own targets, and not to the others', async () => {
  expect(await ask({ more: { tools: [tool] } })).toEqual(['mock-tools']);
  await two.now.script({ always: 'status=503' });
  const response = await chat(gateway.url, 'fast', { more: { tools: [tool] } });
  expect(response.status).toBeGreaterThanOrEqual(502); // of whoever was asked last
  await response.text();
  expect((await one.now.stats()).ledger).toEqual([]);
  await asked();
});

test('04 the same of clients of other dialects', async () => {
  const image: Anthropic.ImageBlockParam = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  await anthropic().messages.create({ model: 'fast', max_tokens: 9, messages: [{ role: 'user', content: [image] }] });
  expect(await asked()).toEqual(['mock-pictures']);
  await openai().responses.create({ model: 'fast', input: 'hello', tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object' } }] });
  expect(await asked()).toEqual(['mock-tools']);
});

test('05 what no rule takes is refused, where a model has no other targets, in the dialect of the caller', async () => {
  expect(await ask({ more: { response_format: { type: 'json_object' } } }, 'narrow')).toEqual(['mock-json']);
  const refused = await openai().chat.completions.create({ model: 'narrow', messages: [{ role: 'user', content: 'hi' }] }).catch((e: unknown) => e);
  expect(refused).toMatchObject({ status: 400, code: 'no_rule_matches', type: 'invalid_request_error' });
  expect(String(refused)).toContain("The model 'narrow' serves only some requests");
  const other = await anthropic().messages.create({ model: 'narrow', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }).catch((e: unknown) => e);
  expect(other).toMatchObject({ status: 400, error: { type: 'error', error: { type: 'invalid_request_error' } } });
  expect(await asked()).toEqual([]);
  const models = await openai().models.list();
  expect(models.data.map((m) => m.id)).toEqual(expect.arrayContaining(['fast', 'narrow']));
});

test('06 a caller who is known only by a signature over the body is known to the rules', async () => {
  const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'hello' }] });
  const digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
  const date = new Date().toUTCString();
  const lines = `(request-target): post /signed/v1/chat/completions\nx-date: ${date}\ndigest: ${digest}`;
  const signature = createHmac('sha256', secret).update(lines).digest('base64');
  const headers = { 'content-type': 'application/json', 'x-date': date, digest, authorization: `Signature keyId="signer",algorithm="hmac-sha256",headers="(request-target) x-date digest",signature="${signature}"` };
  const response = await fetch(`${gateway.url}/signed/v1/chat/completions`, { method: 'POST', headers, body });
  expect(await response.text()).toContain('tok1 ');
  expect(await asked()).toEqual(['mock-signed']);
});

test('07 the record of a request says which rule took it, and why', async () => {
  const response = await chat(gateway.url, 'fast', { more: withPicture });
  const id = response.headers.get('x-request-id') ?? '';
  await response.text();
  const record = await eventually(async () => {
    const { status, body } = await admin.get(`/requests/${id}`);
    return status === 200 ? body : undefined;
  });
  expect(record).toMatchObject({ model_route: 'fast', model_rule: 'pictures', rule_reason: 'has images', served_model: 'mock-pictures' });
  const plain = await chat(gateway.url, 'fast');
  await plain.text();
  const other = await eventually(async () => {
    const { status, body } = await admin.get(`/requests/${plain.headers.get('x-request-id') ?? ''}`);
    return status === 200 ? body : undefined;
  });
  expect(other).toMatchObject({ model_rule: '', rule_reason: 'no rule holds' });
});

test('08 rules are made by the admin API, exported, and asked about; what is wrong has its place', async () => {
  await admin.create('accounts', { name: 'own', vendor: 'openai', base_url: `${one.now.url}/v1`, serves_unlisted: true, keys: ['sk-own-0123456789'] });
  const spec = { name: 'made', targets: ['own/mock-plain'], rules: [{ name: 'sees', when: { has: ['images'] }, targets: ['own/mock-sees'] }] };
  await admin.create('models', spec as never);
  expect(await ask({ more: withPicture }, 'made')).toEqual(['mock-sees']);
  const question = { method: 'POST', url: '/v1/chat/completions', model: 'made', has: ['images'] };
  expect((await admin.post('/explain', question)).body).toMatchObject({ rule: 'sees', rules: [{ name: 'sees', when: 'has images', holds: true }], targets: [{ account: 'own', model: 'mock-sees' }] });
  expect(JSON.stringify((await admin.get('/export')).body)).toContain('"has":["images"]');
  const bad = await admin.post('/models', { ...spec, name: 'bad', rules: [{ when: { has: ['image'] }, targets: ['own/mock'] }] } as never);
  expect(bad.status).toBe(422);
  expect(JSON.stringify(bad.body)).toContain('/rules/0/when/has/0');
  const gone = await admin.post('/models', { ...spec, name: 'bad', rules: [{ when: { has: ['tools'] }, targets: [{ account: 'none', model: 'mock' }] }] } as never);
  expect(gone.status).toBe(422);
  expect(JSON.stringify(gone.body)).toContain('/rules/0/targets/0/account');
});

const functions: OpenAI.Responses.Tool[] = [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object' } }];
const seen: OpenAI.Responses.ResponseInput = [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,iVBORw0KGgo=' }] }];

test('10 what a vendor keeps goes on there, whatever the rules and the dice say', async () => {
  for (let i = 0; i < 8; i++) {
    const first = await openai().responses.create({ model: 'kept', input: 'hello' });
    const [kept] = await asked();
    const second = await openai().responses.create({ model: 'kept', input: seen, previous_response_id: first.id });
    expect((await one.now.lastSeen()).body).toContain(`"previous_response_id":"${first.id}"`);
    await openai().responses.create({ model: 'kept', input: 'and now?', previous_response_id: second.id });
    expect(await asked()).toEqual([kept, kept]);
  }
  const acted = await openai().responses.create({ model: 'kept', input: 'hello', tools: functions });
  const { id, request_id } = await openai().responses.create({ model: 'kept', input: 'thanks', previous_response_id: acted.id }).then((r) => ({ id: r.id, request_id: r._request_id ?? '' }));
  expect(await asked()).toEqual(['mock-acts', 'mock-acts']);
  expect(id).toMatch(/^resp_/);
  const record = await eventually(async () => {
    const { status, body } = await admin.get(`/requests/${request_id}`);
    return status === 200 ? body : undefined;
  });
  expect(record).toMatchObject({ model_rule: 'acts', rule_reason: 'the previous response is kept there' });
});

test('11 what a vendor keeps is refused where the model has no target there, and what we keep goes on anywhere', async () => {
  const first = await openai().responses.create({ model: 'kept', input: 'I am Ann.' });
  await asked();
  const refused = await openai().responses.create({ model: 'elsewhere', input: 'Who am I?', previous_response_id: first.id }).catch((e: unknown) => e);
  expect(refused).toMatchObject({ status: 400, param: 'previous_response_id' });
  expect(await asked()).toEqual([]);
  const ours = await openai().responses.create({ model: 'elsewhere', input: 'I am Ann.' });
  await openai().responses.create({ model: 'kept', input: 'Who am I?', tools: functions, previous_response_id: ours.id });
  expect((await one.now.lastSeen()).body).toContain('I am Ann.');
  expect(await asked()).toEqual(['mock-acts', 'mock-elsewhere']); // by mock
});

test("09 the guide's example is a good configuration", () => {
  const guide = readFileSync(`${root}docs/guide/model-routes.md`, 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1]?.replaceAll(/\$\{env:\w+\}/g, 'key-0123456789') ?? '';
  expect(example).toContain('rules:');
  const dir = mkdtempSync(join(tmpdir(), 'sluice-guide-'));
  const file = join(dir, 'sluice.yaml');
  writeFileSync(file, example);
  expect(run(sluicePath, ['check', file])).toMatchObject({ code: 0 });
  writeFileSync(file, example.replace('[images]', '[image]'));
  const bad = run(sluicePath, ['check', file]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("models[0].rules[0].when.has[0]: 'image' is not known; did you mean 'images'?");
  rmSync(dir, { recursive: true });
});
