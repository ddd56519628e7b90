/** One application: its keys, shown when they are made and never again, and what it may call how often. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { actOnKey, type Credential, endSubscription, type Limit, makeKey, type Subscription, useApplication, usePortalChange, useQuota } from '../api/portal.ts';
import { Badge, Button, Code, ErrorNote, Spinner, TextField, Window } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';

/** A change that is asked about first. */
function Asked({ label, title, text, run }: { label: string; title: string; text: string; run: () => Promise<unknown> }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const change = usePortalChange(run);
  return (
    <>
      <Button onPress={() => setOpen(true)} aria-label={title}>
        {label}
      </Button>
      <Window title={title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{text}</p>
        {change.error !== null && <ErrorNote error={change.error} />}
        <div className="actions">
          <Button look="danger" isPending={change.isPending} onPress={() => change.mutate(undefined, { onSuccess: () => setOpen(false) })}>
            {label}
          </Button>
          <Button onPress={() => setOpen(false)}>{t('common.cancel')}</Button>
        </div>
      </Window>
    </>
  );
}

function Key({ credential, onSecret }: { credential: Credential; onSecret: (made: Credential) => void }) {
  const { t, locale } = useLanguage();
  const name = credential.key;
  return (
    <li className="model-row">
      <div className="grow">
        <strong>{name}</strong> {credential.prefix !== undefined && <code>{credential.prefix}…</code>}{' '}
        {credential.disabled === true && <Badge tone="bad">{t('portal.key.disabled')}</Badge>}
        <p className="faint">{ago(credential.created_at, Date.now(), locale)}</p>
      </div>
      {credential.disabled !== true && (
        <>
          <Asked
            label={t('portal.key.rotate')}
            title={t('portal.key.rotate.of', { name })}
            text={t('portal.key.rotate.text')}
            run={async () => onSecret(await actOnKey(name, 'rotate'))}
          />
          <Asked label={t('portal.key.disable')} title={t('portal.key.disable.of', { name })} text={t('portal.key.disable.text')} run={() => actOnKey(name, 'disable')} />
        </>
      )}
    </li>
  );
}

function Secret({ made, onClose }: { made: Credential; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Window title={t('secret.title')} isOpen onClose={onClose} isDismissable={false}>
      <p>{t('secret.text')}</p>
      <Code label={t('portal.key.secret')} text={made.secret ?? ''} />
      <div className="actions">
        <Button look="primary" onPress={onClose}>
          {t('secret.done')}
        </Button>
      </div>
    </Window>
  );
}

function Keys({ application, credentials }: { application: string; credentials: Credential[] }) {
  const { t } = useLanguage();
  const [name, setName] = useState('');
  const [made, setMade] = useState<Credential>();
  const make = usePortalChange((wish: string) => makeKey(application, wish));
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    make.mutate(name, {
      onSuccess: (key) => {
        setMade(key);
        setName('');
      },
    });
  };
  return (
    <section className="card" aria-label={t('portal.keys')}>
      <h2>{t('portal.keys')}</h2>
      {credentials.length === 0 && <p className="faint">{t('portal.keys.none')}</p>}
      <ul className="plain-list">
        {credentials.map((c) => (
          <Key key={c.key} credential={c} onSecret={setMade} />
        ))}
      </ul>
      <form className="beside" onSubmit={submit}>
        <TextField label={t('portal.key.name')} value={name} onChange={setName} maxLength={24} isRequired />
        <Button type="submit" isPending={make.isPending}>
          {t('portal.key.make')}
        </Button>
      </form>
      {make.error !== null && <ErrorNote error={make.error} />}
      {made?.secret !== undefined && <Secret made={made} onClose={() => setMade(undefined)} />}
    </section>
  );
}

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
      <Keys application={data.key} credentials={data.credentials} />
      <Subscriptions list={data.subscriptions} />
    </>
  );
}
