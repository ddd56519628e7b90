/** The console with somebody signed in, and what every page of it has to keep. */
import { deepEqual } from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { adminPassword } from './admin.ts';
import { accessibilityProblems, openPage, type Watched } from './browser.ts';
import type { Sluice } from './sluice.ts';

export async function signIn(
  browser: Browser,
  gateway: Sluice,
  path = '/',
  options: Parameters<typeof openPage>[2] & { user?: string; password?: string } = {},
): Promise<Watched> {
  const watched = await openPage(browser, gateway.adminUrl, options);
  const isChinese = options.locale === 'zh-CN';
  await watched.page.goto(path);
  if (options.user !== undefined) await watched.page.getByLabel(isChinese ? '用户' : 'User').fill(options.user);
  await watched.page.getByLabel(isChinese ? '密码' : 'Password').fill(options.password ?? adminPassword);
  await watched.page.keyboard.press('Enter');
  await watched.page.getByRole('navigation', { name: isChinese ? '主导航' : 'Main' }).waitFor();
  return watched;
}

/** Nothing that the policy stopped, no exception, no other host; ends the context. */
export async function leave(watched: Watched): Promise<void> {
  deepEqual(watched.complaints, []);
  deepEqual(watched.strangers, []);
  await watched.context.close();
}

/** As it is, light and dark: what changes between them is colours. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  deepEqual(await accessibilityProblems(page), [], `${what}, light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  deepEqual(await accessibilityProblems(page, 'colours'), [], `${what}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}
