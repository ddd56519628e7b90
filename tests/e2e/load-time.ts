/**
 * How soon the console and the portal can be used, with nothing in the cache, on this machine: `npx vite-node load-time.ts
 * [LOADS]` in tests/e2e. Ends with 1 when the middle of the loads takes longer than a second. SLUICE names the program;
 * measure a release build on an idle machine. What does not hang on the machine is held by tests/console-load.test.ts.
 */
import { openBrowser } from './harness/browser.ts';
import { bytesOf, load, type Loaded } from './harness/load.ts';
import { loadedScreens, openSignedIn } from './harness/loaded-screens.ts';

const usableWithinMs = 1000;
const loads = Number(process.argv[2] ?? 7);

const middle = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const ms = (list: Loaded[], of: (l: Loaded) => number): string => `${Math.round(middle(list.map(of)))} ms`;
const kb = (bytes: number): string => `${Math.round(bytes / 1000)} KB`;

const browser = await openBrowser();
const desk = await openSignedIn(browser);
let isSlow = false;
console.log(`| screen | usable (median of ${loads}) | slowest | first paint | main thread | script | all | requests |`);
console.log('|---|---|---|---|---|---|---|---|');
for (const screen of loadedScreens) {
  const list: Loaded[] = [];
  for (let i = 0; i < loads; i++) list.push(await load(browser, `${desk.gateway.adminUrl}${screen.path}`, screen.ready, screen.isSignedIn ? { storageState: desk.state } : {}));
  const [one] = list;
  if (one === undefined) break;
  isSlow ||= middle(list.map((l) => l.usableMs)) > usableWithinMs;
  const cells = [
    screen.name, ms(list, (l) => l.usableMs), `${Math.round(Math.max(...list.map((l) => l.usableMs)))} ms`, ms(list, (l) => l.paintedMs),
    ms(list, (l) => l.cpuMs), kb(bytesOf(one, 'script')), kb(bytesOf(one)), one.requests.length,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
await browser.close();
await desk.gateway.stop();
process.exit(isSlow ? 1 : 0);
