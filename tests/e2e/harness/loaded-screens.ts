/** The screens whose first load is looked at (tests/console-load.test.ts, load-time.ts). */
import type { Browser } from 'playwright-core';
import { Admin, adminPassword } from './admin.ts';
import { signIn } from './console.ts';
import { Sluice } from './sluice.ts';

export interface LoadedScreen {
  name: string;
  path: string;
  ready: string; // what stands there when people can begin
  isSignedIn: boolean;
  requestsMax: number; // as many as it has now: each costs the browser a few milliseconds
}

export const loadedScreens: readonly LoadedScreen[] = [
  { name: 'sign in', requestsMax: 12, path: '/', ready: 'form input[type=password]', isSignedIn: false },
  { name: 'home', requestsMax: 24, path: '/', ready: 'main .figure', isSignedIn: true },
  { name: 'services', requestsMax: 19, path: '/services', ready: 'main [role=row] a', isSignedIn: true },
  { name: 'a service', requestsMax: 20, path: '/services/orders', ready: 'main .facts', isSignedIn: true },
  { name: 'the settings of a service', requestsMax: 32, path: '/services/orders?tab=settings', ready: 'main form', isSignedIn: true },
  { name: 'the request log', requestsMax: 20, path: '/requests', ready: 'main table td', isSignedIn: true },
  { name: 'analytics', requestsMax: 18, path: '/analytics', ready: 'main .chart canvas', isSignedIn: true },
  { name: 'the catalogue', requestsMax: 20, path: '/catalogue', ready: 'main .model-row', isSignedIn: true },
  { name: 'portal, a service', requestsMax: 22, path: '/portal/services/orders', ready: 'main .news', isSignedIn: true },
  { name: 'portal, what is new', requestsMax: 17, path: '/portal/changes', ready: 'main .news', isSignedIn: true },
  { name: 'portal', requestsMax: 14, path: '/portal', ready: 'main a[href="/portal/services/orders"]', isSignedIn: true },
];

export interface SignedIn {
  gateway: Sluice;
  state: Awaited<ReturnType<Awaited<ReturnType<typeof signIn>>['context']['storageState']>>;
}

/** A gateway with a service in the portal that was asked once, and the cookies of somebody who is signed in. */
export async function openSignedIn(browser: Browser): Promise<SignedIn> {
  const gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  const admin = await Admin.login(gateway);
  await admin.create('services', { name: 'orders', title: 'Orders', url: 'http://127.0.0.1:9', path: '/orders', visibility: 'public' });
  await admin.publish('orders');
  await fetch(`${gateway.url}/orders`); // so that there is something to draw
  const { page, context } = await signIn(browser, gateway);
  await page.locator('main .figure').first().waitFor();
  const state = await context.storageState();
  await context.close();
  return { gateway, state };
}
