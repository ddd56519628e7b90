/** How the release that is tried does beside the live one: the routes of the former are called "orders#canary/..." in reports. */
import type { Row } from '../api/reports.ts';

export interface Side {
  requests: number;
  failures: number; // what is not the callers' own fault
  p50?: number | undefined; // ms; of one operation
  p95?: number | undefined;
}

export interface Pair {
  operation: string;
  live: Side;
  canary: Side;
}

export type Verdict = 'few' | 'worse' | 'fine';

const mark = '#canary';
const none = (): Side => ({ requests: 0, failures: 0 });

/** The same operation has the same name on both sides. */
export function pairsOf(rows: readonly Row[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const row of rows) {
    const route = String(row.route ?? '');
    const operation = route.replace(mark, '');
    const pair = pairs.get(operation) ?? { operation, live: none(), canary: none() };
    const side = { requests: row.requests, failures: row.failures, p50: row.p50_ms ?? undefined, p95: row.p95_ms ?? undefined };
    pairs.set(operation, { ...pair, [route.includes(mark) ? 'canary' : 'live']: side });
  }
  return [...pairs.values()].sort((a, b) => b.canary.requests - a.canary.requests || a.operation.localeCompare(b.operation));
}

const sum = (sides: readonly Side[]): Side => ({
  requests: sides.reduce((n, s) => n + s.requests, 0),
  failures: sides.reduce((n, s) => n + s.failures, 0),
});

/** Of all operations that both serve: what one side alone serves would compare apples with pears. */
export function totalOf(pairs: readonly Pair[]): { live: Side; canary: Side } {
  const both = pairs.filter((p) => p.live.requests > 0 && p.canary.requests > 0);
  const counted = both.length > 0 ? both : pairs;
  return { live: sum(counted.map((p) => p.live)), canary: sum(counted.map((p) => p.canary)) };
}

export const rateOf = ({ requests, failures }: Side): number | undefined => (requests === 0 ? undefined : failures / requests);

const enough = 20; // requests, before anything is said of it
const margin = 0.01;

/** It is worse when it fails more than by chance: beyond three deviations of what the live one would have failed, and by a point at least. */
export function verdictOf({ live, canary }: { live: Side; canary: Side }): Verdict {
  const [usual, now] = [rateOf(live) ?? 0, rateOf(canary)];
  if (now === undefined || canary.requests < enough) return 'few';
  const deviation = Math.sqrt((Math.max(usual, 0.001) * (1 - usual)) / canary.requests);
  return now > usual + Math.max(margin, 3 * deviation) ? 'worse' : 'fine';
}
