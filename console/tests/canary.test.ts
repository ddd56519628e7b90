import { expect, test } from 'vitest';
import type { Row } from '../src/api/reports.ts';
import { pairsOf, rateOf, totalOf, verdictOf } from '../src/lib/canary.ts';

const row = (route: string, requests: number, failures: number, p95_ms: number | null = 1): Row =>
  ({ route, requests, failures, errors: failures, prompt_tokens: 0, completion_tokens: 0, cost_usd: '0', mean_ms: 1, p50_ms: 1, p95_ms, p99_ms: 1 }) as Row;

test('an operation has both sides, the one with most of the canary first', () => {
  const pairs = pairsOf([row('orders/list', 90, 1, 5), row('orders#canary/list', 10, 2, 9), row('orders/one', 5, 0), row('orders#canary/new', 20, 0, null)]);
  expect(pairs.map((p) => p.operation)).toEqual(['orders/new', 'orders/list', 'orders/one']);
  expect(pairs[1]).toMatchObject({ live: { requests: 90, failures: 1, p95: 5 }, canary: { requests: 10, failures: 2, p95: 9 } });
  expect(pairs[0]).toMatchObject({ live: { requests: 0 }, canary: { requests: 20, p95: undefined } });
  expect(pairsOf([row('orders@v2#canary/list', 1, 0)])[0]?.operation).toBe('orders@v2/list');
});

test('what one of them alone serves is in no total, unless there is nothing else', () => {
  const list = { operation: 'a', live: { requests: 100, failures: 1 }, canary: { requests: 10, failures: 1 } };
  const alone = { operation: 'b', live: { requests: 900, failures: 900 }, canary: { requests: 0, failures: 0 } };
  expect(totalOf([list, alone])).toEqual({ live: { requests: 100, failures: 1 }, canary: { requests: 10, failures: 1 } });
  expect(totalOf([alone]).live.requests).toBe(900);
  expect(rateOf({ requests: 0, failures: 0 })).toBeUndefined();
});

test('it is worse when it fails more than by chance', () => {
  const of = (live: [number, number], canary: [number, number]) =>
    verdictOf({ live: { requests: live[0], failures: live[1] }, canary: { requests: canary[0], failures: canary[1] } });
  expect(of([1000, 0], [19, 19])).toBe('few');
  expect(of([1000, 10], [100, 30])).toBe('worse');
  expect(of([1000, 10], [100, 2])).toBe('fine'); // by chance
  expect(of([1000, 500], [100, 55])).toBe('fine');
  expect(of([0, 0], [50, 0])).toBe('fine');
  expect(of([0, 0], [50, 25])).toBe('worse');
  expect(of([100000, 0], [100000, 500])).toBe('fine'); // less than a point
});
