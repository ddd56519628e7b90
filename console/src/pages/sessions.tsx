/** Who is signed in, where and since when: one's own sessions, or those of everybody for who may; any of them can be ended. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Problem, get, query, request } from '../api/client.ts';
import { may, type Page, useMe } from '../api/resources.ts';
import { Badge, Button, DeleteQuestion, Empty, ErrorNote, Note, Spinner } from '../components/ui.tsx';
import { LongTable, type Seen } from '../components/long.tsx';
import { ReferenceInput } from '../forms/reference-input.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useAddress } from '../lib/address.ts';
import { deviceOf } from '../lib/agent.ts';
import { askedEvery } from '../lib/failures.ts';
import { ago } from '../lib/format.ts';
import { useSettled } from '../lib/use-settled.ts';

interface Session {
  id: string;
  user: string;
  remote: string;
  agent: string;
  created_at: string;
  seen_at: string;
  expires_at: string;
  is_current: boolean;
}

const pageRows = 100;
const refreshMs = 30_000; // a last use is written once a minute

const end = (session: Session): Promise<unknown> => request(`/sessions/${session.id}`, { method: 'DELETE' });

function useSessions(user: string) {
  return useInfiniteQuery({
    queryKey: ['sessions', user],
    queryFn: ({ pageParam, signal }) => get<Page<Session>>(`/sessions${query({ user, limit: pageRows, cursor: pageParam })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    retry: false,
    refetchInterval: askedEvery(refreshMs),
  });
}

function Row({ session, seen, isOwn, onEnd }: { session: Session; seen: Seen; isOwn: boolean; onEnd: (() => void) | undefined }) {
  const { t, locale } = useLanguage();
  const now = Date.now();
  const device = deviceOf(session.agent) ?? t('sessions.device.none');
  return (
    <tr {...seen}>
      <th scope="row" title={session.agent}>
        {device} {session.is_current && <Badge tone="good">{t('sessions.current')}</Badge>}
      </th>
      {!isOwn && (
        <td>
          <Link href={`/users/${encodeURIComponent(session.user)}`}>{session.user}</Link>
        </td>
      )}
      <td>
        <code>{session.remote}</code>
      </td>
      <td title={session.created_at}>{ago(session.created_at, now, locale)}</td>
      <td title={session.seen_at}>{ago(session.seen_at, now, locale)}</td>
      <td title={session.expires_at}>{ago(session.expires_at, now, locale)}</td>
      <td className="actions">
        {onEnd !== undefined && (
          <Button look="quiet" aria-label={`${t('sessions.end')}: ${session.user}, ${device}`} onPress={onEnd}>
            {t('sessions.end')}
          </Button>
        )}
      </td>
    </tr>
  );
}

const columns = ['sessions.device', 'sessions.user', 'sessions.address', 'sessions.since', 'sessions.seen', 'sessions.ends'] as const;

/** Ends some of them after a question; nobody is signed out by a slip. */
function EndWindow({ sessions, onClose, onEnded }: { sessions: Session[]; onClose: () => void; onEnded: (count: number) => void }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const ending = useMutation({
    mutationFn: async () => {
      for (const session of sessions) await end(session);
    },
    onSuccess: () => onEnded(sessions.length),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const [only] = sessions;
  const title = sessions.length === 1 && only !== undefined ? t('sessions.end.title', { user: only.user, device: deviceOf(only.agent) ?? only.remote }) : t('sessions.end.others.title', { count: sessions.length });
  return <DeleteQuestion title={title} text={t('sessions.end.text')} act={t('sessions.end')} error={ending.error} isPending={ending.isPending} onDelete={() => ending.mutate()} onClose={onClose} />;
}

export default function SessionsPage({ isOwn }: { isOwn: boolean }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [asked, setUser] = useAddress('user');
  const [ending, setEnding] = useState<Session[]>();
  const [ended, setEnded] = useState(0);
  const user = useSettled(isOwn ? (me?.user ?? '') : asked);
  const list = useSessions(user);
  const isNobody = list.error instanceof Problem && list.error.status === 404;
  const sessions = list.data?.pages.flatMap((p) => p.items) ?? [];
  const others = sessions.filter((s) => !s.is_current);
  const mayEnd = isOwn || may(me, 'sessions:delete');
  return (
    <>
      <div className="head">
        <h1>{t(isOwn ? 'sessions.own' : 'sessions.title')}</h1>
        <span className="grow" />
        {!isOwn && <ReferenceInput plural="users" label={t('sessions.of')} help="" error={undefined} isRequired={false} value={asked} onChange={(user) => setUser(user ?? '')} />}
        {isOwn && others.length > 0 && !list.hasNextPage && <Button onPress={() => setEnding(others)}>{t('sessions.end.others')}</Button>}
      </div>
      <p className="faint">{t(isOwn ? 'sessions.own.what' : 'sessions.what')}</p>
      {ended > 0 && <Note kind="good">{t('sessions.ended', { count: ended })}</Note>}
      {list.isPending && <Spinner />}
      {list.error !== null && !isNobody && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {(isNobody || list.isSuccess) && sessions.length === 0 && <Empty title={t('sessions.none')} hint={t('sessions.none.hint')} />}
      {sessions.length > 0 && (
        <LongTable
          label={t(isOwn ? 'sessions.own' : 'sessions.title')}
          columns={columns.filter((c) => !isOwn || c !== 'sessions.user').map((c) => t(c))}
          rows={sessions}
          list={list}
          row={(s, seen) => <Row key={s.id} session={s} seen={seen} isOwn={isOwn} onEnd={mayEnd && !s.is_current ? () => setEnding([s]) : undefined} />}
        />
      )}
      {ending !== undefined && (
        <EndWindow
          sessions={ending}
          onClose={() => setEnding(undefined)}
          onEnded={(count) => {
            setEnding(undefined);
            setEnded(count);
          }}
        />
      )}
    </>
  );
}
