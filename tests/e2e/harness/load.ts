/**
 * One load of a page with nothing in the cache, as Lighthouse looks at it: what came over the wire, when the page could
 * be used, what moved on it, and the processor's time that its main thread took.
 */
import type { Browser, BrowserContextOptions, CDPSession, Page, Request } from 'playwright-core';
import { complaintsOf } from './browser.ts';

export interface Loaded {
  requests: { url: string; type: string; bytes: number; atMs: number }[]; // bytes: of head and body, compressed as they came; atMs: of the wall's clock
  usableMs: number; // from the navigation until `ready` stood there, something was painted and no long task followed
  paintedMs: number; // its first content
  cpuMs: number; // of the main thread, by its own clock: what else runs on the machine is not in it
  shift: number; // of the layout: cumulative, as in Web Vitals
  blocking: string[]; // what the first painting waited for
  elements: number;
  complaints: string[]; // of the page itself
}

interface Noted {
  readyMs: number;
  busyUntilMs: number;
  shift: number;
}

type NotingWindow = Window & { noted: Noted };

/** Runs in the page before anything else: notes when `ready` first stands there. */
function watch(ready: string): void {
  const noted: Noted = { readyMs: 0, busyUntilMs: 0, shift: 0 };
  (window as unknown as NotingWindow).noted = noted;
  const look = (): void => {
    if (noted.readyMs === 0 && document.querySelector(ready) !== null) noted.readyMs = performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) noted.busyUntilMs = Math.max(noted.busyUntilMs, e.startTime + e.duration);
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) if (!e.hadRecentInput) noted.shift += e.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

async function threadMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find((m) => m.name === 'TaskDuration')?.value ?? Number.NaN);
}

async function sizeOf(request: Request): Promise<Loaded['requests'][number]> {
  const { responseBodySize, responseHeadersSize } = await request.sizes();
  return { url: request.url(), type: request.resourceType(), bytes: responseBodySize + responseHeadersSize, atMs: request.timing().startTime };
}

async function lookAt(page: Page): Promise<Omit<Loaded, 'requests' | 'cpuMs' | 'complaints'>> {
  return page.evaluate(() => {
    const { noted } = window as unknown as NotingWindow;
    const resources = performance.getEntriesByType('resource') as (PerformanceResourceTiming & { renderBlockingStatus: string })[];
    const paintedMs = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN;
    return {
      usableMs: Math.max(noted.readyMs, noted.busyUntilMs, paintedMs),
      paintedMs,
      shift: noted.shift,
      blocking: resources.filter((r) => r.renderBlockingStatus === 'blocking').map((r) => r.name),
      elements: document.getElementsByTagName('*').length,
    };
  });
}

/**
 * Opens `url` in a browser that has never been there, but may be signed in, and waits for `ready` (a CSS selector);
 * `look` sees the page when all is measured.
 */
export async function load(browser: Browser, url: string, ready: string, options: BrowserContextOptions = {}, look?: (page: Page) => Promise<void>): Promise<Loaded> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  const finished: Request[] = [];
  page.on('requestfinished', (r) => finished.push(r));
  await page.addInitScript(watch, ready);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  await page.locator(ready).first().waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle');
  const cpuMs = await threadMs(session);
  const loaded = { ...(await lookAt(page)), cpuMs, complaints, requests: await Promise.all(finished.map(sizeOf)) };
  await look?.(page);
  await context.close();
  return loaded;
}

/** Bytes of what is of these types; all of it when none is named. */
export function bytesOf(loaded: Loaded, ...types: string[]): number {
  return loaded.requests.filter((r) => types.length === 0 || types.includes(r.type)).reduce((sum, r) => sum + r.bytes, 0);
}
