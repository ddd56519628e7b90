/** Three nodes over one PostgreSQL database, as the console shows them: who serves a release, who refuses it, and who is silent. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openBrowser } from '../harness/browser.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { Postgres } from '../harness/postgres.ts';
import { Sluice, type Config } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // a browser, and three gateways under a sanitizer, on a machine that is busy

const [unseen, own] = ['http://127.0.0.1:9', 'filed'];
let postgres: Postgres;
let browser: Browser;
let admin: Admin;
const nodes: Sluice[] = [];

async function startNode(config: Config = {}, after?: Sluice): Promise<Sluice> {
  const env = { SLUICE_ADMIN_PASSWORD: adminPassword, SLUICE_MASTER_KEY_FILE: join(postgres.dir, 'three.key') };
  return Sluice.start({ gateway: { store: postgres.url('three') }, ...config }, { env, ...(after && { after }) });
}

beforeAll(async () => {
  postgres = await Postgres.start();
  for (let i = 0; i < 3; i++) nodes.push(await startNode());
  admin = await Admin.login(nodes[0] as Sluice);
  await admin.create('services', { name: 'web', url: unseen, path: '/web' });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  for (const node of nodes) await node.stop();
  await postgres?.stop();
});

const states = async (): Promise<string[]> => (await admin.get('/nodes')).body.items.map((n: { state: string; has_drift: boolean }) => `${n.state}${n.has_drift ? ', drift' : ''}`).sort();

const areNow = (...wanted: string[]): Promise<unknown> =>
  eventually(async () => JSON.stringify(await states()) === JSON.stringify(wanted), { what: `nodes that are ${wanted.join('; ')}`, within: 30_000 });

/** What the step says that waits for the nodes, once it is over. */
async function publish(page: Page, service: string): Promise<string> {
  await page.goto(`/services/${service}?tab=releases`);
  await page.getByRole('region', { name: 'Draft' }).getByRole('button', { name: 'Publish', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Run' }).click();
  const step = dialog.getByRole('listitem').filter({ hasText: 'Served by the nodes' });
  await step.getByText(/nodes serve it/).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).first().waitFor();
  await eventually(async () => !/under way/.test(await step.innerText()), { what: 'the end of the step', within: 30_000 });
  return (await step.innerText()).replaceAll(/\s+/g, ' ');
}

test('a release is told as served when all three have it; one that cannot take it, and one that is gone, are named', async () => {
  await areNow('serving', 'serving', 'serving');
  const watched = await signIn(browser, nodes[0] as Sluice, '/nodes');
  const { page } = watched;
  await eventually(async () => (await page.getByText('serving', { exact: true }).count()) === 3, { what: 'three nodes' });
  expect(await page.getByText('drift', { exact: true }).count()).toBe(0);
  await expectAccessible(page, 'three nodes');
  expect(await publish(page, 'web')).toContain('3 of 3 nodes serve it');

  // the third one gets a file with a service of its own: it serves something else, and refuses a release of that name
  const [, , third] = nodes as [Sluice, Sluice, Sluice];
  await third.stop({ keep: true });
  nodes[2] = await startNode({ services: [{ name: own, url: unseen, path: '/filed' }] }, third);
  await areNow('serving', 'serving', 'serving, drift');
  await page.goto('/nodes');
  await page.getByText('drift', { exact: true }).waitFor();
  await admin.create('services', { name: own, url: unseen, path: '/other' });
  const refused = await publish(page, own);
  expect(refused).toContain('2 of 3 nodes serve it');
  expect(refused).toMatch(/refused by \S+/);
  await expectAccessible(page, 'a release that a node refuses');
  await page.goto('/nodes');
  await page.getByText('refuses the last change', { exact: true }).waitFor();
  await expectAccessible(page, 'a node that refuses');
  expect((await admin.post(`/services/${own}/offline`, { reason: 'the third cannot' })).status).toBe(200);

  // and then it is gone, without a word
  await nodes[2].kill();
  nodes.length = 2;
  await areNow('serving', 'serving', 'silent, drift');
  await page.getByText('silent', { exact: true }).waitFor();
  await admin.patch('/services/web', { path: '/web2' });
  const silent = await publish(page, 'web');
  expect(silent).toContain('2 of 3 nodes serve it');
  expect(silent).toMatch(/nothing heard from \S+/);
  await leave(watched);
});
