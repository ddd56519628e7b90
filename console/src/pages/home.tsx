/** What goes through the gateway, and what to do first when nothing does yet. */
import { useMemo } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { Problem } from '../api/client.ts';
import { nameOf, type Step, type Sums } from '../api/reports.ts';
import { useReport } from '../api/use-report.ts';
import { Chart } from '../components/chart.tsx';
import { FirstSteps } from '../components/first-steps.tsx';
import { Empty, ErrorNote, Select, Spinner } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { type HomeTop, homeTop, homeTops, homeTotals } from '../lib/home.ts';
import { measureOf } from '../lib/measures.ts';
import { type Range, rangeOf, ranges } from '../lib/ranges.ts';
import { atLeast, type RequestFilter, requestsPath } from '../lib/requests.ts';
import { lineOf, timesOf } from '../lib/series.ts';

function Figure({ title, value, exact, to }: { title: string; value: string; exact?: string; to: string }) {
  return (
    <Link className="figure" title={exact ?? ''} href={to}>
      <span className="faint">{title}</span>
      <strong>{value}</strong>
    </Link>
  );
}

/** Each number leads to the requests that it is made of. */
function Figures({ total, range }: { total: Sums; range: Range }) {
  const { t, locale } = useLanguage();
  const tokens = total.prompt_tokens + total.completion_tokens;
  const to = (filter: RequestFilter): string => requestsPath({ since: range.id, ...filter });
  const slow = (ms: number | null): string => to(ms === null ? {} : { min_latency: atLeast(ms) });
  return (
    <div className="figures">
      <Figure title={t('home.requests')} value={count(total.requests, locale)} exact={String(total.requests)} to={to({})} />
      <Figure title={t('home.errors')} value={count(total.errors, locale)} exact={String(total.errors)} to={to({ failed: 'true' })} />
      <Figure title={t('analytics.p50')} value={milliseconds(total.p50_ms, locale)} to={slow(total.p50_ms)} />
      <Figure title={t('home.p95')} value={milliseconds(total.p95_ms, locale)} to={slow(total.p95_ms)} />
      <Figure title={t('analytics.p99')} value={milliseconds(total.p99_ms, locale)} to={slow(total.p99_ms)} />
      <Figure title={t('home.tokens')} value={count(tokens, locale)} exact={String(tokens)} to={to({ has_tokens: 'true' })} />
      <Figure title={t('home.spend')} value={dollars(total.cost_usd, locale)} exact={`$${total.cost_usd}`} to={to({ has_cost: 'true' })} />
    </div>
  );
}

const charts: { title: TextKey; lines: string[] }[] = [
  { title: 'home.chart.requests', lines: ['requests', 'errors'] },
  { title: 'home.chart.latency', lines: ['p50', 'p95', 'p99'] },
  { title: 'home.chart.tokens', lines: ['tokens'] },
  { title: 'home.chart.spend', lines: ['cost'] },
];

function Charts({ steps }: { steps: readonly Step[] }) {
  const { t, locale } = useLanguage();
  const [, navigate] = useLocation();
  const times = useMemo(() => timesOf(steps), [steps]);
  const pick = (index: number): void => {
    const [from, until] = [steps[index]?.time, steps[index + 1]?.time];
    if (from !== undefined) navigate(requestsPath({ since: from, ...(until === undefined ? {} : { until }) }));
  };
  return (
    <div className="cards cards-wide">
      {charts.map((chart) => {
        const shown = chart.lines.map(measureOf);
        return (
          <section key={chart.title} className="card">
            <h2>{t(chart.title)}</h2>
            <Chart
              label={t('home.chart', { what: t(chart.title) })}
              times={times}
              lines={shown.map((m) => lineOf(t(m.title), steps, m.of))}
              text={(v) => shown[0]?.text(v, locale) ?? ''}
              height={160}
              onPick={pick}
            />
          </section>
        );
      })}
    </div>
  );
}

/** The largest groups as bars; the numbers stand beside them, so that nothing is told by length alone. */
function Bars({ title, group, range }: { title: string; group: HomeTop; range: Range }) {
  const { t, locale } = useLanguage();
  const report = useReport(homeTop(group, range));
  const rows = (report.data?.rows ?? []).filter((r) => r[group]);
  const most = Math.max(1, ...rows.map((r) => r.requests));
  const more = `/analytics?${new URLSearchParams({ group, since: range.id })}`;
  const to = (name: string, filter: RequestFilter): string => requestsPath({ since: range.id, [group]: name, ...filter });
  return (
    <section className="card">
      <h2>
        <Link href={more} aria-label={t('home.more', { what: title })}>
          {title}
        </Link>
      </h2>
      {report.error !== null && <ErrorNote error={report.error} />}
      <table className="bars">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">{t('home.requests')}</th>
            <th scope="col">{t('home.errors')}</th>
            <th scope="col">{t('home.spend')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => {
            const name = nameOf(r, [group], t('analytics.nobody'));
            return (
              <tr key={name}>
                <th scope="row">
                  <Link href={`${more}&${new URLSearchParams({ [group]: String(r[group] ?? '') })}`}>{name}</Link>
                  <meter className="bar" min={0} max={most} value={r.requests} aria-label={`${name}: ${t('home.requests')}`} />
                </th>
                <td>
                  <Link href={to(name, {})} aria-label={`${count(r.requests, locale)}: ${t('home.requests.of', { what: name })}`}>
                    {count(r.requests, locale)}
                  </Link>
                </td>
                <td>
                  {r.errors === 0 ? (
                    0
                  ) : (
                    <Link href={to(name, { failed: 'true' })} aria-label={`${count(r.errors, locale)}: ${t('home.errors.of', { what: name })}`}>
                      {count(r.errors, locale)}
                    </Link>
                  )}
                </td>
                <td>
                  {Number(r.cost_usd) === 0 ? (
                    dollars(r.cost_usd, locale)
                  ) : (
                    <Link href={to(name, { has_cost: 'true' })} aria-label={`${dollars(r.cost_usd, locale)}: ${t('home.spend.of', { what: name })}`}>
                      {dollars(r.cost_usd, locale)}
                    </Link>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

export default function HomePage() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const range = rangeOf(search.get('since'));
  const report = useReport(homeTotals(range));
  const isUnknown = report.error instanceof Problem && [403, 404].includes(report.error.status);
  return (
    <>
      <div className="head">
        <h1>{t('home.title')}</h1>
        <span className="grow" />
        {report.isSuccess && (
          <span className="faint" title={t('home.live.hint')}>
            <span className="pulse" aria-hidden="true" /> {t('home.live')}
          </span>
        )}
        <Select
          label={t('analytics.range')}
          isLabelHidden
          value={range.id}
          choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))}
          onChange={(since) => setSearch({ since }, { replace: true })}
        />
      </div>
      <FirstSteps />
      {report.isPending && <Spinner />}
      {report.error !== null && !isUnknown && <ErrorNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.data?.total.requests === 0 && <Empty title={t('home.empty')} hint={t('home.empty.hint')} />}
      {report.data !== undefined && report.data.total.requests > 0 && (
        <>
          <Figures total={report.data.total} range={range} />
          <Charts steps={report.data.total.steps ?? []} />
          <p className="faint">{t('home.pick')}</p>
          <div className="cards">
            {homeTops.map((group) => (
              <Bars key={group} title={t(`home.by.${group}`)} group={group} range={range} />
            ))}
          </div>
        </>
      )}
    </>
  );
}
