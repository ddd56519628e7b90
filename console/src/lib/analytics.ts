/** What the ledger is asked, as it stands in an address, and what its answers mean. No DOM in here. */
export interface Sum {
  name: string;
  requests: number;
  errors: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: string;
  p95_ms: number | null;
}

export interface Usage {
  rows: Sum[];
  total: Sum;
}

export const ranges = [
  { id: 'hour', text: 'home.range.hour', seconds: 3600, bucket: 'minute' },
  { id: 'day', text: 'home.range.day', seconds: 86400, bucket: 'hour' },
  { id: 'week', text: 'home.range.week', seconds: 604800, bucket: 'hour' },
  { id: 'month', text: 'home.range.month', seconds: 2592000, bucket: 'day' },
] as const;
export type Range = (typeof ranges)[number];
export const rangeOf = (id: string | null): Range => ranges.find((r) => r.id === id) ?? ranges[1];

export const groups = ['service', 'model', 'consumer', 'route', 'vendor'] as const;
export type Group = (typeof groups)[number];
export const groupOf = (id: string | null): Group => groups.find((g) => g === id) ?? 'service';

export const measures = ['requests', 'errors', 'tokens', 'cost', 'p95'] as const;
export type Measure = (typeof measures)[number];
export const measureOf = (id: string | null): Measure => measures.find((m) => m === id) ?? 'requests';

export const tokensOf = (s: Sum): number => s.prompt_tokens + s.completion_tokens;

const values: Record<Measure, (s: Sum) => number> = {
  requests: (s) => s.requests,
  errors: (s) => s.errors,
  tokens: tokensOf,
  cost: (s) => Number(s.cost_usd),
  p95: (s) => s.p95_ms ?? 0,
};
export const valueOf = (sum: Sum, measure: Measure): number => values[measure](sum);

const bucketSeconds = { minute: 60, hour: 3600, day: 86400 };

/** "2026-11-27", "2026-11-27T14:05:00Z" and what lies between, all UTC, as Unix seconds. */
export function secondsOf(name: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2})(?::(\d{2}))?)?/.exec(name);
  if (match === null) return Number.NaN;
  return Date.parse(`${match[1]}T${match[2] ?? '00'}:${match[3] ?? '00'}:00Z`) / 1000;
}

/** Every bucket of the range in order, also those in which nothing happened. */
export function series(rows: readonly Sum[], range: Range, measure: Measure, now: number): { times: number[]; values: number[] } {
  const step = bucketSeconds[range.bucket];
  const known = new Map(rows.map((r) => [secondsOf(r.name), valueOf(r, measure)]));
  const last = Math.floor(now / step) * step;
  const first = Math.floor((now - range.seconds) / step) * step;
  const times = Array.from({ length: (last - first) / step + 1 }, (_, i) => first + i * step);
  return { times, values: times.map((t) => known.get(t) ?? 0) };
}

/** Where the requests behind a row are; undefined when the log has no such filter. */
export function requestsBehind(group: Group, row: Sum): string | undefined {
  if (row.name === '-' || group === 'route' || group === 'vendor') return undefined;
  const name = group === 'model' ? row.name.replace(/ \(.*\)$/, '') : row.name;
  return `/requests?${new URLSearchParams({ [group]: name }).toString()}`;
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(group: string, rows: readonly Sum[]): string {
  const head = [group, 'requests', 'errors', 'prompt_tokens', 'completion_tokens', 'cost_usd', 'p95_ms'];
  const lines = rows.map((r) =>
    [cell(r.name), r.requests, r.errors, r.prompt_tokens, r.completion_tokens, r.cost_usd, r.p95_ms ?? ''].join(','),
  );
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}
