/** What people call the program behind a User-Agent: "Firefox, Linux". No DOM in here. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chromium'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const nameIn = (rows: typeof programs, agent: string): string | undefined => rows.find(([sign]) => sign.test(agent))?.[1];

/** One that is no browser is told by its first word, as "curl/8.5"; undefined: it said nothing. */
export function deviceOf(agent: string): string | undefined {
  const parts = [nameIn(programs, agent), nameIn(systems, agent)].filter((p) => p !== undefined);
  return parts.length > 0 ? parts.join(', ') : agent.split(' ')[0] || undefined;
}
