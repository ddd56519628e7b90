/** Requests, latency, tokens and money, by anything; what is chosen stands in the address. */
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { type Dimension, dimensions, nameOf, type Report, reportPath, type Row, useReport } from '../api/reports.ts';
import { Numbers, numberColumns, ReportLines } from '../components/report.tsx';
import { Button, Empty, ErrorNote, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { type Measure, measureOf, measures } from '../lib/measures.ts';
import { rangeOf, ranges } from '../lib/ranges.ts';
import { readViews, removeView, saveView, type View } from '../lib/views.ts';

const isDimension = (text: string): text is Dimension => (dimensions as readonly string[]).includes(text);

/** What the address says, and how to change it. */
function useView() {
  const [search, setSearch] = useSearchParams();
  const group = (search.get('group') ?? 'model').split(',').filter(isDimension);
  const filters = Object.fromEntries(dimensions.flatMap((d) => (search.has(d) ? [[d, search.get(d) ?? '']] : []))) as Partial<Record<Dimension, string>>;
  const change = (members: Record<string, string | undefined>): void => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(members)) {
      if (value === undefined) next.delete(name);
      else next.set(name, value);
    }
    setSearch(next);
  };
  return { search: search.toString(), group, filters, range: rangeOf(search.get('since')), measure: measureOf(search.get('measure')), change };
}

type CurrentView = ReturnType<typeof useView>;

function useGroups(): { id: string; text: string }[] {
  const { t } = useLanguage();
  return dimensions.map((d) => ({ id: d, text: t(`analytics.by.${d}` as TextKey) }));
}

function Controls({ view }: { view: CurrentView }) {
  const { t } = useLanguage();
  const groups = useGroups();
  const [first = 'model', second] = view.group;
  const group = (a: string, b: string | undefined): void =>
    view.change({ group: [a, b].filter((d) => d !== undefined && d !== '' && d !== 'none').join(',') });
  return (
    <div className="toolbar">
      <Select label={t('analytics.range')} value={view.range.id} choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={(since) => view.change({ since })} />
      <Select label={t('analytics.measure')} value={view.measure.id} choices={measures.map((m) => ({ id: m.id, text: t(m.title) }))} onChange={(measure) => view.change({ measure })} />
      <Select label={t('analytics.group')} value={first} choices={groups} onChange={(d) => group(d, second === d ? undefined : second)} />
      <Select
        label={t('analytics.then')}
        value={second ?? 'none'}
        choices={[{ id: 'none', text: t('analytics.nothing') }, ...groups.filter((g) => g.id !== first)]}
        onChange={(d) => group(first, d)}
      />
    </div>
  );
}

function Filters({ view }: { view: CurrentView }) {
  const { t } = useLanguage();
  const filters = Object.entries(view.filters);
  if (filters.length === 0) return null;
  return (
    <p className="chips">
      {filters.map(([dimension, value]) => (
        <Button key={dimension} look="quiet" onPress={() => view.change({ [dimension]: undefined })}>
          {t(`analytics.by.${dimension}` as TextKey)}: {value === '' ? t('analytics.nobody') : value} <span aria-hidden="true">✕</span>
          <span className="hidden">{t('analytics.without')}</span>
        </Button>
      ))}
    </p>
  );
}

function Views({ view }: { view: CurrentView }) {
  const { t } = useLanguage();
  const [views, setViews] = useState<View[]>(readViews);
  const [name, setName] = useState('');
  const [isOpen, setOpen] = useState(false);
  const save = (): void => {
    setViews(saveView({ name: name.trim(), search: view.search }));
    setOpen(false);
  };
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('analytics.views')}</Button>
      <Window title={t('analytics.views')} isOpen={isOpen} onClose={() => setOpen(false)}>
        <ul className="plain">
          {views.map((v) => (
            <li key={v.name}>
              <Link href={`/analytics?${v.search}`} onClick={() => setOpen(false)}>
                {v.name}
              </Link>
              <Button look="quiet" aria-label={t('form.remove', { what: v.name })} onPress={() => setViews(removeView(v.name))}>
                ✕
              </Button>
            </li>
          ))}
        </ul>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            if (name.trim() !== '') save();
          }}
        >
          <TextField label={t('analytics.view.name')} help={t('analytics.view.hint')} value={name} onChange={setName} />
          <Button type="submit" look="primary" isDisabled={name.trim() === ''}>
            {t('analytics.view.save')}
          </Button>
        </form>
      </Window>
    </>
  );
}

/** What single requests can be found by. */
const findable: readonly Dimension[] = ['service', 'route', 'consumer', 'team', 'model', 'vendor', 'status', 'outcome'];

/** The requests behind a row: nothing, when they cannot be told by what it is grouped and filtered by. */
function requestsOf(row: Row | undefined, view: CurrentView): string | undefined {
  const named = Object.fromEntries(row === undefined ? [] : view.group.map((d) => [d, String(row[d] ?? '')]));
  const asked = Object.entries({ ...view.filters, ...named });
  if (asked.some(([d, value]) => !findable.includes(d as Dimension) || value === '')) return undefined;
  return `/requests?${new URLSearchParams([['since', view.range.id], ...asked])}`;
}

function RequestsLink({ to, of }: { to: string | undefined; of: string }) {
  const { t } = useLanguage();
  if (to === undefined) return null;
  return (
    <Link href={to} aria-label={t('analytics.requests.of', { what: of })}>
      {t('analytics.requests')}
    </Link>
  );
}

function Table({ report, view }: { report: Report; view: CurrentView }) {
  const { t } = useLanguage();
  const [only] = view.group;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('analytics.table')}>
      <table className="sums">
        <thead>
          <tr>
            <th scope="col">{view.group.map((d) => t(`analytics.by.${d}` as TextKey)).join(' · ')}</th>
            {numberColumns.map((c) => (
              <th scope="col" key={c}>
                {t(c)}
              </th>
            ))}
            <th scope="col">
              <span className="hidden">{t('analytics.requests')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {report.rows.map((row) => {
            const name = nameOf(row, view.group, t('analytics.nobody'));
            return (
              <tr key={name}>
                <th scope="row">
                  {only !== undefined && view.group.length === 1 ? (
                    <button type="button" className="link" onClick={() => view.change({ [only]: String(row[only] ?? '') })}>
                      {name}
                    </button>
                  ) : (
                    name
                  )}
                </th>
                <Numbers row={row} />
                <td>
                  <RequestsLink to={requestsOf(row, view)} of={name} />
                </td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('analytics.total')}</th>
            <Numbers row={report.total} />
            <td>
              <RequestsLink to={requestsOf(undefined, view)} of={t('analytics.total')} />
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function queryOf(view: CurrentView, measure: Measure) {
  return { group: view.group, since: view.range.id, step: view.range.step, order: measure.order, limit: 100, filters: view.filters };
}

export default function AnalyticsPage() {
  const { t } = useLanguage();
  const view = useView();
  const asked = queryOf(view, view.measure);
  const report = useReport(asked);
  const rest = (report.data?.row_count ?? 0) - (report.data?.rows.length ?? 0);
  return (
    <>
      <div className="head">
        <h1>{t('nav.analytics')}</h1>
        <span className="grow" />
        <Views view={view} />
        <a className="button" href={`/api/v1${reportPath({ ...asked, limit: 1000 }, 'csv')}`} download="report.csv">
          {t('analytics.csv')}
        </a>
      </div>
      <Controls view={view} />
      <Filters view={view} />
      {report.isPending && <Spinner />}
      {report.error !== null && <ErrorNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.data?.total.requests === 0 && <Empty title={t('analytics.empty')} hint={t('analytics.empty.hint')} />}
      {report.data !== undefined && report.data.total.requests > 0 && (
        <>
          <ReportLines report={report.data} group={view.group} measure={view.measure} />
          <Table report={report.data} view={view} />
          {rest > 0 && <p className="faint">{t('analytics.rest', { count: rest })}</p>}
        </>
      )}
    </>
  );
}
