/** What a consumer has used, by service. */
import { Link } from 'wouter';
import { reportPath } from '../api/reports.ts';
import { useReport } from '../api/use-report.ts';
import { useLanguage } from '../i18n/index.tsx';
import { useAddress } from '../lib/address.ts';
import { measureOf, measures } from '../lib/measures.ts';
import { rangeOf, ranges } from '../lib/ranges.ts';
import type { TabProps } from '../tabs.ts';
import { Numbers, numberColumns, ReportLines } from './report.tsx';
import { Empty, ErrorNote, LogTable, Select, Spinner } from './ui.tsx';

export function ConsumerUsage({ resource: consumer }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const [since, setSince] = useAddress('since');
  const [measured, setMeasured] = useAddress('measure');
  const [range, measure] = [rangeOf(since === '' ? '7d' : since), measureOf(measured)];
  const asked = { group: ['service'] as const, since: range.id, step: range.step, order: measure.order, limit: 50, filters: { consumer: consumer.key } };
  const report = useReport(asked);
  return (
    <>
      <div className="toolbar">
        <Select label={t('analytics.range')} value={range.id} choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={setSince} />
        <Select label={t('analytics.measure')} value={measure.id} choices={measures.map((m) => ({ id: m.id, text: t(m.title) }))} onChange={setMeasured} />
      </div>
      <div className="head">
        <span className="grow" />
        <Link className="button" href={`/requests?consumer=${encodeURIComponent(consumer.key)}`}>
          {t('consumer.requests')}
        </Link>
        <a className="button" href={`/api/v1${reportPath(asked, 'csv')}`} download={`${consumer.key}.csv`}>
          {t('analytics.csv')}
        </a>
      </div>
      {report.isPending && <Spinner />}
      {report.error !== null && <ErrorNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.data?.total.requests === 0 && <Empty title={t('analytics.empty')} hint={t('consumer.usage.hint')} />}
      {report.data !== undefined && report.data.total.requests > 0 && (
        <>
          <ReportLines report={report.data} group={['service']} measure={measure} />
          <LogTable label={t('analytics.table')} columns={[t('analytics.by.service'), ...numberColumns.map((c) => t(c))]}>
            {report.data.rows.map((row) => (
              <tr key={String(row.service)}>
                <th scope="row">{row.service ?? t('analytics.nobody')}</th>
                <Numbers row={row} />
                <td />
              </tr>
            ))}
          </LogTable>
        </>
      )}
    </>
  );
}
