/** Who changed what, newest first; before and after side by side. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { get, query } from '../api/client.ts';
import type { Page } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import { toYaml } from '../lib/yaml.ts';
import { Code, Empty, ErrorNote, More, Spinner } from './ui.tsx';

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

function EntryRow({ entry }: { entry: Entry }) {
  const { t, locale } = useLanguage();
  return (
    <details className="entry">
      <summary>
        <span className="faint" title={entry.at}>
          {ago(entry.at, Date.now(), locale)}
        </span>
        <strong>{entry.actor}</strong>
        <span>{entry.action}</span>
        <span>
          {entry.kind} <code>{entry.subject}</code>
        </span>
        <span className="faint">{entry.remote}</span>
      </summary>
      <div className="sides">
        {entry.before !== null && <Code label={t('audit.before')} text={toYaml(entry.before)} />}
        {entry.after !== null && <Code label={t('audit.after')} text={toYaml(entry.after)} />}
      </div>
    </details>
  );
}

export function AuditList({ subjectId }: { subjectId?: string }) {
  const { t } = useLanguage();
  const list = useInfiniteQuery({
    queryKey: ['audit', subjectId],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Entry>>(`/audit${query({ limit: 50, cursor: pageParam, subject_id: subjectId })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  const entries = list.data.pages.flatMap((p) => p.items);
  if (entries.length === 0) return <Empty title={t('list.empty')} />;
  return (
    <>
      {entries.map((e) => (
        <EntryRow key={e.seq} entry={e} />
      ))}
      <More list={list} />
    </>
  );
}
