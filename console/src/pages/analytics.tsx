/** Requests, latency, tokens and money, by anything; what is chosen stands in the address. */
import { useState } from 'react';
import { Link } from 'wouter';
import { type Dimension, dimensions, type Row, useReport } from '../api/reports.ts';
import { CsvLink, RangeAndMeasure, ReportShown, useReportView } from '../components/report.tsx';
import { Button, Select, TextField, Window } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import type { Measure } from '../lib/measures.ts';
import { readViews, removeView, saveView, type View } from '../lib/views.ts';

const isDimension = (text: string): text is Dimension => (dimensions as readonly string[]).includes(text);

/** What the address says, and how to change it. */
function useView() {
  const { search, ...view } = useReportView();
  const group = (search.get('group') ?? 'model').split(',').filter(isDimension);
  const filters = Object.fromEntries(dimensions.flatMap((d) => (search.has(d) ? [[d, search.get(d) ?? '']] : []))) as Partial<Record<Dimension, string>>;
  return { ...view, search: search.toString(), group, filters };
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

export default function AnalyticsPage() {
  const { t } = useLanguage();
  const view = useView();
  const asked = queryOf(view, view.measure);
  const report = useReport(asked);
  return (
    <>
      <div className="head">
        <h1>{t('nav.analytics')}</h1>
        <span className="grow" />
        <Views view={view} />
        <CsvLink asked={asked} file="report.csv" />
      </div>
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
