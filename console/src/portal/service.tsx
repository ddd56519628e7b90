/** One service as its users need it: what it is, how long it lasts, its operations, and the plans to have it under. */
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { Problem } from '../api/client.ts';
import { type OfferedService, type Plan, type Subscription, useApplications, usePortalService } from '../api/portal.ts';
import { Badge, Button, Code, Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { limitOf } from '../lib/limits.ts';
import { placeOfService } from '../lib/offered-places.ts';
import { EndingNote } from './ending.tsx';
import { SubscriptionState, useLimitName } from './subscription-state.tsx';
import { SignInLink } from './sign-in.tsx';
import { Subscribe } from './subscribe.tsx';
import { Operations } from './try.tsx';

const ServiceNews = lazy(() => import('./news.tsx').then(({ ServiceNews: page }) => ({ default: page })));
const Endpoints = lazy(() => import('./endpoints.tsx'));

function Versions({ service }: { service: OfferedService }) {
  const { t } = useLanguage();
  if (service.versions.length < 2) return null;
  return (
    <nav aria-label={t('portal.versions')} className="chips">
      <span className="faint">{t('portal.versions')}</span>
      {service.versions.map((v) => (
        <Link key={v.key} href={placeOfService(v.key)} {...(v.key === service.key ? { 'aria-current': 'page' as const } : {})}>
          {v.version ?? v.key}
        </Link>
      ))}
    </nav>
  );
}

function OnePlan({ service, plan, onChoose }: { service: string; plan: Plan; onChoose: (() => void) | undefined }) {
  const { t, locale, maybe } = useLanguage();
  const limitName = useLimitName();
  return (
    <li className="model-row">
      <div className="grow">
        <strong>{plan.title ?? plan.name}</strong> {plan.approval === 'manual' && <Badge tone="warn">{t('portal.approval')}</Badge>}
        {plan.description !== undefined && <p>{plan.description}</p>}
        {plan.limits.map((l, i) => {
          const { amount, span } = limitOf(l, locale);
          return (
            <p className="faint" key={i}>
              {t('portal.per', { what: limitName(String(l['type'])), limit: amount, window: maybe(`portal.period.${span}`) ?? span })}
            </p>
          );
        })}
      </div>
      {onChoose !== undefined && (
        <Button look="primary" onPress={onChoose} aria-label={t('portal.subscribe.to', { service, plan: plan.title ?? plan.name })}>
          {t('portal.subscribe')}
        </Button>
      )}
    </li>
  );
}

/** Which of one's own applications have it already, and how. */
function Own({ service }: { service: OfferedService }) {
  const { t } = useLanguage();
  const own = useApplications().data?.items ?? [];
  const isOfIt = (s: Subscription): boolean => s.service === service.key.split('@')[0] && s.state !== 'ended';
  const having = own.flatMap((a) => a.subscriptions.filter(isOfIt).map((s) => ({ application: a.key, subscription: s })));
  if (having.length === 0) return null;
  return (
    <section className="card" aria-label={t('portal.own')}>
      <h2>{t('portal.own')}</h2>
      <ul className="plain-list">
        {having.map(({ application, subscription: s }) => (
          <li key={s.key} className="chips">
            <Link href={`/applications/${encodeURIComponent(application)}`}>{application}</Link>
            <span className="faint">{service.plans.find((p) => p.name === s.plan)?.title ?? s.plan}</span>
            <SubscriptionState state={s.state} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Plans({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const [plan, setPlan] = useState<Plan>();
  if (service.lifecycle === 'retired') return null;
  return (
    <section className="card" aria-label={t('portal.plans')}>
      <h2>{t('portal.plans')}</h2>
      {service.plans.length === 0 && <p className="faint">{t('portal.plans.none')}</p>}
      <ul className="plain-list">
        {service.plans.map((p) => (
          <OnePlan key={p.name} service={service.title ?? service.name} plan={p} onChoose={isGuest ? undefined : () => setPlan(p)} />
        ))}
      </ul>
      {isGuest && service.plans.length > 0 && <SignInLink />}
      {plan !== undefined && <Subscribe service={service} plan={plan} onClose={() => setPlan(undefined)} />}
    </section>
  );
}

/** How callers prove themselves, so that one makes the right thing for one's application. */
function Proofs({ service }: { service: OfferedService }) {
  const { t } = useLanguage();
  if (service.credentials.length === 0) return null;
  return (
    <p className="chips">
      <span className="faint">{t('proof.takes')}</span>
      {service.credentials.map((c) => (
        <Badge key={c.type}>{t(`proof.${c.type}`)}</Badge>
      ))}
    </p>
  );
}

export default function ServicePage({ name, isGuest }: { name: string; isGuest: boolean }) {
  const { t } = useLanguage();
  const { data: service, error, refetch } = usePortalService(name);
  if (error instanceof Problem && error.status === 404)
    return (
      <Empty isPage title={t('portal.gone')} hint={t('portal.gone.hint')}>
        <p>
          <Link href="/">{t('portal.gone.back')}</Link>
          {isGuest && (
            <>
              {' · '}
              <SignInLink />
            </>
          )}
        </p>
      </Empty>
    );
  if (error !== null) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (service === undefined) return <Spinner />;
  return (
    <>
      <p className="crumbs">
        <Link href="/">{t('portal.catalogue')}</Link>
      </p>
      <h1>{service.title ?? service.name}</h1>
      {service.summary !== undefined && <p className="faint">{service.summary}</p>}
      <EndingNote service={service} />
      <Versions service={service} />
      <Code label={service.key} text={`${service.url}${service.prefix ?? ''}`} />
      <Proofs service={service} />
      {service.has_openapi && (
        <p>
          <a href={`/api/v1/portal/services/${encodeURIComponent(service.key)}/openapi`}>{t('portal.document')}</a>
        </p>
      )}
      {!isGuest && <Own service={service} />}
      <Plans service={service} isGuest={isGuest} />
      {service.readme_html !== '' && (
        <section className="card" aria-label={t('portal.about')}>
          <div className="readme" dangerouslySetInnerHTML={{ __html: service.readme_html }} />
        </section>
      )}
      {service.kind === 'ai' ? (
        <Suspense fallback={<Spinner />}>
          <Endpoints service={service} isGuest={isGuest} />
        </Suspense>
      ) : (
        <Operations service={service} isGuest={isGuest} />
      )}
      <Suspense fallback={null}>
        <ServiceNews service={service.key} />
      </Suspense>
    </>
  );
}
