/** The spans of time that reports are asked for. */
import type { TextKey } from '../i18n/index.tsx';

export interface Range {
  id: string;
  text: TextKey;
  step: string;
}

export const ranges: readonly Range[] = [
  { id: '1h', text: 'home.range.hour', step: '1m' },
  { id: '24h', text: 'home.range.day', step: '15m' },
  { id: '7d', text: 'home.range.week', step: '2h' },
  { id: '30d', text: 'home.range.month', step: 'day' },
];

export function rangeOf(id: string | null): Range {
  return ranges.find((r) => r.id === id) ?? (ranges[1] as Range);
}
