/** The file that resources are kept in: lost, locked, full; and a process that is killed while it writes. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { useMock } from '../harness/gateway.ts';
import { Sluice, type Config } from '../harness/sluice.ts';

const mock = useMock();
const env = { SLUICE_ADMIN_PASSWORD: adminPassword };
const running: Sluice[] = [];

async function start(config: Config = {}, options: { after?: Sluice } = {}): Promise<Sluice> {
  const gateway = await Sluice.start(config, { env, ...options });
  running.push(gateway);
  return gateway;
}

afterAll(async () => {
  for (const gateway of running) await gateway.stop();
});

describe('without its store', () => {
  test('a node serves its last good configuration and says so', async () => {
    const gateway = await start();
    const admin = await Admin.login(gateway);
    await admin.create('services', { name: 'web', url: mock.now.url, path: '/echo' });
    await admin.publish('web');
    await gateway.stop({ keep: true });
    const db = join(gateway.dataDir, 'control.db');
    expect(existsSync(db)).toBe(true);
    renameSync(db, `${db}.away`);
    writeFileSync(db, 'this is no database at all, but long enough to be looked at as one');
    const again = await start({}, { after: gateway });
    expect((await fetch(`${again.url}/echo`)).status).toBe(200);
    expect(again.log).toContain('serving the last good configuration');
    expect((await new Admin(again.adminUrl).get('/services')).status).toBe(503);
  });
});
