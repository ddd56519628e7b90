/** Does the release that is tried fail more, or take longer, than the live one? Since it is tried, as it comes. */
import { Link } from 'wouter';
import { useReport } from '../api/use-report.ts';
import { may, type Resource, useMe } from '../api/resources.ts';
import { query } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { type Pair, pairsOf, rateOf, type Side, totalOf, verdictOf } from '../lib/canary.ts';
import { count, milliseconds } from '../lib/format.ts';
import { isPlainObject } from '../lib/schema.ts';
import { ErrorNote, LogTable, Note, Spinner } from './ui.tsx';

const tones = { few: 'info', worse: 'error', fine: 'good' } as const;
const longestMs = 30 * 86_400_000;

/** A report of the time since it began, or of a day where an older server does not say when that was. */
function sinceOf(canary: unknown): string {
  const began = isPlainObject(canary) ? Date.parse(String(canary['began_at'])) : Number.NaN;
  return Number.isNaN(began) ? '24h' : new Date(Math.max(began, Date.now() - longestMs)).toISOString().replace(/\d\d\.\d+Z$/, '00Z');
}

function Rate({ side }: { side: Side }) {
  const { locale } = useLanguage();
  const rate = rateOf(side);
  return <>{rate === undefined ? '—' : rate.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 1 })}</>;
}

function Row({ pair, since, service }: { pair: Pair; since: string; service: string }) {
  const { t, locale } = useLanguage();
  const canaryRoute = pair.operation.includes('/') ? pair.operation.replace('/', '#canary/') : `${pair.operation}#canary`;
  const cell = (side: Side) => (
    <>
      <td className="number">{count(side.requests, locale)}</td>
      <td className="number">
        <Rate side={side} />
      </td>
      <td className="number">{milliseconds(side.p50 ?? null, locale)}</td>
      <td className="number">{milliseconds(side.p95 ?? null, locale)}</td>
    </>
  );
  return (
    <>
      <tr>
        <th scope="row" rowSpan={2}>
          {pair.operation}
        </th>
        <td>{t('canary.live')}</td>
        {cell(pair.live)}
        <td />
      </tr>
      <tr>
        <td>
          <strong>{t('canary.tried')}</strong>
        </td>
        {cell(pair.canary)}
        <td>{pair.canary.requests > 0 && <Link href={`/requests${query({ service, route: canaryRoute, since })}`}>{t('canary.requests')}</Link>}</td>
      </tr>
    </>
  );
}

export function CanaryCompared({ service }: { service: Resource }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const since = sinceOf(service.status?.['canary']);
  const name = String(service['name']);
  const version = typeof service['version'] === 'string' ? { version: service['version'] } : {};
  const report = useReport({ group: ['route'], since, limit: 200, filters: { service: name, ...version } }, may(me, 'usage:read'));
  if (!may(me, 'usage:read')) return null;
  if (report.error !== null) return <ErrorNote error={report.error} />;
  if (report.data === undefined) return <Spinner />;
  const pairs = pairsOf(report.data.rows);
  const total = totalOf(pairs);
  const verdict = verdictOf(total);
  const percent = (side: Side): string => (rateOf(side) ?? 0).toLocaleString(locale, { style: 'percent', maximumFractionDigits: 1 });
  return (
    <>
      <Note kind={tones[verdict]}>{t(`canary.${verdict}`, { canary: percent(total.canary), live: percent(total.live), n: count(total.canary.requests, locale) })}</Note>
      {pairs.length > 0 && (
        <LogTable label={t('canary.title')} columns={[t('canary.operation'), t('canary.side'), t('home.requests'), t('canary.rate'), t('analytics.p50'), t('home.p95')]}>
          {pairs.map((pair) => (
            <Row key={pair.operation} pair={pair} since={since} service={name} />
          ))}
        </LogTable>
      )}
    </>
  );
}
