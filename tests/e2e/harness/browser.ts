/** Debian's Chromium, driven by Playwright: pages as people see them, and what axe says about them. */
import axe from 'axe-core';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
  const executablePath = programs.find((p) => existsSync(p));
  if (executablePath === undefined) throw new Error(`no Chromium: install it (tools/bootstrap test); looked for ${programs.join(', ')}`);
  return chromium.launch({ executablePath, headless: true, args: flags });
}

export interface Watched {
  page: Page;
  context: BrowserContext;
  /** What went wrong in the page itself: exceptions, and whatever the content security policy stopped. */
  complaints: string[];
  /** Requests to other hosts than the one that is tested. */
  strangers: string[];
}

/** Filled as they come. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('console', (m) => {
    if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) complaints.push(m.text());
  });
  return complaints;
}

export async function openPage(browser: Browser, url: string, options: { dark?: boolean; locale?: string; width?: number } = {}): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: options.dark === true ? 'dark' : 'light',
    locale: options.locale ?? 'en-US',
    viewport: { width: options.width ?? 1280, height: 820 },
    reducedMotion: 'reduce', // what is half faded in has no contrast yet
  });
  const page = await context.newPage();
  const watched: Watched = { page, context, complaints: complaintsOf(page), strangers: [] };
  page.on('request', (r) => {
    if (new URL(r.url()).host !== new URL(url).host) watched.strangers.push(r.url());
  });
  return watched;
}

const everything = { type: 'tag' as const, values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
const colours = { type: 'rule' as const, values: ['color-contrast', 'link-in-text-block'] };

/** What breaks WCAG 2.2 AA on the page as it is, as texts that name rule and element; or what of it hangs on colours. */
export async function accessibilityProblems(page: Page, what: 'everything' | 'colours' = 'everything'): Promise<string[]> {
  // evaluated by the debugger, which no content security policy stops
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async (runOnly) => {
    const { axe: here } = window as unknown as { axe: typeof import('axe-core') };
    // the list of what was just said aloud is react-aria's, off the screen, and gone in a moment
    return here.run({ exclude: [['[data-live-announcer]']] }, { runOnly, resultTypes: ['violations'], preload: false });
  }, what === 'everything' ? everything : colours);
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 5).join(', ')}`);
}
