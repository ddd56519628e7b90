/** A measure of all traffic over a range, fetched and drawn; the chart's code comes when it is first needed. */
import { lazy, Suspense, useMemo } from 'react';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { type Measure, type Range, series } from '../lib/analytics.ts';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { useUsage } from '../lib/use-usage.ts';
import { ErrorNote } from './ui.tsx';

const Chart = lazy(() => import('./chart.tsx'));

export const measureTitles: Record<Measure, TextKey> = {
  requests: 'home.requests',
  errors: 'home.errors',
  tokens: 'home.tokens',
  cost: 'home.spend',
  p95: 'home.p95',
};

const formats: Record<Measure, (value: number, locale: string) => string> = {
  requests: count,
  errors: count,
  tokens: count,
  cost: dollars,
  p95: milliseconds,
};

export function Trend({ measure, range, height = 220 }: { measure: Measure; range: Range; height?: number }) {
  const { t, locale } = useLanguage();
  const usage = useUsage(range.bucket, range.seconds);
  const rows = usage.data?.rows;
  const { times, values } = useMemo(() => series(rows ?? [], range, measure, Date.now() / 1000), [rows, range, measure]);
  if (usage.error !== null) return <ErrorNote error={usage.error} onRetry={() => void usage.refetch()} />;
  return (
    <Suspense fallback={<div className="chart" />}>
      <Chart
        title={t(measureTitles[measure])}
        times={times}
        values={values}
        format={(v) => formats[measure](v, locale)}
        isBad={measure === 'errors'}
        height={height}
      />
    </Suspense>
  );
}
