import { expect, test } from 'vitest';
import { rangeOf, requestsBehind, secondsOf, series, type Sum, toCsv, valueOf } from '../src/lib/analytics.ts';

const sum = (name: string, part: Partial<Sum> = {}): Sum => ({
  name,
  requests: 1,
  errors: 0,
  prompt_tokens: 2,
  completion_tokens: 3,
  cost_usd: '0.5',
  p95_ms: null,
  ...part,
});

test('times of buckets, whole or short', () => {
  expect(secondsOf('1970-01-02')).toBe(86400);
  expect(secondsOf('1970-01-01T01')).toBe(3600);
  expect(secondsOf('1970-01-01T01:01:00Z')).toBe(3660);
  expect(secondsOf('-')).toBeNaN();
});

test('a series has every bucket of its range, also the empty ones', () => {
  const now = Date.parse('2026-01-02T00:30:00Z') / 1000;
  const { times, values } = series([sum('2026-01-01T05:00:00Z', { requests: 7 })], rangeOf('day'), 'requests', now);
  expect(times.length).toBe(25);
  expect(times.at(-1)).toBe(Date.parse('2026-01-02T00:00:00Z') / 1000);
  expect(values.reduce((a, b) => a + b)).toBe(7);
  expect(values[times.indexOf(Date.parse('2026-01-01T05:00:00Z') / 1000)]).toBe(7);
});

test('measures, unknown ranges, and what leads to requests', () => {
  expect(rangeOf('nonsense').id).toBe('day');
  expect(valueOf(sum('a'), 'tokens')).toBe(5);
  expect(valueOf(sum('a'), 'cost')).toBe(0.5);
  expect(valueOf(sum('a'), 'p95')).toBe(0);
  expect(requestsBehind('model', sum('fast (openai/gpt-4o)'))).toBe('/requests?model=fast');
  expect(requestsBehind('service', sum('a&b'))).toBe('/requests?service=a%26b');
  expect(requestsBehind('service', sum('-'))).toBeUndefined();
  expect(requestsBehind('vendor', sum('openai'))).toBeUndefined();
});

test('a CSV that spreadsheets read as text', () => {
  const csv = toCsv('model', [sum('a,"b"'), sum('=1+1', { p95_ms: 4 })]);
  expect(csv.split('\r\n')).toEqual([
    'model,requests,errors,prompt_tokens,completion_tokens,cost_usd,p95_ms',
    '"a,""b""",1,0,2,3,0.5,',
    "'=1+1,1,0,2,3,0.5,4",
    '',
  ]);
});
