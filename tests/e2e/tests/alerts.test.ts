/** Alerts: a limit that is passed is told to a receiver, signed, again when it fails, and told as over. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openBrowser } from '../harness/browser.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

interface Message {
  headers: Record<string, string>;
  body: string;
}

const key = Buffer.from('a key of twenty four byt');
const messages: Message[] = [];
let failures = 0; // answers 500 that many times first
let receiver: Server;
let url: string;
let gateway: Sluice;
let admin: Admin;

const isSigned = ({ headers, body }: Message): boolean =>
  headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')}`;
const deliveries = async (query = ''): Promise<any[]> => (await admin.get(`/deliveries?${query}`)).body.items;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      messages.push({ headers: request.headers as Record<string, string>, body });
      response.statusCode = failures-- > 0 ? 500 : 204;
      response.end();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  gateway = await Sluice.start(
    { gateway: { admin: { fetch_from: ['127.0.0.0/8'] } }, services: [{ name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] }] },
    { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
  );
  admin = await Admin.login(gateway);
});
afterAll(async () => {
  await gateway.stop();
  receiver.close();
});

test('an alert that fires is told, signed, until somebody hears it', async () => {
  failures = 1;
  await admin.create('webhooks', { name: 'on-call', url, signing_key: `whsec_${key.toString('base64')}`, events: ['alert.firing'] });
  await admin.create('alerts', { name: 'refusals', metric: 'errors', threshold: '2', description: 'see the keys', filters: { service: 'ai' }, webhooks: ['on-call'] });
  for (let i = 0; i < 3; i++) expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
  const states = await eventually(
    async () => {
      const { items } = (await admin.get('/alert-states')).body;
      return items[0]?.state === 'firing' && items;
    },
    { within: 15000, what: 'the alert to fire' },
  );
  expect(states).toMatchObject([{ alert: 'refusals', value: 3 }]);
  const [delivery] = await eventually(
    async () => {
      const items = await deliveries('webhook=on-call');
      return items[0]?.state === 'delivered' && items;
    },
    { within: 15000, what: 'the delivery' },
  );
  expect(delivery).toMatchObject({ event: 'alert.firing', attempts: 2, status: 204 });
  expect(await deliveries('webhook=on-call&state=delivered')).toMatchObject([{ id: delivery.id }]);
  expect(await deliveries('state=failed')).toEqual([]);
  expect(messages).toHaveLength(2);
  expect(messages.every(isSigned)).toBe(true);
  expect(new Set(messages.map((m) => m.headers['webhook-id']))).toEqual(new Set([delivery.id]));
  expect(JSON.parse(messages[1]!.body)).toMatchObject({
    type: 'alert.firing',
    data: { alert: 'refusals', metric: 'errors', value: 3, threshold: 2, window: '5m', filters: { service: 'ai' }, description: 'see the keys' },
  });
});

test('a message is posted again when that is asked for', async () => {
  const [delivery] = await deliveries();
  const before = messages.length;
  expect((await admin.post('/deliveries/resend', { id: delivery.id })).status).toBe(200);
  await eventually(() => messages.length > before, { within: 15000, what: 'the message' });
  expect(messages.at(-1)!.headers['webhook-id']).toBe(delivery.id);
  expect(isSigned(messages.at(-1)!)).toBe(true);
  expect((await admin.post('/deliveries/resend', { id: 'nothing' })).status).toBe(404);
});

test('the log of deliveries is a screen, and a message is sent again from there', async () => {
  const browser = await openBrowser();
  const watched = await signIn(browser, gateway, '/deliveries');
  const { page } = watched;
  const log = page.getByRole('region', { name: 'Deliveries' });
  await log.locator('summary', { hasText: 'on-call' }).first().click();
  await log.getByText('"see the keys"').waitFor();
  await expectAccessible(page, 'deliveries');
  const before = messages.length;
  await log.getByRole('button', { name: 'Send again' }).click();
  await eventually(() => messages.length > before, { within: 15000, what: 'the message' });
  await log.getByText('delivered', { exact: true }).first().waitFor();
  await page.goto('/deliveries?state=failed');
  await page.getByText('None is like that').waitFor();
  await page.getByRole('button', { name: /^(State|failed)/ }).click();
  await page.getByRole('option', { name: 'delivered' }).click();
  await page.waitForURL(/state=delivered$/);
  await log.locator('summary', { hasText: 'on-call' }).first().waitFor();
  await page.getByRole('combobox', { name: 'Webhook' }).fill('nobody');
  await page.waitForURL(/state=delivered&webhook=nobody$/);
  await page.getByText('None is like that').waitFor();
  await page.goto('/webhooks/on-call?tab=deliveries');
  await log.locator('summary', { hasText: 'alert.firing' }).first().waitFor();
  await leave(watched);
  await browser.close();
}, 90_000);

test('the key of a webhook is shown to nobody, and an address of a private network is not posted to', async () => {
  expect((await admin.get('/webhooks/on-call')).body.signing_key).toMatch(/^sealed:/);
  await admin.create('webhooks', { name: 'inside', url: 'http://10.255.255.1/x', signing_key: 'a long enough secret' });
  await admin.create('alerts', { name: 'any', metric: 'requests', threshold: '0', webhooks: ['inside'] });
  const [refused] = await eventually(
    async () => {
      const items = await deliveries('webhook=inside');
      return items[0]?.attempts > 0 && items[0].error.includes('cannot be reached') && items;
    },
    { within: 30000, what: 'the end of the attempt' }, // it is written down before it is made
  );
  expect(refused.state).toBe('pending');
  expect(refused.status).toBe(0);
  expect((await admin.delete('/webhooks/inside')).status).toBe(409); // an alert needs it
});
