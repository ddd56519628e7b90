/** API tokens: one's own, or those of everybody for who may; made with what each may and until when, and shown once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Radio, RadioGroup } from 'react-aria-components';
import { Link } from 'wouter';
import { Problem, get, post, request } from '../api/client.ts';
import { may, type Page, type Resource, useAction, useDescription, useList, useMe } from '../api/resources.ts';
import { LongTable, type Paged, type Seen } from '../components/long.tsx';
import { SecretWindow, secretOf } from '../components/secret-window.tsx';
import { Badge, Button, DeleteQuestion, Empty, ErrorNote, FormFoot, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { PermissionsInput } from '../forms/permissions-input.tsx';
import { ReferenceInput } from '../forms/reference-input.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useSearchText } from '../lib/address.ts';
import { endOf, expiries, type Expiry, isOver } from '../lib/expiry.ts';
import { ago } from '../lib/format.ts';
import { listOf } from '../lib/schema.ts';

/** Where they are asked for, and where they are made. */
const pathOf = (isOwn: boolean): string => (isOwn ? '/me/tokens' : '/tokens');

function useTokens(isOwn: boolean, q: string) {
  const own = useQuery({ queryKey: ['list', 'me/tokens'], queryFn: ({ signal }) => get<Page<Resource>>('/me/tokens', signal), enabled: isOwn });
  const all = useList('tokens', { q }, !isOwn);
  if (isOwn) return { ...own, items: own.data?.items, paged: undefined };
  return { ...all, items: all.data?.pages.flatMap((p) => p.items), paged: all };
}

/* ------------------------------------------------------------------ a new one */

function MakeWindow({ isOwn, onMade, onClose }: { isOwn: boolean; onMade: (secret: string | undefined) => void; onClose: () => void }) {
  const { t } = useLanguage();
  const { data: doc } = useDescription();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [user, setUser] = useState<string>();
  const [days, setDays] = useState<Expiry>('90');
  const [limit, setLimit] = useState('all');
  const [scopes, setScopes] = useState<string[]>([]);
  const make = useMutation({
    mutationFn: () =>
      post<Resource>(pathOf(isOwn), { name, ...(user === undefined ? {} : { user }), ...(limit === 'all' ? {} : { scopes }), expires: endOf(days, Date.now()) }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['list'] });
      onMade(secretOf(made));
    },
  });
  const errorAt = (at: string): string | undefined => (make.error instanceof Problem ? make.error.errors.find((e) => e.pointer === at)?.detail : undefined);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    make.mutate();
  };
  const isNothing = limit === 'some' && scopes.length === 0;
  return (
    <Window title={t('tokens.make')} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField label={t('tokens.name')} help={t('tokens.name.help')} isRequired maxLength={64} value={name} onChange={setName} error={errorAt('/name')} autoFocus />
        {!isOwn && <ReferenceInput plural="users" label={t('tokens.user')} help={t('tokens.user.help')} error={errorAt('/user')} isRequired={false} value={user ?? ''} onChange={setUser} />}
        <Select label={t('tokens.expiry')} value={days} choices={expiries.filter((id) => !isOwn || id !== '').map((id) => ({ id, text: id === '' ? t('tokens.never') : t('tokens.days', { days: id }) }))} onChange={(id) => setDays(id as Expiry)} />
        <RadioGroup className="field radios" value={limit} onChange={setLimit} aria-label={t('tokens.may')}>
          <span className="label">{t('tokens.may')}</span>
          <Radio value="all" className="radio">
            {t(isOwn ? 'tokens.all' : 'tokens.all.user')}
          </Radio>
          <Radio value="some" className="radio">
            {t('tokens.some')}
          </Radio>
        </RadioGroup>
        {limit === 'some' && doc !== undefined && <PermissionsInput doc={doc} value={scopes} onChange={(list) => setScopes(list ?? [])} />}
        <FormFoot submit={t('create.submit')} error={make.error} isPending={make.isPending} isDisabled={isNothing} onClose={onClose} />
      </form>
    </Window>
  );
}

/* ------------------------------------------------------------------ those there are */

const shownScopes = 2;

function Scopes({ token }: { token: Resource }) {
  const { t } = useLanguage();
  const scopes = listOf(token['scopes']).map(String);
  if (scopes.length === 0) return <span className="faint">{t('tokens.scopes.all')}</span>;
  return (
    <span title={scopes.join(', ')}>
      {scopes.slice(0, shownScopes).map((s) => (
        <code key={s}>{s} </code>
      ))}
      {scopes.length > shownScopes && <span className="faint">{t('tokens.scopes.more', { count: scopes.length - shownScopes })}</span>}
    </span>
  );
}

function State({ token }: { token: Resource }) {
  const { t } = useLanguage();
  if (token['disabled'] === true) return <Badge tone="bad">{t('tokens.disabled')}</Badge>;
  if (isOver(token['expires'], Date.now())) return <Badge tone="bad">{t('tokens.expired')}</Badge>;
  return <Badge tone="good">{t('tokens.active')}</Badge>;
}

function RevokeWindow({ isOwn, name, onClose }: { isOwn: boolean; name: string; onClose: () => void }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => request<void>(`${pathOf(isOwn)}/${encodeURIComponent(name)}`, { method: 'DELETE', etag: '*' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['list'] });
      onClose();
    },
  });
  return <DeleteQuestion title={t('tokens.revoke.title', { name })} text={t('tokens.revoke.text')} act={t('tokens.revoke')} error={remove.error} isPending={remove.isPending} onDelete={() => remove.mutate()} onClose={onClose} />;
}

function RotateButton({ name, onMade }: { name: string; onMade: (secret: string | undefined) => void }) {
  const { t } = useLanguage();
  const rotate = useAction('tokens', name, 'rotate');
  return (
    <Button look="quiet" aria-label={`${t('action.rotate')}: ${name}`} isPending={rotate.isPending} onPress={() => rotate.mutate({}, { onSuccess: (answer) => onMade(secretOf(answer)) })}>
      {t('action.rotate')}
    </Button>
  );
}

function Row({ isOwn, token, seen, onMade, onRevoke }: { isOwn: boolean; token: Resource; seen: Seen; onMade: (secret: string | undefined) => void; onRevoke: () => void }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const now = Date.now();
  const used = token.status?.['last_used_at'];
  const [from, prefix] = [token.status?.['last_used_from'], token.status?.['prefix']];
  return (
    <tr {...seen}>
      <th scope="row">
        {isOwn ? token.key : <Link href={`/tokens/${encodeURIComponent(token.key)}`}>{token.key}</Link>} {typeof prefix === 'string' && <code className="faint">{prefix}…</code>}
      </th>
      {!isOwn && (
        <td>
          <Link href={`/users/${encodeURIComponent(String(token['user']))}`}>{String(token['user'])}</Link>
        </td>
      )}
      <td>
        <State token={token} />
      </td>
      <td className="several">
        <Scopes token={token} />
      </td>
      <td title={typeof from === 'string' ? `${String(used)} · ${from}` : ''}>{typeof used === 'string' ? ago(used, now, locale) : t('common.never')}</td>
      <td title={String(token['expires'] ?? '')}>{typeof token['expires'] === 'string' ? ago(token['expires'], now, locale) : t('common.never')}</td>
      <td className="actions">
        {!isOwn && may(me, 'tokens:rotate') && <RotateButton name={token.key} onMade={onMade} />}
        {(isOwn || may(me, 'tokens:delete')) && (
          <Button look="quiet" aria-label={`${t('tokens.revoke')}: ${token.key}`} onPress={onRevoke}>
            {t('tokens.revoke')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Table({ isOwn, tokens, list, onMade, onRevoke }: { isOwn: boolean; tokens: Resource[]; list: Paged | undefined; onMade: (secret: string | undefined) => void; onRevoke: (name: string) => void }) {
  const { t } = useLanguage();
  const columns = ['tokens.name', ...(isOwn ? [] : (['tokens.user'] as const)), 'tokens.state', 'tokens.may', 'tokens.used', 'tokens.expires'] as const;
  return (
    <LongTable
      label={t('noun.tokens')}
      columns={columns.map((c) => t(c))}
      rows={tokens}
      list={list}
      row={(token, seen) => <Row key={token.id} isOwn={isOwn} token={token} seen={seen} onMade={onMade} onRevoke={() => onRevoke(token.key)} />}
    />
  );
}

export default function TokensPage({ isOwn }: { isOwn: boolean }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoked, setRevoked] = useState<string>();
  const { typed, type, q } = useSearchText();
  const list = useTokens(isOwn, q);
  const made = (text: string | undefined): void => {
    setMaking(false);
    setSecret(text);
  };
  const make = (isOwn || may(me, 'tokens:create')) && (
    <Button look="primary" onPress={() => setMaking(true)}>
      {t('tokens.make')}
    </Button>
  );
  return (
    <>
      <div className="head">
        <h1>{t(isOwn ? 'tokens.own' : 'noun.tokens')}</h1>
        <span className="grow" />
        {!isOwn && <TextField aria-label={t('list.search')} label="" type="search" value={typed} onChange={type} placeholder={t('list.search')} />}
        {make}
      </div>
      <p className="faint">{t(isOwn ? 'tokens.own.what' : 'tokens.what')}</p>
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.items?.length === 0 && (q === '' ? <Empty title={t('tokens.none')} hint={t('tokens.none.hint')} /> : <Empty title={t('list.none', { q })} />)}
      {list.items !== undefined && list.items.length > 0 && <Table isOwn={isOwn} tokens={list.items} list={list.paged} onMade={made} onRevoke={setRevoked} />}
      {isMaking && <MakeWindow isOwn={isOwn} onMade={made} onClose={() => setMaking(false)} />}
      {revoked !== undefined && <RevokeWindow isOwn={isOwn} name={revoked} onClose={() => setRevoked(undefined)} />}
      <SecretWindow secret={secret} onClose={() => setSecret(undefined)} />
    </>
  );
}
