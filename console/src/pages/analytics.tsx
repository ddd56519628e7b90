/** Requests, latency, tokens and money, by anything; what is chosen stands in the address. */
import { Link } from 'wouter';
import { type Dimension, dimensions, type Row } from '../api/reports.ts';
import { useReport } from '../api/use-report.ts';
import { CsvLink, RangeAndMeasure, ReportShown, useReportView } from '../components/report.tsx';
import { Button, ErrorNote, Select, Spinner } from '../components/ui.tsx';
import { OpenView, useOpenView, ViewsButton } from '../components/views.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import type { Measure } from '../lib/measures.ts';

const isDimension = (text: string): text is Dimension => (dimensions as readonly string[]).includes(text);

/** What the address says, and how to change it. */
function useView() {
  const { search, ...view } = useReportView();
  const group = (search.get('group') ?? 'model').split(',').filter(isDimension);
  const filters = Object.fromEntries(dimensions.flatMap((d) => (search.has(d) ? [[d, search.get(d) ?? '']] : []))) as Partial<Record<Dimension, string>>;
  return { ...view, search, group, filters };
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
      <RangeAndMeasure view={view} />
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

/** Narrows to it, where one name says what. */
function RowName({ row, name, view }: { row: Row; name: string; view: CurrentView }) {
  const [only] = view.group;
  if (only === undefined || view.group.length !== 1) return name;
  return (
    <button type="button" className="link" onClick={() => view.change({ [only]: String(row[only] ?? '') })}>
      {name}
    </button>
  );
}

function queryOf(view: CurrentView, measure: Measure) {
  return { group: view.group, since: view.range.id, step: view.range.step, order: measure.order, limit: 100, filters: view.filters };
}

function Report({ view }: { view: CurrentView }) {
  const { t } = useLanguage();
  const asked = queryOf(view, view.measure);
  const report = useReport(asked);
  return (
    <>
      <Controls view={view} />
      <Filters view={view} />
      <ReportShown
        report={report}
        measure={view.measure}
        hint={t('analytics.empty.hint')}
        group={view.group}
        heading={view.group.map((d) => t(`analytics.by.${d}` as TextKey)).join(' · ')}
        nobody={t('analytics.nobody')}
        nameOfRow={(row, name) => <RowName row={row} name={name} view={view} />}
        more={{ title: t('analytics.requests'), of: (row, name) => <RequestsLink to={requestsOf(row, view)} of={name} /> }}
      />
    </>
  );
}

export default function AnalyticsPage() {
  const { t } = useLanguage();
  const view = useView();
  const open = useOpenView();
  return (
    <>
      <div className="head">
        <h1>{t('nav.analytics')}</h1>
        <span className="grow" />
        <ViewsButton search={view.search} />
        <CsvLink asked={queryOf(view, view.measure)} file="report.csv" />
      </div>
      {open.error !== null && <ErrorNote error={open.error} />}
      {open.view !== undefined && !open.isComing && <OpenView view={open.view} search={view.search} />}
      {open.isComing && open.error === null ? <Spinner /> : <Report view={view} />}
    </>
  );
}
