/** Who changed what, newest first; before and after side by side. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { get, query } from '../api/client.ts';
import type { Page } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import { changesOf } from '../lib/changes.ts';
import { isPlainObject } from '../lib/schema.ts';
import { toYaml } from '../lib/yaml.ts';
import type { TabProps } from '../tabs.ts';
import { LongList, type Seen, useOpen } from './long.tsx';
import { Code, Empty, ErrorNote, Spinner } from './ui.tsx';

const pageRows = 100;

/** What entries are asked for: all of it may be left out. */
export interface AuditFilter {
  subject_id?: string;
  actor?: string;
  kind?: string;
  action?: string;
  subject?: string;
  since?: string; // a span before now, or a time
  until?: string;
}

interface Entry {
  seq: number;
  at: string;
  actor: string;
  remote: string;
  request_id: string;
  action: string;
  kind: string;
  subject: string;
  before: unknown;
  after: unknown;
}

/** Which members became what, before the whole of both. */
function Changes({ entry }: { entry: Entry }) {
  const { t } = useLanguage();
  if (!isPlainObject(entry.before) || !isPlainObject(entry.after)) return null;
  const changes = changesOf(entry.before, entry.after);
  if (changes.length === 0) return null;
  return (
    <dl className="changes" aria-label={t('audit.changes')}>
      {changes.map(({ path, before, after }) => (
        <div key={path}>
          <dt>
            <code>{path}</code>
          </dt>
          <dd>
            {before !== undefined && <del>{before}</del>} {after !== undefined && <ins>{after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function EntryRow({ entry, ...shown }: { entry: Entry } & Seen & ReturnType<ReturnType<typeof useOpen>>) {
  const { t, locale } = useLanguage();
  return (
    <details className="entry entry-audit" {...shown}>
      <summary>
        <span className="faint" title={entry.at}>
          {ago(entry.at, Date.now(), locale)}
        </span>
        <strong className="clipped" title={entry.actor}>{entry.actor}</strong>
        <span className="clipped" title={entry.action}>{entry.action}</span>
        <span>
          {entry.kind} <code>{entry.subject}</code>
        </span>
        <span className="faint">{entry.remote}</span>
      </summary>
      <p className="faint">
        {entry.at} · {t('error.request', { id: entry.request_id || '—' })}
      </p>
      <Changes entry={entry} />
      <div className="sides">
        {entry.before !== null && <Code label={t('audit.before')} text={toYaml(entry.before)} />}
        {entry.after !== null && <Code label={t('audit.after')} text={toYaml(entry.after)} />}
      </div>
    </details>
  );
}

export function AuditList({ filter = {} }: { filter?: AuditFilter }) {
  const { t } = useLanguage();
  const isNarrowed = Object.values(filter).some((v) => v !== '');
  const list = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Entry>>(`/audit${query({ limit: pageRows, cursor: pageParam, ...filter })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
  const opened = useOpen();
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  const entries = list.data.pages.flatMap((p) => p.items);
  if (entries.length === 0) return <Empty title={t(isNarrowed ? 'audit.none' : 'list.empty')} hint={t('audit.none.hint')} />;
  return (
    <>
      <LongList label={t('audit.title')} rows={entries} list={list} row={(e, seen) => <EntryRow key={e.seq} entry={e} {...seen} {...opened(e.seq)} />} />
      <p className="faint" role="status">
        {t('list.count', { count: entries.length })} {list.hasNextPage && t('list.more')}
      </p>
    </>
  );
}

/** Who changed one resource. */
export function History({ resource }: Pick<TabProps, 'resource'>) {
  return <AuditList filter={{ subject_id: resource.id }} />;
}
