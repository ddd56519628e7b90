/** A report: what is asked stands in the address; lines over time, a table of rows and their sum, and the same as CSV. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { type Dimension, nameOf, type Report, reportPath, type ReportQuery, type Row } from '../api/reports.ts';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { type Measure, measureOf, measures } from '../lib/measures.ts';
import { rangeOf, ranges } from '../lib/ranges.ts';
import { lineOf, timesOf } from '../lib/series.ts';
import { Chart, lineColours } from './chart.tsx';
import { Empty, ErrorNote, Select, Spinner } from './ui.tsx';

/** `since`: when the address says nothing. What is changed to undefined leaves it. */
export function useReportView(since: string | null = null) {
  const [search, setSearch] = useSearchParams();
  const change = (members: Record<string, string | undefined>): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(members)) {
        if (value === undefined) next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  return { search, change, range: rangeOf(search.get('since') ?? since), measure: measureOf(search.get('measure')) };
}

type View = Pick<ReturnType<typeof useReportView>, 'range' | 'measure' | 'change'>;

export function RangeAndMeasure({ view }: { view: View }) {
  const { t } = useLanguage();
  return (
    <>
      <Select label={t('analytics.range')} value={view.range.id} choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={(since) => view.change({ since })} />
      <Select label={t('analytics.measure')} value={view.measure.id} choices={measures.map((m) => ({ id: m.id, text: t(m.title) }))} onChange={(measure) => view.change({ measure })} />
    </>
  );
}

/** All rows, as far as the server tells them. */
export function CsvLink({ asked, file }: { asked: ReportQuery; file: string }) {
  const { t } = useLanguage();
  return (
    <a className="button" href={`/api/v1${reportPath({ ...asked, limit: 1000 }, 'csv')}`} download={file}>
      {t('analytics.csv')}
    </a>
  );
}

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

interface Shown {
  group: readonly Dimension[];
  heading: string; // of the column of names
  nobody: string; // the name of what has none
  nameOfRow?: (row: Row, name: string) => ReactNode;
  /** A last column, what it is called, and what stands in it; without a row: of all of them. */
  more?: { title: string; of: (row: Row | undefined, name: string) => ReactNode };
}

function ReportTable({ report, group, heading, nobody, nameOfRow, more }: Shown & { report: Report }) {
  const { t } = useLanguage();
  const total = t('analytics.total');
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('analytics.table')}>
      <table className="sums">
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            {numberColumns.map((c) => (
              <th scope="col" key={c}>
                {t(c)}
              </th>
            ))}
            {more !== undefined && (
              <th scope="col">
                <span className="hidden">{more.title}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {report.rows.map((row) => {
            const name = nameOf(row, group, nobody);
            return (
              <tr key={name}>
                <th scope="row">{nameOfRow?.(row, name) ?? name}</th>
                <Numbers row={row} />
                {more !== undefined && <td>{more.of(row, name)}</td>}
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{total}</th>
            <Numbers row={report.total} />
            {more !== undefined && <td>{more.of(undefined, total)}</td>}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** `hint`: what to do for there to be something. */
export function ReportShown({ report, measure, hint, ...shown }: Shown & { report: UseQueryResult<Report>; measure: Measure; hint: string }) {
  const { t } = useLanguage();
  const { data } = report;
  if (report.isPending) return <Spinner />;
  if (report.error !== null) return <ErrorNote error={report.error} onRetry={() => void report.refetch()} />;
  if (data === undefined || data.total.requests === 0) return <Empty title={t('analytics.empty')} hint={hint} />;
  const rest = data.row_count - data.rows.length;
  return (
    <>
      <ReportLines report={data} group={shown.group} measure={measure} />
      <ReportTable report={data} {...shown} />
      {rest > 0 && <p className="faint">{t('analytics.rest', { count: rest })}</p>}
    </>
  );
}
