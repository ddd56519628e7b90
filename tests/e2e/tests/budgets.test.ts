/** Budgets as resources: made and changed while traffic flows, kept over restarts, told with what is left. */
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { aiConfig, bob, chat, useMock } from '../harness/gateway.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

const mock = useMock();
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };
const services = [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }];
let gateway: Sluice | undefined;
afterAll(async () => gateway?.stop());

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
