/** One application: what it proves itself with, and what it may call how often. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { endSubscription, type Limit, type Subscription, useApplication, useQuota } from '../api/portal.ts';
import { Badge, ErrorNote, Spinner } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import { Asked, Credentials } from './credentials.tsx';

function Quota({ limit }: { limit: Limit }) {
  const { t, locale } = useLanguage();
  const text = t('portal.used', { used: String(limit.used ?? '—'), limit: String(limit.limit) });
  return (
    <div>
      <p>
        {titleOf(limit.type)}: {text} <span className="faint">{limit.unit}</span>{' '}
        {limit.resets_at !== undefined && <span className="faint">{t('portal.resets', { when: ago(limit.resets_at, Date.now(), locale) })}</span>}
      </p>
      {limit.used !== undefined && <meter className="bar" aria-label={titleOf(limit.type)} min={0} max={Number(limit.limit)} value={Number(limit.used)} title={text} />}
    </div>
  );
}

function Quotas({ subscription }: { subscription: string }) {
  const quota = useQuota(subscription);
  if (quota.error !== null) return <ErrorNote error={quota.error} onRetry={() => void quota.refetch()} />;
  return <>{quota.data?.limits.map((l) => <Quota key={`${l.type}.${l.name}`} limit={l} />)}</>;
}

function OneSubscription({ subscription }: { subscription: Subscription }) {
  const { t } = useLanguage();
  const state = subscription.state ?? 'approved';
  const isOver = state === 'ended' || state === 'rejected';
  return (
    <li className="card">
      <div className="head">
        <h3 className="section-title">{subscription.service}</h3>
        <span className="faint">{subscription.plan}</span>
        <Badge tone={state === 'approved' ? 'good' : 'warn'}>{t(`portal.state.${state}`)}</Badge>
        <span className="grow" />
        {!isOver && (
          <Asked
            label={t('portal.end')}
            title={t('portal.end.of', { name: subscription.service })}
            text={t('portal.end.text')}
            run={() => endSubscription(subscription.key)}
          />
        )}
      </div>
      {subscription.decision !== undefined && <p>{subscription.decision}</p>}
      {state === 'approved' && <Quotas subscription={subscription.key} />}
    </li>
  );
}

function Subscriptions({ list }: { list: Subscription[] }): ReactNode {
  const { t } = useLanguage();
  return (
    <section aria-label={t('portal.subscriptions')}>
      <h2>{t('portal.subscriptions')}</h2>
      {list.length === 0 && <p className="faint">{t('portal.subscriptions.none')}</p>}
      <ul className="plain-list">
        {list.map((s) => (
          <OneSubscription key={s.key} subscription={s} />
        ))}
      </ul>
    </section>
  );
}

export default function ApplicationPage({ name }: { name: string }) {
  const { t } = useLanguage();
  const { data, error, refetch } = useApplication(name);
  if (error !== null) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Spinner />;
  return (
    <>
      <p className="crumbs">
        <Link href="/applications">{t('portal.applications')}</Link>
      </p>
      <div className="head">
        <h1>{data.key}</h1>
        <span className="grow" />
        <Link href={`/usage?application=${encodeURIComponent(data.key)}`}>{t('portal.usage')}</Link>
      </div>
      <Credentials application={data.key} credentials={data.credentials} />
      <Subscriptions list={data.subscriptions} />
    </>
  );
}
