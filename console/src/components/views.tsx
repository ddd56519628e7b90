/** Saved views of analytics: one's own and those that are shared, opened, renamed, shared and deleted in one window. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { get, post } from '../api/client.ts';
import { may, type Resource, specOf, useCreate, useList, useMe, usePatch, useRemove } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { type Asked, askedOf, forgetOldView, isSame, newKey, readOldViews, searchOf } from '../lib/views.ts';
import { LongList, type Seen } from './long.tsx';
import { useUndo } from './undo.tsx';
import { Badge, Button, Empty, ErrorNote, FormFoot, Note, Select, Spinner, TextField, Window } from './ui.tsx';

const titleOf = (view: Resource): string => String(view['title'] ?? view.key);
const etagOf = (view: Resource): string => `"${view.revision}"`;

/* ------------------------------------------------------------------ for whom */

const mine = 'me';
const everybody = 'all';

/** The members that say whose a view is. */
function ownersOf(place: string, user: string): Record<string, unknown> {
  if (place === mine) return { user, team: null };
  return { user: null, team: place.startsWith('t:') ? place.slice(2) : null };
}

function placeOf(view: Resource): string {
  if (typeof view['user'] === 'string') return mine;
  return typeof view['team'] === 'string' ? `t:${view['team']}` : everybody;
}

function usePlaceText(): (place: string) => string {
  const { t } = useLanguage();
  return (place) => (place === mine ? t('analytics.view.mine') : place === everybody ? t('analytics.view.all') : t('analytics.view.team', { team: place.slice(2) }));
}

function PlaceInput({ value, onChange }: { value: string; onChange: (place: string) => void }) {
  const { t } = useLanguage();
  const text = usePlaceText();
  const teams = useList('teams', { limit: 500 }).data?.pages.flatMap((p) => p.items.map((team) => `t:${team.key}`)) ?? [];
  const places = [...new Set([mine, everybody, ...teams, value])];
  return <Select label={t('analytics.view.for')} value={value} choices={places.map((id) => ({ id, text: text(id) }))} onChange={onChange} />;
}

/* ------------------------------------------------------------------ those there are */

/** Its name and for whom it is, for who may share it. */
function EditForm({ view, onClose }: { view: Resource; onClose: () => void }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [title, setTitle] = useState(titleOf(view));
  const [place, setPlace] = useState(placeOf(view));
  const patch = usePatch('views', view.key);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    const owners = place === placeOf(view) ? {} : ownersOf(place, me?.user ?? '');
    patch.mutate({ patch: { title: title.trim(), ...owners }, etag: etagOf(view) }, { onSuccess: onClose });
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField label={t('analytics.view.name')} isRequired maxLength={64} value={title} onChange={setTitle} autoFocus />
      {may(me, 'views:update') && <PlaceInput value={place} onChange={setPlace} />}
      <FormFoot submit={t('detail.save')} error={patch.error} isPending={patch.isPending} isDisabled={title.trim() === ''} onClose={onClose} />
    </form>
  );
}

/** At once, and back by what is offered afterwards: when this row is gone, which hears of nothing any more. */
function DeleteButton({ view, onError }: { view: Resource; onError: (error: unknown) => void }) {
  const { t } = useLanguage();
  const remove = useRemove('views', view.key);
  const again = useCreate('views');
  const offer = useUndo();
  const gone = (): void => offer({ text: t('undo.deleted', { name: titleOf(view) }), undo: () => again.mutateAsync({ ...specOf(view), workspace: view.workspace }) });
  return (
    <Button look="quiet" aria-label={t('form.remove', { what: titleOf(view) })} isPending={remove.isPending} onPress={() => void remove.mutateAsync(etagOf(view)).then(gone, onError)}>
      ✕
    </Button>
  );
}

function ViewRow({ view, onOpen, onError, ...seen }: { view: Resource; onOpen: () => void; onError: (error: unknown) => void } & Seen) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const text = usePlaceText();
  const [isEdited, setEdited] = useState(false);
  const isMine = placeOf(view) === mine;
  return (
    <div className="entry" {...seen}>
      <div className="head">
        <Link href={`/analytics?view=${encodeURIComponent(view.key)}`} onClick={onOpen}>
          {titleOf(view)}
        </Link>
        {!isMine && <Badge>{text(placeOf(view))}</Badge>}
        <span className="grow" />
        {(isMine || may(me, 'views:update')) && (
          <Button look="quiet" aria-label={`${t('analytics.view.edit')}: ${titleOf(view)}`} onPress={() => setEdited(!isEdited)}>
            {t('analytics.view.edit')}
          </Button>
        )}
        {(isMine || may(me, 'views:delete')) && <DeleteButton view={view} onError={onError} />}
      </div>
      {isEdited && <EditForm view={view} onClose={() => setEdited(false)} />}
    </div>
  );
}

function Views({ onOpen }: { onOpen: () => void }) {
  const { t } = useLanguage();
  const list = useList('views', { sort: '-created_at' });
  const [error, setError] = useState<unknown>(null);
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  const views = list.data.pages.flatMap((p) => p.items);
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {views.length === 0 ? (
        <Empty title={t('analytics.view.none')} />
      ) : (
        <LongList label={t('analytics.views')} rows={views} list={list} row={(v, seen) => <ViewRow key={v.id} view={v} onOpen={onOpen} onError={setError} {...seen} />} />
      )}
    </>
  );
}

/* ------------------------------------------------------------------ more of them */

function SaveForm({ search }: { search: URLSearchParams }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [title, setTitle] = useState('');
  const [place, setPlace] = useState(mine);
  const create = useCreate('views');
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    create.mutate({ name: newKey(place === mine ? me?.user : undefined), title: title.trim(), ...askedOf(search), ...ownersOf(place, me?.user ?? '') }, { onSuccess: () => setTitle('') });
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField label={t('analytics.view.name')} help={t('analytics.view.hint')} maxLength={64} value={title} onChange={setTitle} />
      {may(me, 'views:create') && <PlaceInput value={place} onChange={setPlace} />}
      {create.error !== null && <ErrorNote error={create.error} />}
      <Button type="submit" look="primary" isPending={create.isPending} isDisabled={title.trim() === ''}>
        {t('analytics.view.save')}
      </Button>
    </form>
  );
}

/** Each that is moved is kept here no more: what fails is still there for another time. */
function OldViews() {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const client = useQueryClient();
  const [old, setOld] = useState(readOldViews);
  const move = useMutation({
    mutationFn: async () => {
      for (const view of old) {
        await post('/views', { name: newKey(me?.user), title: view.name.slice(0, 64), user: me?.user, ...askedOf(new URLSearchParams(view.search)) });
        forgetOldView(view.name);
      }
    },
    onSettled: () => {
      setOld(readOldViews());
      return client.invalidateQueries({ queryKey: ['list', 'views'] });
    },
  });
  if (old.length === 0) return null;
  return (
    <Note kind="info">
      <p>{t('analytics.view.old', { names: old.map((v) => v.name).join(', ') })}</p>
      {move.error !== null && <ErrorNote error={move.error} />}
      <Button isPending={move.isPending} onPress={() => move.mutate()}>
        {t('analytics.view.move')}
      </Button>
    </Note>
  );
}

export function ViewsButton({ search }: { search: URLSearchParams }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  if (!may(me, 'views:read')) return null;
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('analytics.views')}</Button>
      <Window title={t('analytics.views')} isOpen={isOpen} onClose={close}>
        <OldViews />
        <Views onOpen={close} />
        <SaveForm search={search} />
        <div className="actions">
          <Button onPress={close}>{t('common.close')}</Button>
        </div>
      </Window>
    </>
  );
}

/* ------------------------------------------------------------------ the one that is open */

/** The view that the address names. `isComing`: the address says no more yet than which, and what the view asks is put there. */
export function useOpenView(): { view: Resource | undefined; isComing: boolean; error: unknown } {
  const [search, setSearch] = useSearchParams();
  const key = search.get('view') ?? '';
  const isComing = key !== '' && [...search].length === 1;
  const one = useQuery({ queryKey: ['one', 'views', key], enabled: key !== '', queryFn: ({ signal }) => get<Resource>(`/views/${encodeURIComponent(key)}`, signal), retry: false });
  useEffect(() => {
    if (isComing && one.data !== undefined) setSearch(searchOf({ since: '24h', ...(one.data as Asked) }, key), { replace: true });
  }, [isComing, one.data, key, setSearch]);
  return { view: one.data, isComing, error: one.error };
}

/** Its name; and where something else is looked at meanwhile, that it can be what is kept. */
export function OpenView({ view, search }: { view: Resource; search: URLSearchParams }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const patch = usePatch('views', view.key);
  const asked = askedOf(search);
  const mayChange = placeOf(view) === mine || may(me, 'views:update');
  const change = { group_by: null, since: null, measure: null, ...asked, filters: { ...Object.fromEntries(Object.keys((view as Asked).filters ?? {}).map((name) => [name, null])), ...asked.filters } };
  return (
    <p className="chips">
      <span className="faint">{t('analytics.view.open', { name: titleOf(view) })}</span>
      {mayChange && !isSame(asked, { since: '24h', ...(view as Asked) }) && (
        <Button look="quiet" isPending={patch.isPending} onPress={() => patch.mutate({ patch: change, etag: etagOf(view) })}>
          {t('analytics.view.update')}
        </Button>
      )}
      {patch.error !== null && <ErrorNote error={patch.error} />}
    </p>
  );
}
