/** The numbers of a report that a chart can show: how to read one, and how to say it. */
import type { Sums } from '../api/reports.ts';
import type { TextKey } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from './format.ts';

export interface Measure {
  id: string;
  title: TextKey;
  /** What the API orders rows by; greatest first. */
  order: string;
  of: (sums: Sums) => number | null;
  text: (value: number | null, locale: string) => string;
}

const counted = (value: number | null, locale: string): string => count(value ?? 0, locale);

export const measures: readonly Measure[] = [
  { id: 'requests', title: 'home.requests', order: '-requests', of: (s) => s.requests, text: counted },
  { id: 'errors', title: 'home.errors', order: '-errors', of: (s) => s.errors, text: counted },
  { id: 'p50', title: 'analytics.p50', order: '-p50_ms', of: (s) => (s.requests === 0 ? null : s.p50_ms), text: milliseconds },
  { id: 'p95', title: 'home.p95', order: '-p95_ms', of: (s) => (s.requests === 0 ? null : s.p95_ms), text: milliseconds },
  { id: 'p99', title: 'analytics.p99', order: '-p99_ms', of: (s) => (s.requests === 0 ? null : s.p99_ms), text: milliseconds },
  {
    id: 'tokens',
    title: 'home.tokens',
    order: '-completion_tokens',
    of: (s) => s.prompt_tokens + s.completion_tokens,
    text: counted,
  },
  { id: 'cost', title: 'home.spend', order: '-cost_usd', of: (s) => Number(s.cost_usd), text: dollars },
];

export function measureOf(id: string | null): Measure {
  return measures.find((m) => m.id === id) ?? (measures[0] as Measure);
}
