/** All resources of a kind: searched and paged by the server, drawn as far as they are seen. */
import { type ReactNode, useEffect } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Link, useLocation, useSearchParams } from 'wouter';
import type { Noun } from '../api/openapi.ts';
import { may, type Resource, useList, useMe, useNouns } from '../api/resources.ts';
import { type Paged, useLong } from '../components/long.tsx';
import { useTitles } from '../components/shell.tsx';
import { ResourceState } from '../components/state.tsx';
import { Button, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { useLanguage } from '../i18n/index.tsx';
import { useAddress, useSearchText } from '../lib/address.ts';
import { columnsOf, haveStates, textOf, titleOfColumn } from '../lib/columns.ts';
import { ago } from '../lib/format.ts';
import { listSort } from '../lib/lists.ts';

/** By what a list can be put in order: by the name it is, else the newest first. */
function SortHeader({ member, text, sort, onSort }: { member: string; text: string; sort: string; onSort: (sort: string) => void }) {
  const isReverse = sort === `-${member}`;
  const isSorted = isReverse || sort === member;
  return (
    <span role="columnheader" aria-sort={isSorted ? (isReverse ? 'descending' : 'ascending') : 'none'}>
      <AriaButton className="sort" onPress={() => onSort(isSorted && !isReverse ? `-${member}` : member)}>
        {text} <span aria-hidden="true">{isSorted ? (isReverse ? '▾' : '▴') : ''}</span>
      </AriaButton>
    </span>
  );
}

/** What a list says of each in its own way, where its members do not say enough. */
export interface Column {
  title: string;
  show: (resource: Resource) => ReactNode;
}

const isChoice = (noun: Noun | undefined, member: string): boolean => noun?.schema.properties?.[member]?.enum !== undefined;

/** Of the rows that came first, so that columns stay while one scrolls. */
const decidingRows = 100;

function useColumns(plural: string, rows: readonly Resource[]): Column[] {
  const { maybe } = useLanguage();
  const texts = useFormTexts();
  const noun = useNouns().find((n) => n.plural === plural);
  return columnsOf(noun, rows).map((c) => ({
    title: maybe(`field.${c}`) ?? texts.label(c) ?? titleOfColumn(c),
    show: (r) => <span title={textOf(r[c])}>{isChoice(noun, c) ? texts.meaning(c, textOf(r[c])) : textOf(r[c])}</span>,
  }));
}

interface RowsProps {
  plural: string;
  rows: Resource[];
  columns: Column[] | undefined;
  look: string | undefined;
  sort: string;
  onSort: (sort: string) => void;
  list: Paged;
  onSeen: ((keys: readonly string[]) => void) | undefined;
}

function Rows({ plural, rows, columns: own, look = '', sort, onSort, list, onSeen }: RowsProps) {
  const { t, locale } = useLanguage();
  const deciding = rows.slice(0, decidingRows);
  const ofNoun = useColumns(plural, deciding);
  const columns = own ?? ofNoun;
  const hasState = own !== undefined || haveStates(deciding);
  const long = useLong(rows.length, 44, { name: plural, list });
  const seen = long.seen.map(({ index }) => rows[index]?.key ?? '').join(',');
  useEffect(() => onSeen?.(seen.split(',').filter((key) => key !== '')), [seen, onSeen]);
  const now = Date.now();
  return (
    <div className="table" role="table" aria-rowcount={rows.length + 1} ref={long.box} tabIndex={0}>
      <div className={`row row-head ${look}`} role="row" aria-rowindex={1}>
        <SortHeader member="key" text={t('list.name')} sort={sort} onSort={onSort} />
        {columns.map((c) => (
          <span role="columnheader" key={c.title}>
            {c.title}
          </span>
        ))}
        {hasState && (
          <span role="columnheader" className="row-state">
            {t('list.state')}
          </span>
        )}
        <SortHeader member="updated_at" text={t('list.updated')} sort={sort} onSort={onSort} />
      </div>
      <div role="rowgroup" style={{ height: long.height, position: 'relative' }}>
        {long.seen.map(({ index, start }) => {
          const r = rows[index];
          if (r === undefined) return null;
          return (
            <div className={`row ${look}`} role="row" aria-rowindex={index + 2} key={r.id} style={{ transform: `translateY(${start}px)` }}>
              <span role="cell">
                <Link href={`/${plural}/${encodeURIComponent(r.key)}`}>{r.key}</Link>
              </span>
              {columns.map((c) => (
                <span role="cell" key={c.title}>
                  {c.show(r)}
                </span>
              ))}
              {hasState && (
                <span role="cell" className="row-state">
                  <ResourceState resource={r} />
                </span>
              )}
              <span role="cell" className="faint" title={`${r.updated_at} · ${r.updated_by}`}>
                {ago(r.updated_at, now, locale)}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** What else the address says, which the server filters by: `status.state`, `consumer`, `created_at[gt]`. */
const ownParameters = new Set(['q', 'sort']);

function useFilter(): Record<string, string> {
  const [search] = useSearchParams();
  return Object.fromEntries([...search].filter(([name]) => !ownParameters.has(name)));
}

const stateMember = 'status.state';

/** The states that a noun's description names. */
function statesOf(noun: Noun | undefined): string[] {
  const text = noun?.shown.properties?.['status']?.properties?.['state']?.description ?? '';
  return [...text.matchAll(/`([a-z_]+)`/g)].map((m) => m[1] ?? '');
}

function StateFilter({ noun }: { noun: Noun | undefined }) {
  const { t, maybe } = useLanguage();
  const [state, setState] = useAddress(stateMember);
  const states = statesOf(noun);
  if (states.length === 0) return null;
  const choices = [{ id: '', text: t('list.states.all') }, ...states.map((id) => ({ id, text: maybe(`state.${id}`) ?? id }))];
  return <Select label={t('list.state')} isLabelHidden value={state} choices={choices} onChange={setState} />;
}

/** Those that have no control of their own: shown, so that nobody wonders where the rest is, and taken away by a click. */
function OtherFilters({ filter }: { filter: Record<string, string> }) {
  const { t } = useLanguage();
  const [, setSearch] = useSearchParams();
  const others = Object.entries(filter).filter(([name]) => name !== stateMember);
  const remove = (name: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.delete(name);
      return next;
    });
  if (others.length === 0) return null;
  return (
    <p className="chips">
      {others.map(([name, value]) => (
        <Button key={name} aria-label={t('form.remove', { what: `${name} = ${value}` })} onPress={() => remove(name)}>
          {name} = {value} ✕
        </Button>
      ))}
    </p>
  );
}

interface ListPageProps {
  plural: string;
  columns?: Column[];
  look?: string; // a class of each row
  onSeen?: (keys: readonly string[]) => void; // of the rows that are drawn
  children?: ReactNode;
}

export default function ListPage({ plural, columns, look, onSeen, children }: ListPageProps) {
  const { t } = useLanguage();
  const { maybe } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { typed, type, q } = useSearchText();
  const [asked, setSort] = useAddress('sort');
  const sort = asked === '' ? listSort : asked;
  const filter = useFilter();
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === plural);
  const list = useList(plural, { q, sort, filter, isFresh: true });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const mayCreate = noun?.verbs.has('create') === true && may(me, `${plural}:create`);
  const create = mayCreate && (
    <Button look="primary" onPress={() => navigate(`/${plural}/new`)}>
      {t('list.create')}
    </Button>
  );
  const importDocument = mayCreate && plural === 'services' && <Button onPress={() => navigate('/import')}>{t('import.title')}</Button>;
  const isBlank = list.isSuccess && rows.length === 0 && q === '' && Object.keys(filter).length === 0;
  return (
    <>
      <div className="head">
        <h1>{title(plural)}</h1>
        <span className="grow" />
        {!isBlank && <StateFilter noun={noun} />}
        {!isBlank && <TextField aria-label={t('list.search')} label="" type="search" value={typed} onChange={type} placeholder={t('list.search')} />}
        {importDocument}
        {create}
      </div>
      <p className="faint">{maybe(`what.${plural}`) ?? noun?.summary}</p>
      <OtherFilters filter={filter} />
      {children}
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {isBlank && (
        <Empty title={t('list.empty')} hint={maybe(`teach.${plural}`) ?? t('list.empty.hint')}>
          {create}
        </Empty>
      )}
      {list.isSuccess && rows.length === 0 && !isBlank && <Empty title={q === '' ? t('list.none.such') : t('list.none', { q })} />}
      {rows.length > 0 && (
        <>
          <Rows
            plural={plural}
            rows={rows}
            sort={sort}
            onSort={setSort}
            columns={columns}
            look={look}
            list={list}
            onSeen={onSeen}
          />
          <p className="faint" role="status">
            {t('list.count', { count: rows.length })} {list.hasNextPage && t('list.more')}
          </p>
        </>
      )}
    </>
  );
}
