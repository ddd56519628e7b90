/** Budgets as resources: made and changed while traffic flows, kept over restarts, told with what is left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { aiConfig, bob, chat, useMock } from '../harness/gateway.ts';
import { run } from '../harness/program.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually, freePort } from '../harness/wait.ts';

const mock = useMock();
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };
const services = [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }];
let gateway: Sluice | undefined;
let other: Sluice | undefined;
const dir = mkdtempSync(join(tmpdir(), 'sluice-budgets-'));
afterAll(async () => {
  await gateway?.stop();
  await other?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Costs $0.30: 30,000 tokens of output at $10 per million. */
const spend = async (on: Sluice, key?: string): Promise<any> => {
  const response = await chat(on.url, 'oa/mock-1', { more: { max_tokens: 30_000 }, ...(key === undefined ? {} : { key }) });
  return { status: response.status, body: await response.json() };
};

describe('a budget of the store', () => {
  test('holds from its commit on, for its subject only, and over a restart', async () => {
    await mock.now.script({ always: 'chunks=30000,prompt=1' });
    const first = await Sluice.start(aiConfig(mock.now, { services }), { env });
    gateway = first;
    let admin = await Admin.login(first);
    expect((await spend(first)).status).toBe(200); // before there is a budget: it does not count
    await admin.create('budgets', { name: 'alice-daily', per: 'consumer', subject: 'alice', amount: '0.50', period: 'day' });
    expect((await spend(first)).status).toBe(200);
    const refused = await spend(first);
    expect(refused.status).toBe(429);
    expect(refused.body.error).toMatchObject({ code: 'budget_exceeded' });
    expect(refused.body.error.message).toContain("'alice-daily': of 0.5 USD per day for consumer 'alice'");
    expect((await spend(first, bob)).status, 'of somebody else').toBe(200);

    const usage = await eventually(async () => {
      const { status, body } = await admin.get('/budgets/alice-daily/usage');
      return status === 200 && body.items[0].spent_usd !== '0' && body;
    });
    expect(usage).toMatchObject({
      budget: 'alice-daily', per: 'consumer', period: 'day', amount_usd: '0.5',
      items: [{ subject: 'alice', spent_tokens: 30001 }],
    });
    expect(Number(usage.items[0].spent_usd)).toBeGreaterThanOrEqual(0.3);
    expect(Number(usage.items[0].rest_usd) + Number(usage.items[0].spent_usd)).toBeCloseTo(0.5, 9);
    expect(Date.parse(usage.resets_at) - Date.parse(usage.began_at)).toBe(86_400_000);

    await first.kill();
    const second = await Sluice.start(aiConfig(mock.now, { services }), { after: first, env });
    gateway = second;
    admin = await Admin.login(second);
    expect((await spend(second)).status, 'the ledger remembers').toBe(429);

    expect((await admin.patch('/budgets/alice-daily', { amount: '5', refuse_with: '402' })).status).toBe(200);
    expect((await spend(second)).status, 'there is more').toBe(200);
    await admin.patch('/budgets/alice-daily', { amount: '0.50' });
    const unpaid = await spend(second);
    expect(unpaid.status, JSON.stringify(unpaid.body)).toBe(402);
    await admin.delete('/budgets/alice-daily');
    expect((await spend(second)).status).toBe(200);
    expect((await admin.get('/budgets/alice-daily/usage')).status).toBe(404);
  });
});

describe('alerts', () => {
  test('on a budget that is nearly used up, and on a certificate that is soon to expire', async () => {
    const [cert, key] = [join(dir, 'a.pem'), join(dir, 'a.key')];
    const made = run('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-keyout', key, '-out', cert, '-subj', '/CN=a.example', '-addext', 'subjectAltName=DNS:a.example',
    ]);
    expect(made.code, made.stderr).toBe(0);
    await mock.now.script({ always: 'chunks=30000,prompt=1' });
    const budgets = [{ name: 'filed', per: 'consumer', amount: '0.50', period: 'month' }];
    const config = aiConfig(mock.now, { services, budgets });
    const plain = await Sluice.start(config, { env });
    other = plain;
    const admin = await Admin.login(plain);
    for (const body of [
      { metric: 'budget_percent', threshold: '50' },
      { metric: 'budget_percent', threshold: '50', budget: 'none' },
      { metric: 'errors', threshold: '50', budget: 'filed' },
      { metric: 'budget_percent', threshold: '50', budget: 'filed', filters: { service: 'ai' } },
      { metric: 'certificate_days', threshold: '14' },
    ]) expect((await admin.post('/alerts', { name: 'bad', ...body })).status, JSON.stringify(body)).toBe(422);
    await admin.create('alerts', { name: 'half', metric: 'budget_percent', budget: 'filed', threshold: '50' });
    await admin.create('alerts', { name: 'expiry', metric: 'certificate_days', comparison: 'below', threshold: '14' });
    expect((await spend(plain)).status).toBe(200);
    const state = async (name: string): Promise<any> => (await admin.get('/alert-states')).body.items.find((s: any) => s.alert === name);
    const half = await eventually(async () => ((await state('half'))?.state === 'firing' ? state('half') : false), { within: 15000, what: 'the budget alert' });
    expect(half.value).toBeCloseTo(60.0005, 3);
    expect((await state('expiry')).state, 'without certificates').toBe('ok');

    await plain.kill();
    const tls = { address: `127.0.0.1:${await freePort()}`, tls: { certs: [{ cert, key }] } };
    const secured = await Sluice.start({ ...config, gateway: { listeners: [`127.0.0.1:${plain.port}`, tls] } }, { after: plain, env });
    other = secured;
    const later = await Admin.login(secured);
    const expiry = await eventually(
      async () => {
        const { items } = (await later.get('/alert-states')).body;
        const found = items.find((s: any) => s.alert === 'expiry');
        return found?.state === 'firing' && found;
      },
      { within: 15000, what: 'the certificate alert' },
    );
    expect(expiry.value).toBeGreaterThan(1.9);
    expect(expiry.value).toBeLessThanOrEqual(2);
  });
});
