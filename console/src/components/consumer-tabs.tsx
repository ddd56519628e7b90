/** What belongs to a consumer: its keys, made and rotated in place; what it may call and how much of that is used; what it used. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { get, post, request } from '../api/client.ts';
import type { Limit } from '../api/portal.ts';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { endOf, expiries, type Expiry, isOver } from '../lib/expiry.ts';
import { askedEvery } from '../lib/failures.ts';
import { ago } from '../lib/format.ts';
import type { TabProps } from '../tabs.ts';
import { OnOff } from './on-off.tsx';
import { Quota } from './quota.tsx';
import { SecretWindow, secretOf } from './secret-window.tsx';
import { ResourceState } from './state.tsx';
import { LongCards, LongTable, type Seen } from './long.tsx';
import { useTitles } from './shell.tsx';
import { Badge, Button, DeleteQuestion, Empty, ErrorNote, FormFoot, Select, Spinner, TextField, Window } from './ui.tsx';

/* ------------------------------------------------------------------ keys */

function useKeyChange<A>(run: (argument: A) => Promise<unknown>, onSecret: (secret: string | undefined) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['list'] });
      onSecret(secretOf(answer));
    },
  });
}

interface Made {
  onSecret: (secret: string | undefined) => void;
  onClose: () => void;
}

function NewKeyWindow({ consumer, onSecret, onClose }: Made & { consumer: string }) {
  const { t } = useLanguage();
  const [name, setName] = useState('');
  const [days, setDays] = useState<Expiry>('');
  const make = useKeyChange(() => post('/credentials', { name, consumer, expires: endOf(days, Date.now()) }), onSecret);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    make.mutate(undefined);
  };
  return (
    <Window title={t('keys.new.of', { consumer })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField label={t('tokens.name')} help={t('keys.name.help')} isRequired maxLength={64} value={name} onChange={setName} autoFocus autoComplete="off" />
        <Select label={t('tokens.expiry')} value={days} choices={expiries.map((id) => ({ id, text: id === '' ? t('tokens.never') : t('tokens.days', { days: id }) }))} onChange={(id) => setDays(id as Expiry)} />
        <FormFoot submit={t('create.submit')} error={make.error} isPending={make.isPending} onClose={onClose} />
      </form>
    </Window>
  );
}

const overlaps = ['0s', '1h', '1d', '7d', '30d'] as const;

/** The key before works on for a while, so that nothing stands still while clients are changed. */
function RotateWindow({ name, onSecret, onClose }: Made & { name: string }) {
  const { t } = useLanguage();
  const [overlap, setOverlap] = useState('1d');
  const rotate = useKeyChange(() => post(`/credentials/${encodeURIComponent(name)}/rotate`, { overlap }), onSecret);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    rotate.mutate(undefined);
  };
  return (
    <Window title={t('portal.key.rotate.of', { name })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>{t('keys.rotate.text')}</p>
        <Select label={t('keys.overlap')} value={overlap} choices={overlaps.map((id) => ({ id, text: t(`keys.overlap.${id}`) }))} onChange={setOverlap} />
        <FormFoot submit={t('portal.key.rotate')} error={rotate.error} isPending={rotate.isPending} onClose={onClose} />
      </form>
    </Window>
  );
}

function DeleteKeyWindow({ name, onSecret, onClose }: Made & { name: string }) {
  const { t } = useLanguage();
  const remove = useKeyChange(() => request(`/credentials/${encodeURIComponent(name)}`, { method: 'DELETE', etag: '*' }), onSecret);
  return <DeleteQuestion title={t('detail.delete.title', { name })} text={t('tokens.revoke.text')} error={remove.error} isPending={remove.isPending} onDelete={() => remove.mutate(undefined)} onClose={onClose} />;
}

function KeyState({ credential }: { credential: Resource }) {
  const { t, locale } = useLanguage();
  const former = credential.status?.['former_until'];
  const isFormer = typeof former === 'string' && !isOver(former, Date.now());
  return (
    <>
      {credential['disabled'] === true ? (
        <Badge tone="bad">{t('tokens.disabled')}</Badge>
      ) : isOver(credential['expires'], Date.now()) ? (
        <Badge tone="bad">{t('tokens.expired')}</Badge>
      ) : (
        <Badge tone="good">{t('tokens.active')}</Badge>
      )}{' '}
      {isFormer && <span className="faint">{t('keys.former', { when: ago(former, Date.now(), locale) })}</span>}
    </>
  );
}

type Asked = 'rotate' | 'delete';

function KeyRow({ credential, seen, onAsk }: { credential: Resource; seen: Seen; onAsk: (what: Asked) => void }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const { key } = credential;
  const prefix = credential.status?.['prefix'];
  const { maybe } = useLanguage();
  const kind = String(credential['type'] ?? (credential['username'] === undefined ? 'api_key' : 'basic'));
  const ends = credential['expires'];
  return (
    <tr {...seen}>
      <th scope="row">
        <Link href={`/credentials/${encodeURIComponent(key)}`}>{key}</Link> {typeof prefix === 'string' && <code className="faint">{prefix}…</code>}
      </th>
      <td>{maybe(`proof.${kind}`) ?? kind}</td>
      <td>
        <KeyState credential={credential} />
      </td>
      <td title={credential.created_at}>{ago(credential.created_at, Date.now(), locale)}</td>
      <td title={String(ends ?? '')}>{typeof ends === 'string' ? ago(ends, Date.now(), locale) : t('common.never')}</td>
      <td className="actions">
        {may(me, 'credentials:rotate') && (
          <Button look="quiet" aria-label={`${t('portal.key.rotate')}: ${key}`} onPress={() => onAsk('rotate')}>
            {t('portal.key.rotate')}
          </Button>
        )}
        {may(me, 'credentials:update') && <OnOff plural="credentials" resource={credential} />}
        {may(me, 'credentials:delete') && (
          <Button look="quiet" aria-label={`${t('detail.delete')}: ${key}`} onPress={() => onAsk('delete')}>
            {t('detail.delete')}
          </Button>
        )}
      </td>
    </tr>
  );
}

const keyColumns = ['tokens.name', 'keys.kind', 'tokens.state', 'keys.made', 'tokens.expires'] as const;

export function ConsumerKeys({ resource: consumer }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const list = useList('credentials', { filter: { consumer: consumer.key } });
  const [asked, setAsked] = useState<{ what: Asked | 'new'; name: string }>();
  const [secret, setSecret] = useState<string>();
  const all = list.data?.pages.flatMap((p) => p.items) ?? [];
  const close = (): void => setAsked(undefined);
  const made: Made = {
    onClose: close,
    onSecret: (text) => {
      close();
      setSecret(text);
    },
  };
  const make = may(me, 'credentials:create') && (
    <Button look="primary" onPress={() => setAsked({ what: 'new', name: '' })}>
      {t('keys.new')}
    </Button>
  );
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <>
      {all.length === 0 ? (
        <Empty title={t('keys.none')} hint={t('keys.none.hint')}>
          {make}
        </Empty>
      ) : (
        <>
          <div className="head">
            <span className="grow" />
            {make}
          </div>
          <LongTable
            label={t('keys.title')}
            columns={keyColumns.map((c) => t(c))}
            rows={all}
            list={list}
            row={(c, seen) => <KeyRow key={c.id} credential={c} seen={seen} onAsk={(what) => setAsked({ what, name: c.key })} />}
          />
        </>
      )}
      {asked?.what === 'new' && <NewKeyWindow consumer={consumer.key} {...made} />}
      {asked?.what === 'rotate' && <RotateWindow name={asked.name} {...made} />}
      {asked?.what === 'delete' && <DeleteKeyWindow name={asked.name} {...made} />}
      <SecretWindow secret={secret} onClose={() => setSecret(undefined)} />
    </>
  );
}

/* ------------------------------------------------------------------ subscriptions */

interface Counted {
  is_served: boolean;
  limits: Limit[];
}

/** The very counters by which requests are let in, on the node that is asked. */
export function Quotas({ resource: subscription }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const counted = useQuery({
    queryKey: ['limits', subscription.key],
    queryFn: ({ signal }) => get<Counted>(`/subscriptions/${encodeURIComponent(subscription.key)}/usage`, signal),
    refetchInterval: askedEvery(5000),
  });
  if (counted.isPending) return <Spinner />;
  if (counted.error !== null) return <ErrorNote error={counted.error} onRetry={() => void counted.refetch()} />;
  const { is_served, limits } = counted.data;
  if (!is_served) return <p className="faint">{t('quota.unserved')}</p>;
  if (limits.length === 0) return <p className="faint">{t('quota.none')}</p>;
  return (
    <>
      {limits.map((l) => (
        <Quota key={`${l.type}.${l.name}`} limit={l} />
      ))}
    </>
  );
}

export function ConsumerSubscriptions({ resource: consumer }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const title = useTitles();
  const list = useList('subscriptions', { filter: { consumer: consumer.key } });
  const all = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (all.length === 0) return <Empty title={t('consumer.subscriptions.none')} hint={t('consumer.subscriptions.hint')} />;
  return (
    <LongCards
      label={title('subscriptions')}
      rows={all}
      list={list}
      card={(s) => (
        <section className="card" key={s.id}>
            <div className="head">
              <h2 className="section-title">
                <Link href={`/subscriptions/${encodeURIComponent(s.key)}`}>{String(s['service'])}</Link>
              </h2>
              <Link className="faint" href={`/plans/${encodeURIComponent(String(s['plan']))}`}>
                {String(s['plan'])}
              </Link>
              <ResourceState resource={s} />
            </div>
            {s.status?.['state'] === 'approved' && <Quotas resource={s} />}
        </section>
      )}
    />
  );
}
