/** What one's own applications used and what that cost, over time; what is chosen stands in the address. */
import { useSearchParams } from 'wouter';
import { useApplications } from '../api/portal.ts';
import { type Dimension, nameOf, type Report, reportPath, type ReportQuery, useReport } from '../api/reports.ts';
import { Numbers, numberColumns, ReportLines } from '../components/report.tsx';
import { Empty, ErrorNote, Select, Spinner } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { measureOf, measures } from '../lib/measures.ts';
import { rangeOf, ranges } from '../lib/ranges.ts';

const groups: { id: Dimension; text: TextKey }[] = [
  { id: 'consumer', text: 'portal.application' },
  { id: 'service', text: 'analytics.by.service' },
  { id: 'model', text: 'analytics.by.model' },
  { id: 'status', text: 'analytics.by.status' },
];

const everything = 'all'; // of the choice of applications

function useView() {
  const [search, setSearch] = useSearchParams();
  const change = (name: string, value: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.set(name, value);
      return next;
    });
  const application = search.get('application') ?? everything;
  const group = groups.find((g) => g.id === search.get('group')) ?? { id: 'service' as const, text: 'analytics.by.service' as const };
  return { application, group, range: rangeOf(search.get('since') ?? '7d'), measure: measureOf(search.get('measure')), change };
}

type View = ReturnType<typeof useView>;

function Controls({ view }: { view: View }) {
  const { t } = useLanguage();
  const own = useApplications().data?.items ?? [];
  const applications = [{ id: everything, text: t('portal.usage.all') }, ...own.map((a) => ({ id: a.key, text: a.key }))];
  return (
    <div className="toolbar">
      <Select label={t('portal.application')} value={view.application} choices={applications} onChange={(id) => view.change('application', id)} />
      <Select label={t('analytics.range')} value={view.range.id} choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={(id) => view.change('since', id)} />
      <Select label={t('analytics.measure')} value={view.measure.id} choices={measures.map((m) => ({ id: m.id, text: t(m.title) }))} onChange={(id) => view.change('measure', id)} />
      <Select label={t('analytics.group')} value={view.group.id} choices={groups.map((g) => ({ id: g.id, text: t(g.text) }))} onChange={(id) => view.change('group', id)} />
    </div>
  );
}

function Table({ report, group }: { report: Report; group: { id: Dimension; text: TextKey } }) {
  const { t } = useLanguage();
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('analytics.table')}>
      <table className="sums">
        <thead>
          <tr>
            <th scope="col">{t(group.text)}</th>
            {numberColumns.map((c) => (
              <th scope="col" key={c}>
                {t(c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.rows.map((row) => {
            const name = nameOf(row, [group.id], '—');
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Numbers row={row} />
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('analytics.total')}</th>
            <Numbers row={report.total} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

export default function UsagePage() {
  const { t } = useLanguage();
  const view = useView();
  const asked: ReportQuery = {
    path: '/portal/usage',
    group: [view.group.id],
    since: view.range.id,
    step: view.range.step,
    order: view.measure.order,
    limit: 100,
    ...(view.application === everything ? {} : { application: view.application }),
  };
  const report = useReport(asked);
  return (
    <>
      <div className="head">
        <h1>{t('portal.usage')}</h1>
        <span className="grow" />
        <a className="button" href={`/api/v1${reportPath({ ...asked, limit: 1000 }, 'csv')}`} download="usage.csv">
          {t('analytics.csv')}
        </a>
      </div>
      <Controls view={view} />
      {report.isPending && <Spinner />}
      {report.error !== null && <ErrorNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.data?.total.requests === 0 && <Empty title={t('analytics.empty')} hint={t('portal.usage.empty')} />}
      {report.data !== undefined && report.data.total.requests > 0 && (
        <>
          <ReportLines report={report.data} group={[view.group.id]} measure={view.measure} />
          <Table report={report.data} group={view.group} />
        </>
      )}
    </>
  );
}
