/** All resources of a kind: searched and paged by the server, drawn as far as they are seen. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { may, type Resource, useList, useMe, useNouns } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { Badge, Button, Empty, ErrorNote, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { columnsOf, textOf, titleOfColumn } from '../lib/columns.ts';
import { ago } from '../lib/format.ts';

const tones: Record<string, 'good' | 'warn' | 'bad' | 'plain'> = {
  published: 'good',
  approved: 'good',
  active: 'good',
  draft: 'plain',
  requested: 'warn',
  deprecated: 'warn',
  suspended: 'warn',
  offline: 'bad',
  retired: 'bad',
};

export function State({ resource }: { resource: Resource }) {
  const { t, maybe } = useLanguage();
  const state = resource.status?.['state'];
  return (
    <>
      {typeof state === 'string' && <Badge tone={tones[state] ?? 'plain'}>{maybe(`state.${state}`) ?? state}</Badge>}{' '}
      {resource.status?.['has_draft'] === true && state !== 'draft' && <Badge tone="warn">{t('list.draft')}</Badge>}
    </>
  );
}

function Rows({ plural, rows, onEnd }: { plural: string; rows: Resource[]; onEnd: () => void }) {
  const { t, locale, maybe } = useLanguage();
  const box = useRef<HTMLDivElement>(null);
  const noun = useNouns().find((n) => n.plural === plural);
  const columns = columnsOf(noun);
  const view = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => 44, overscan: 12 });
  const visible = view.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 20) onEnd();
  }, [last, rows.length, onEnd]);
  const now = Date.now();
  return (
    <div className="table" role="table" aria-rowcount={rows.length + 1} ref={box} tabIndex={0}>
      <div className="row row-head" role="row" aria-rowindex={1}>
        <span role="columnheader">{t('list.name')}</span>
        {columns.map((c) => (
          <span role="columnheader" key={c}>
            {maybe(`field.${c}`) ?? titleOfColumn(c)}
          </span>
        ))}
        <span role="columnheader">{t('list.state')}</span>
        <span role="columnheader">{t('list.updated')}</span>
      </div>
      <div role="rowgroup" style={{ height: view.getTotalSize(), position: 'relative' }}>
        {visible.map(({ index, start }) => {
          const r = rows[index];
          if (r === undefined) return null;
          return (
            <div className="row" role="row" aria-rowindex={index + 2} key={r.id} style={{ transform: `translateY(${start}px)` }}>
              <span role="cell">
                <Link href={`/${plural}/${encodeURIComponent(r.key)}`}>{r.key}</Link>
              </span>
              {columns.map((c) => (
                <span role="cell" key={c} title={textOf(r[c])}>
                  {textOf(r[c])}
                </span>
              ))}
              <span role="cell">
                <State resource={r} />
              </span>
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

export default function ListPage({ plural, children }: { plural: string; children?: ReactNode }) {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const [q, setQ] = useState(search.get('q') ?? '');
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === plural);
  const list = useList(plural, { q: search.get('q') ?? '', isFresh: true });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  useEffect(() => {
    const timer = setTimeout(() => {
      if (q !== (search.get('q') ?? '')) setSearch(q === '' ? {} : { q }, { replace: true });
    }, 200);
    return () => clearTimeout(timer);
  }, [q, search, setSearch]);
  const mayCreate = noun?.verbs.has('create') === true && may(me, `${plural}:create`);
  const create = mayCreate && (
    <Button look="primary" onPress={() => navigate(`/${plural}/new`)}>
      {t('list.create')}
    </Button>
  );
  const importDocument = mayCreate && plural === 'services' && <Button onPress={() => navigate('/import')}>{t('import.title')}</Button>;
  const isBlank = list.isSuccess && rows.length === 0 && (search.get('q') ?? '') === '';
  return (
    <>
      <div className="head">
        <h1>{title(plural)}</h1>
        <span className="grow" />
        {!isBlank && <TextField aria-label={t('list.search')} label="" type="search" value={q} onChange={setQ} placeholder={t('list.search')} />}
        {importDocument}
        {create}
      </div>
      <p className="faint">{noun?.summary}</p>
      {children}
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {isBlank && (
        <Empty title={t('list.empty')} hint={t('list.empty.hint')}>
          {create}
        </Empty>
      )}
      {list.isSuccess && rows.length === 0 && !isBlank && <Empty title={t('list.none', { q })} />}
      {rows.length > 0 && (
        <>
          <Rows
            plural={plural}
            rows={rows}
            onEnd={() => {
              if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
            }}
          />
          <p className="faint" role="status">
            {t('list.count', { count: rows.length })} {list.hasNextPage && t('list.more')}
          </p>
        </>
      )}
    </>
  );
}
