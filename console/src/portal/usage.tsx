/** What one's own applications used and what that cost, over time; what is chosen stands in the address. */
import { useApplications } from '../api/portal.ts';
import type { Dimension, ReportQuery } from '../api/reports.ts';
import { useReport } from '../api/use-report.ts';
import { CsvLink, RangeAndMeasure, ReportShown, useReportView } from '../components/report.tsx';
import { Select } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';

const groups: { id: Dimension; text: TextKey }[] = [
  { id: 'consumer', text: 'portal.application' },
  { id: 'service', text: 'analytics.by.service' },
  { id: 'model', text: 'analytics.by.model' },
  { id: 'status', text: 'analytics.by.status' },
];

const everything = 'all'; // of the choice of applications

function useView() {
  const { search, ...view } = useReportView('7d');
  const group = groups.find((g) => g.id === search.get('group')) ?? { id: 'service' as const, text: 'analytics.by.service' as const };
  return { ...view, group, application: search.get('application') ?? everything };
}

type View = ReturnType<typeof useView>;

function Controls({ view }: { view: View }) {
  const { t } = useLanguage();
  const own = useApplications().data?.items ?? [];
  const applications = [{ id: everything, text: t('portal.usage.all') }, ...own.map((a) => ({ id: a.key, text: a.key }))];
  return (
    <div className="toolbar">
      <Select label={t('portal.application')} value={view.application} choices={applications} onChange={(id) => view.change({ application: id })} />
      <RangeAndMeasure view={view} />
      <Select label={t('analytics.group')} value={view.group.id} choices={groups.map((g) => ({ id: g.id, text: t(g.text) }))} onChange={(id) => view.change({ group: id })} />
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
        <CsvLink asked={asked} file="usage.csv" />
      </div>
      <Controls view={view} />
      <ReportShown report={report} measure={view.measure} hint={t('portal.usage.empty')} group={[view.group.id]} heading={t(view.group.text)} nobody="—" />
    </>
  );
}
