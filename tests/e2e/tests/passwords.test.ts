/** Passwords take long to hash: nobody else waits for it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { Sluice } from '../harness/sluice.ts';

vi.setConfig({ testTimeout: 180_000 }); // a gateway under a sanitizer, on a machine that is busy

let gateway: Sluice;
let admin: Admin;

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
});
afterAll(() => gateway.stop());

const users = Array.from({ length: 45 }, (_, i) => ({ name: `u${i}`, password: `a long password ${i % 3}` }));
let made = 0;

/** How many consumers were made while this was done. */
async function madeBeside(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  let beside = -1; // the last may have been answered only when the work was
  while (!isDone) {
    await admin.create('consumers', { name: `c${(made += 1)}` });
    beside += 1;
  }
  await done;
  return beside;
}

test('others write while an apply hashes 45 passwords, and while it checks them again', async () => {
  for (const did of ['created', 'unchanged']) {
    const applied = admin.post('/apply', { documents: [{ users }] });
    expect(await madeBeside(applied)).toBeGreaterThan(5);
    const { status, body } = await applied;
    expect(status).toBe(200);
    expect(body.results.map((r: any) => r.action)).toEqual(users.map(() => did));
  }
  await Admin.login(gateway, 'u4', 'a long password 1');
  await expect(Admin.login(gateway, 'u5', 'a long password 1')).rejects.toThrow('401');
});

test('a password is what was set last, however it was', async () => {
  await admin.create('users', { name: 'ann', password: 'the first password' });
  const ann = await Admin.login(gateway, 'ann', 'the first password');
  expect((await ann.post('/me/password', { current: 'not the password', password: 'the second password' })).status).toBe(422);
  expect((await ann.post('/me/password', { current: 'the first password', password: 'the second password' })).status).toBe(204);
  await Admin.login(gateway, 'ann', 'the second password');
  expect((await admin.post('/users/ann/set-password', { password: 'the third password' })).status).toBe(200);
  await Admin.login(gateway, 'ann', 'the third password');
  await expect(Admin.login(gateway, 'ann', 'the second password')).rejects.toThrow('401');
  const other = await admin.post('/apply', { documents: [{ users: [{ name: 'ann', password: 'the second password' }] }] });
  expect(other.body.errors[0].detail).toContain('set-password');
});
