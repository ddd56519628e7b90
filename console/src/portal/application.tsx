/** One application: what it proves itself with, and what it may call how often. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { endSubscription, type Subscription, useApplication, useQuota } from '../api/portal.ts';
import { Quota } from '../components/quota.tsx';
import { Badge, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { placeOfService } from '../lib/offered-places.ts';
import { Asked, Credentials } from './credentials.tsx';
import { EndingNote, isEnding } from './ending.tsx';
import { SubscriptionState } from './subscription-state.tsx';

function Quotas({ subscription }: { subscription: string }) {
  const quota = useQuota(subscription);
  if (quota.error !== null) return <ErrorNote error={quota.error} onRetry={() => void quota.refetch()} />;
  return <>{quota.data?.limits.map((l) => <Quota key={`${l.type}.${l.name}`} limit={l} />)}</>;
}

/** Its service by the name that people know; what can no longer be found stays a word. */
function ServiceName({ subscription: { service, versions = [] } }: { subscription: Subscription }) {
  const { t } = useLanguage();
  const found = versions.find((v) => !isEnding(v)) ?? versions[0];
  if (found === undefined)
    return (
      <>
        {service} <Badge>{t('portal.unfound')}</Badge>
      </>
    );
  return <Link href={placeOfService(found.key)}>{found.title ?? service}</Link>;
}

function OneSubscription({ subscription }: { subscription: Subscription }) {
  const { t } = useLanguage();
  const state = subscription.state ?? 'approved';
  const isOver = state === 'ended' || state === 'rejected';
  const versions = subscription.versions ?? [];
  return (
    <li className="card">
      <div className="head">
        <h3 className="section-title">
          <ServiceName subscription={subscription} />
        </h3>
        <span className="faint">{subscription.plan_title ?? subscription.plan}</span>
        <SubscriptionState state={state} />
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
      {!isOver && versions.map((v) => <EndingNote key={v.key} service={v} {...(versions.length > 1 ? { name: v.version ?? v.key } : {})} />)}
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
