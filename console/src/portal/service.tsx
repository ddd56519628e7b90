/** One service as its users need it: what it is, how long it lasts, its operations, and the plans to have it under. */
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { type OfferedService, type Plan, usePortalService } from '../api/portal.ts';
import { Badge, Button, Code, ErrorNote, Note, Spinner } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { Subscribe } from './subscribe.tsx';
import { Operations } from './try.tsx';

const Endpoints = lazy(() => import('./endpoints.tsx'));

function day(time: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(time));
}

/** The server lets through only what is harmless in a link of a readme; this one is not from a readme. */
function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && /^https?:\/\//.test(text);
}

function Ending({ service }: { service: OfferedService }) {
  const { t, locale } = useLanguage();
  if (service.lifecycle !== 'deprecated') return null;
  return (
    <Note kind="info">
      <strong>{t('portal.deprecated')}</strong> {service.sunset_at !== undefined && t('portal.sunset', { date: day(service.sunset_at, locale) })}{' '}
      {service.successor !== undefined && (
        <>
          {t('portal.successor')}: <Link href={`/services/${encodeURIComponent(service.successor)}`}>{service.successor}</Link>{' '}
        </>
      )}
      {isWebAddress(service.documentation) && (
        <a href={service.documentation} rel="noreferrer">
          {service.documentation}
        </a>
      )}
    </Note>
  );
}

function Versions({ service }: { service: OfferedService }) {
  const { t } = useLanguage();
  if (service.versions.length < 2) return null;
  return (
    <nav aria-label={t('portal.versions')} className="chips">
      <span className="faint">{t('portal.versions')}</span>
      {service.versions.map((v) => (
        <Link key={v.key} href={`/services/${encodeURIComponent(v.key)}`} {...(v.key === service.key ? { 'aria-current': 'page' as const } : {})}>
          {v.version ?? v.key}
        </Link>
      ))}
    </nav>
  );
}

function OnePlan({ service, plan, onChoose }: { service: string; plan: Plan; onChoose: (() => void) | undefined }) {
  const { t } = useLanguage();
  return (
    <li className="model-row">
      <div className="grow">
        <strong>{plan.title ?? plan.name}</strong> {plan.approval === 'manual' && <Badge tone="warn">{t('portal.approval')}</Badge>}
        {plan.description !== undefined && <p>{plan.description}</p>}
        {plan.limits.map((l, i) => (
          <p className="faint" key={i}>
            {t('portal.per', { what: titleOf(String(l['type'])), limit: String(l['limit'] ?? ''), window: String(l['window'] ?? l['period'] ?? '') })}
          </p>
        ))}
      </div>
      {onChoose !== undefined && (
        <Button look="primary" onPress={onChoose} aria-label={t('portal.subscribe.to', { service, plan: plan.title ?? plan.name })}>
          {t('portal.subscribe')}
        </Button>
      )}
    </li>
  );
}

function Plans({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const [plan, setPlan] = useState<Plan>();
  return (
    <section className="card" aria-label={t('portal.plans')}>
      <h2>{t('portal.plans')}</h2>
      {service.plans.length === 0 && <p className="faint">{t('portal.plans.none')}</p>}
      <ul className="plain-list">
        {service.plans.map((p) => (
          <OnePlan key={p.name} service={service.title ?? service.name} plan={p} onChoose={isGuest ? undefined : () => setPlan(p)} />
        ))}
      </ul>
      {isGuest && service.plans.length > 0 && <Link href="/login">{t('portal.sign.in')}</Link>}
      {plan !== undefined && <Subscribe service={service} plan={plan} onClose={() => setPlan(undefined)} />}
    </section>
  );
}

function Changes({ service }: { service: OfferedService }) {
  const { t, locale } = useLanguage();
  const told = service.changes.filter((c) => c.reason !== undefined && c.reason !== '');
  if (told.length === 0) return null;
  return (
    <section className="card">
      <h2>{t('portal.changes')}</h2>
      <ul className="plain-list">
        {told.map((c) => (
          <li key={c.number}>
            <span className="faint">{day(c.at, locale)}</span> {c.reason}
          </li>
        ))}
      </ul>
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
  if (error !== null) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (service === undefined) return <Spinner />;
  return (
    <>
      <p className="crumbs">
        <Link href="/">{t('portal.catalogue')}</Link>
      </p>
      <h1>{service.title ?? service.name}</h1>
      {service.summary !== undefined && <p className="faint">{service.summary}</p>}
      <Ending service={service} />
      <Versions service={service} />
      <Code label={service.key} text={`${service.url}${service.prefix ?? ''}`} />
      <Proofs service={service} />
      {service.has_openapi && (
        <p>
          <a href={`/api/v1/portal/services/${encodeURIComponent(service.key)}/openapi`}>{t('portal.document')}</a>
        </p>
      )}
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
      <Changes service={service} />
    </>
  );
}
