/** Who administers: users with what they may do and where; invited, changed, disabled, given a new password in place. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { Problem, post } from '../api/client.ts';
import { may, type Resource, useList, useMe, usePatch } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { LongTable, type Seen } from '../components/long.tsx';
import { OnOff } from '../components/on-off.tsx';
import { SecretWindow } from '../components/secret-window.tsx';
import { Badge, Button, Empty, ErrorNote, FormFoot, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useAddress, useSearchText } from '../lib/address.ts';
import { type Grant, grantsOf, grantText, newPassword, placeOf, withPlace } from '../lib/grants.ts';

const etagOf = (user: Resource): string => `"${user.revision}"`;

const keysOf = (list: ReturnType<typeof useList>): string[] => list.data?.pages.flatMap((p) => p.items.map((r) => r.key)) ?? [];

/** One row for each grant: the role, and where it holds. */
function GrantsInput({ value, onChange }: { value: Grant[]; onChange: (value: Grant[]) => void }) {
  const { t } = useLanguage();
  const roles = keysOf(useList('roles'));
  const workspaces = keysOf(useList('workspaces'));
  const teams = keysOf(useList('teams'));
  const places = [
    { id: '', text: t('members.everywhere') },
    ...workspaces.map((w) => ({ id: `w:${w}`, text: t('members.in', { workspace: w }) })),
    ...teams.map((team) => ({ id: `t:${team}`, text: t('members.of', { team }) })),
  ];
  const put = (i: number, g: Grant): void => onChange(value.map((old, k) => (k === i ? g : old)));
  return (
    <fieldset className="group">
      <legend>{t('members.grants')}</legend>
      {value.map((g, i) => (
        <div className="beside" role="group" aria-label={t('members.grant', { n: i + 1 })} key={i}>
          <Select label={t('members.role')} value={g.role === '' ? null : g.role} choices={roles.map((id) => ({ id, text: id }))} onChange={(role) => put(i, { ...g, role })} />
          {placeOf(g) === undefined ? <span>{grantText(g, t)}</span> : <Select label={t('members.where')} value={placeOf(g) ?? ''} choices={places} onChange={(place) => put(i, withPlace(g, place))} />}
          <Button look="quiet" aria-label={t('form.remove', { what: t('members.grant', { n: i + 1 }) })} onPress={() => onChange(value.filter((_, k) => k !== i))}>
            ✕
          </Button>
        </div>
      ))}
      <Button onPress={() => onChange([...value, { role: 'viewer' }])}>{t('members.grant.add')}</Button>
    </fieldset>
  );
}

/* ------------------------------------------------------------------ somebody new */

/** Their password is made here and shown once: who signs in with a provider needs none. */
function InviteWindow({ onMade, onClose }: { onMade: (password: string | undefined) => void; onClose: () => void }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const { data: me } = useMe();
  const mayGivePassword = may(me, 'users:set-password', true);
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [email, setEmail] = useState('');
  const [grants, setGrants] = useState<Grant[]>([{ role: 'viewer' }]);
  const invite = useMutation({
    mutationFn: async () => {
      const password = mayGivePassword ? newPassword() : undefined;
      await post('/users', { name, grants, ...(displayName === '' ? {} : { display_name: displayName }), ...(email === '' ? {} : { email }), ...(password === undefined ? {} : { password }) });
      return password;
    },
    onSuccess: onMade,
    onSettled: () => client.invalidateQueries({ queryKey: ['list'] }),
  });
  const errorAt = (at: string): string | undefined => (invite.error instanceof Problem ? invite.error.errors.find((e) => e.pointer === at)?.detail : undefined);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    invite.mutate();
  };
  return (
    <Window title={t('members.invite')} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField label={t('members.name')} help={t('members.name.help')} isRequired maxLength={64} value={name} onChange={setName} error={errorAt('/name')} autoFocus autoComplete="off" />
        <TextField label={t('members.display')} maxLength={128} value={displayName} onChange={setDisplayName} error={errorAt('/display_name')} autoComplete="off" />
        <TextField label={t('members.email')} type="email" maxLength={254} value={email} onChange={setEmail} error={errorAt('/email')} autoComplete="off" />
        <GrantsInput value={grants} onChange={setGrants} />
        <FormFoot submit={t('create.submit')} error={invite.error} isPending={invite.isPending} onClose={onClose} />
      </form>
    </Window>
  );
}

/* ------------------------------------------------------------------ somebody who is there */

function RolesWindow({ user, onClose }: { user: Resource; onClose: () => void }) {
  const { t } = useLanguage();
  const [grants, setGrants] = useState(() => grantsOf(user['grants']));
  const patch = usePatch('users', user.key);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    patch.mutate({ patch: { grants }, etag: etagOf(user) }, { onSuccess: onClose });
  };
  return (
    <Window title={t('members.roles.of', { name: user.key })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <GrantsInput value={grants} onChange={setGrants} />
        <FormFoot submit={t('detail.save')} error={patch.error} isPending={patch.isPending} onClose={onClose} />
      </form>
    </Window>
  );
}

function PasswordWindow({ user, onMade, onClose }: { user: Resource; onMade: (password: string) => void; onClose: () => void }) {
  const { t } = useLanguage();
  const reset = useMutation({
    mutationFn: async () => {
      const password = newPassword();
      await post(`/users/${encodeURIComponent(user.key)}/set-password`, { password });
      return password;
    },
    onSuccess: onMade,
  });
  return (
    <Window title={t('members.password.of', { name: user.key })} isOpen onClose={onClose}>
      <p>{t('members.password.text')}</p>
      {reset.error !== null && <ErrorNote error={reset.error} />}
      <div className="actions">
        <Button look="danger" isPending={reset.isPending} onPress={() => reset.mutate()}>
          {t('members.password')}
        </Button>
        <Button onPress={onClose}>{t('common.cancel')}</Button>
      </div>
    </Window>
  );
}

function State({ user }: { user: Resource }) {
  const { t, maybe } = useLanguage();
  if (user.status?.['state'] === 'requested') return <Badge tone="warn">{maybe('state.requested') ?? 'requested'}</Badge>;
  return user['disabled'] === true ? <Badge tone="bad">{t('tokens.disabled')}</Badge> : <Badge tone="good">{t('tokens.active')}</Badge>;
}

type Asked = 'roles' | 'password';

function Row({ user, seen, onAsk }: { user: Resource; seen: Seen; onAsk: (what: Asked) => void }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const grants = grantsOf(user['grants']);
  return (
    <tr {...seen}>
      <th scope="row">
        <Link href={`/users/${encodeURIComponent(user.key)}`}>{user.key}</Link> <span className="faint">{String(user['display_name'] ?? '')}</span>
      </th>
      <td>{String(user['email'] ?? '—')}</td>
      <td>
        <State user={user} />
      </td>
      <td className="several">
        <span className="chips">
          {grants.map((g) => (
            <Badge key={JSON.stringify(g)}>{grantText(g, t)}</Badge>
          ))}
          {grants.length === 0 && <span className="faint">{t('members.grants.none')}</span>}
        </span>
      </td>
      <td className="actions">
        {may(me, 'users:update') && (
          <Button look="quiet" aria-label={`${t('members.roles')}: ${user.key}`} onPress={() => onAsk('roles')}>
            {t('members.roles')}
          </Button>
        )}
        {may(me, 'users:set-password') && (
          <Button look="quiet" aria-label={`${t('members.password')}: ${user.key}`} onPress={() => onAsk('password')}>
            {t('members.password')}
          </Button>
        )}
        {may(me, 'users:update') && user.key !== me?.user && <OnOff plural="users" resource={user} />}
      </td>
    </tr>
  );
}

/** Those with a role in one place, which stands in the address. */
function PlaceFilter({ value, onChange }: { value: string; onChange: (place: string) => void }) {
  const { t } = useLanguage();
  const workspaces = keysOf(useList('workspaces'));
  const teams = keysOf(useList('teams'));
  const choices = [
    { id: '', text: t('members.filter.all') },
    ...workspaces.map((w) => ({ id: `w:${w}`, text: t('members.filter.in', { workspace: w }) })),
    ...teams.map((team) => ({ id: `t:${team}`, text: t('members.filter.of', { team }) })),
  ];
  const isKnown = choices.some((c) => c.id === value);
  return <Select label={t('members.filter')} isLabelHidden value={value} choices={isKnown ? choices : [...choices, { id: value, text: value.slice(2) }]} onChange={onChange} />;
}

function filterOf(place: string): Record<string, string> {
  const [kind, name] = [place.slice(0, 2), place.slice(2)];
  if (kind === 'w:') return { 'grants.workspace': name };
  return kind === 't:' ? { 'grants.team': name } : {};
}

const columns = ['members.name', 'members.email', 'tokens.state', 'members.grants'] as const;

export default function MembersPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const { typed, type, q } = useSearchText();
  const [place, setPlace] = useAddress('in');
  const list = useList('users', { q, filter: filterOf(place) });
  const [isInviting, setInviting] = useState(false);
  const [asked, setAsked] = useState<{ what: Asked; user: Resource }>();
  const [password, setPassword] = useState<string>();
  const users = list.data?.pages.flatMap((p) => p.items) ?? [];
  const shown = (text: string | undefined): void => {
    setInviting(false);
    setAsked(undefined);
    setPassword(text);
  };
  return (
    <>
      <div className="head">
        <h1>{title('users')}</h1>
        <span className="grow" />
        <PlaceFilter value={place} onChange={setPlace} />
        <TextField aria-label={t('list.search')} label="" type="search" value={typed} onChange={type} placeholder={t('list.search')} />
        {may(me, 'users:create') && (
          <Button look="primary" onPress={() => setInviting(true)}>
            {t('members.invite')}
          </Button>
        )}
      </div>
      <p className="faint">{t('members.what')}</p>
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && users.length === 0 && <Empty title={q === '' ? t('members.none.there') : t('list.none', { q })} />}
      {users.length > 0 && (
        <LongTable
          label={title('users')}
          columns={columns.map((c) => t(c))}
          rows={users}
          list={list}
          row={(u, seen) => <Row key={u.id} user={u} seen={seen} onAsk={(what) => setAsked({ what, user: u })} />}
        />
      )}
      {isInviting && <InviteWindow onMade={shown} onClose={() => setInviting(false)} />}
      {asked?.what === 'roles' && <RolesWindow user={asked.user} onClose={() => setAsked(undefined)} />}
      {asked?.what === 'password' && <PasswordWindow user={asked.user} onMade={shown} onClose={() => setAsked(undefined)} />}
      <SecretWindow secret={password} onClose={() => setPassword(undefined)} />
    </>
  );
}
