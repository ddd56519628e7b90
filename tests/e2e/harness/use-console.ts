/** A browser, and a gateway to be managed with it, for the tests of one file. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { Admin, adminPassword } from './admin.ts';
import { openBrowser } from './browser.ts';
import { Sluice } from './sluice.ts';

export interface Desk {
  browser: Browser;
  gateway: Sluice;
  admin: Admin;
}

/** Its members are there in tests, and in `prepare`, where resources are made. */
export function useConsole(prepare: (desk: Desk) => Promise<void> = async () => {}): Desk {
  const desk = {} as Desk;
  beforeAll(async () => {
    desk.gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
    desk.admin = await Admin.login(desk.gateway);
    await prepare(desk);
    desk.browser = await openBrowser();
  });
  afterAll(async () => {
    await desk.browser?.close();
    await desk.gateway?.stop();
  });
  return desk;
}
