/** The end of a version: whether callers are told, when it stops, where they should go, and who still calls. */
import { Link } from 'wouter';
import type { Row } from '../api/reports.ts';
import { may, type Resource, useMe, useNouns } from '../api/resources.ts';
import { useReport } from '../api/use-report.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago, count } from '../lib/format.ts';
import { requestsPath } from '../lib/requests.ts';
import type { TabProps } from '../tabs.ts';
import { ActionButtons, useActionWindow } from './actions.tsx';
import { Badge, Empty, ErrorNote, LogTable, Spinner } from './ui.tsx';

const stages = ['active', 'deprecated', 'retired'] as const;
const tones = { active: 'good', deprecated: 'warn', retired: 'bad' } as const;

function Stages({ now }: { now: (typeof stages)[number] }) {
  const { t } = useLanguage();
  return (
    <ol className="stages">
      {stages.map((s) => (
        <li key={s} aria-current={s === now ? 'step' : undefined}>
          {s === now ? <Badge tone={tones[s]}>{t(`lifecycle.${s}`)}</Badge> : <span className="faint">{t(`lifecycle.${s}`)}</span>}
        </li>
      ))}
    </ol>
  );
}

function Dates({ service }: { service: Resource }) {
  const { t, locale } = useLanguage();
  const status = service.status ?? {};
  const told = ['deprecated_at', 'sunset_at', 'retired_at', 'successor', 'documentation', 'reason'] as const;
  const shown = told.filter((name) => typeof status[name] === 'string' && status[name] !== '');
  const text = (name: string, value: string): string =>
    name.endsWith('_at') ? `${new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(value))} (${ago(value, Date.now(), locale)})` : value;
  return (
    <dl className="facts">
      {shown.map((name) => (
        <div key={name}>
          <dt>{t(`lifecycle.${name}`)}</dt>
          <dd>{text(name, String(status[name]))}</dd>
        </div>
      ))}
    </dl>
  );
}

function Caller({ row, service }: { row: Row; service: Resource }) {
  const { t, locale } = useLanguage();
  const consumer = String(row.consumer ?? '');
  const last = row.steps?.findLast((s) => s.requests > 0)?.time;
  const version = service['version'];
  const to = requestsPath({ service: String(service['name']), since: '30d', ...(consumer === '' ? {} : { consumer }), ...(typeof version === 'string' ? { version } : {}) });
  return (
    <tr>
      <th scope="row">{consumer === '' ? t('analytics.nobody') : <Link href={`/consumers/${encodeURIComponent(consumer)}`}>{consumer}</Link>}</th>
      <td>
        <Link href={to} aria-label={`${count(row.requests, locale)}: ${t('home.requests.of', { what: consumer || t('analytics.nobody') })}`}>
          {count(row.requests, locale)}
        </Link>
      </td>
      <td>{last === undefined ? '' : new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(last))}</td>
      <td />
    </tr>
  );
}

/** Of the last thirty days, those who call most first. */
function Callers({ service }: { service: Resource }) {
  const { t, maybe } = useLanguage();
  const version = service['version'];
  const report = useReport({
    group: ['consumer'],
    since: '30d',
    step: 'day',
    order: '-requests',
    limit: 100,
    filters: { service: String(service['name']), ...(typeof version === 'string' ? { version } : {}) },
  });
  const rows = report.data?.rows ?? [];
  return (
    <section className="card">
      <h2>{t('lifecycle.callers')}</h2>
      {report.isPending && <Spinner />}
      {report.error !== null && <ErrorNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.isSuccess && rows.length === 0 && <Empty title={t('lifecycle.nobody')} hint={t('lifecycle.nobody.hint')} />}
      {rows.length > 0 && (
        <LogTable label={t('lifecycle.callers')} columns={[maybe('field.consumer') ?? '', t('home.requests'), t('lifecycle.last')]}>
          {rows.map((r) => (
            <Caller key={String(r.consumer)} row={r} service={service} />
          ))}
        </LogTable>
      )}
    </section>
  );
}

export function Lifecycle({ resource: service }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === 'services');
  const stage = stages.find((s) => s === service.status?.['lifecycle']) ?? 'active';
  const [choose, window] = useActionWindow(noun, service);
  if (noun === undefined) return <Spinner />;
  return (
    <>
      {window}
      <section className="card" aria-label={t('service.lifecycle')}>
        <div className="head">
          <Stages now={stage} />
          <span className="grow" />
          <ActionButtons resource={service} onChoose={choose} names={['deprecate', 'retire', 'reinstate']} />
        </div>
        <p className="faint">{t(`lifecycle.${stage}.text`)}</p>
        <Dates service={service} />
      </section>
      {may(me, 'usage:read') && <Callers service={service} />}
    </>
  );
}
