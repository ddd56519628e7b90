/** A report as lines over time, and the numbers of a row of its table. */
import { type Dimension, nameOf, type Report, type Row } from '../api/reports.ts';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from '../lib/format.ts';
import type { Measure } from '../lib/measures.ts';
import { lineOf, timesOf } from '../lib/series.ts';
import { Chart, lineColours } from './chart.tsx';

export function ReportLines({ report, group, measure }: { report: Report; group: readonly Dimension[]; measure: Measure }) {
  const { t, locale } = useLanguage();
  const shown = report.rows.slice(0, lineColours);
  const lines =
    shown.length > 0
      ? shown.map((row) => lineOf(nameOf(row, group, t('analytics.nobody')), row.steps, measure.of))
      : [lineOf(t('analytics.all'), report.total.steps, measure.of)];
  return (
    <section className="card">
      <Chart label={t('analytics.chart', { what: t(measure.title) })} times={timesOf(report.total.steps)} lines={lines} text={(v) => measure.text(v, locale)} height={280} />
    </section>
  );
}

export const numberColumns: TextKey[] = ['home.requests', 'home.errors', 'analytics.p50', 'home.p95', 'analytics.p99', 'home.tokens', 'home.spend'];

export function Numbers({ row }: { row: Row | Report['total'] }) {
  const { locale } = useLanguage();
  return (
    <>
      <td>{count(row.requests, locale)}</td>
      <td>{count(row.errors, locale)}</td>
      <td>{milliseconds(row.p50_ms, locale)}</td>
      <td>{milliseconds(row.p95_ms, locale)}</td>
      <td>{milliseconds(row.p99_ms, locale)}</td>
      <td>{count(row.prompt_tokens + row.completion_tokens, locale)}</td>
      <td title={`$${row.cost_usd}`}>{dollars(row.cost_usd, locale)}</td>
    </>
  );
}
