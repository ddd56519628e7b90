/** Single requests, newest first: filtered in the address, each opened to all that the ledger knows of it. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { get, query } from '../api/client.ts';
import type { Page } from '../api/resources.ts';
import { Badge, Button, Empty, ErrorNote, More, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { ago, count, dollars, milliseconds } from '../lib/format.ts';

interface Entry {
  id: string;
  time: string;
  method: string;
  service: string;
  route: string;
  consumer: string;
  model: string;
  status: number;
  error: string;
  took_us: number;
  first_byte_us: number;
  cost_usd: string | null;
  prompt_tokens: number;
  completion_tokens: number;
}

const filters = ['service', 'consumer', 'model'] as const;
const pageRows = 50;
const refreshMs = 5000;
const toneOf = (status: number): 'good' | 'warn' | 'bad' => (status < 400 ? 'good' : status < 500 ? 'warn' : 'bad');

/** All that is known of one request: what the list has, and where its time went. */
interface Details extends Entry {
  phases_us: Record<string, number>;
  attempt_list: { target: string; key?: string; status: number; error?: string; took_us: number }[];
}

/** Parts of a request's time as bars on one scale, one after the other, each with its number. */
function Timings({ details }: { details: Details }) {
  const { t, maybe, locale } = useLanguage();
  const parts = Object.entries(details.phases_us);
  const whole = Math.max(details.took_us, 1);
  let from = 0;
  return (
    <table className="timings">
      <caption>
        {t('requests.timings')}: {milliseconds(details.took_us / 1000, locale)}
      </caption>
      <tbody>
        {parts.map(([name, us]) => {
          const x = (from * 100) / whole;
          from += us;
          return (
            <tr key={name}>
              <th scope="row">{maybe(`phase.${name}`) ?? titleOf(name)}</th>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect x={x} width={Math.max((us * 100) / whole, 0.5)} height="8" />
                </svg>
              </td>
              <td>{milliseconds(us / 1000, locale)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Which targets were tried, in order, and how each went. */
function Attempts({ details }: { details: Details }) {
  const { t, locale } = useLanguage();
  if (details.attempt_list.length === 0) return null;
  return (
    <>
      <h2>{t('requests.attempts')}</h2>
      <ol className="steps">
        {details.attempt_list.map((a, i) => (
          <li key={i}>
            <code>{a.target}</code> <Badge tone={toneOf(a.status)}>{a.status}</Badge> {a.error} <span className="faint">{a.key}</span>{' '}
            {milliseconds(a.took_us / 1000, locale)}
          </li>
        ))}
      </ol>
    </>
  );
}

const shownElsewhere = new Set(['took_us', 'first_byte_us', 'id']);
/** What says nothing: not given, none of it, not so. */
const isTold = ([name, value]: [string, unknown]): boolean =>
  !shownElsewhere.has(name) && typeof value !== 'object' && !['', '0', 0, false].includes(value as string);

function Inspector({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { t, maybe } = useLanguage();
  const details = useQuery({ queryKey: ['request', entry.id], queryFn: ({ signal }) => get<Details>(`/requests/${entry.id}`, signal) });
  return (
    <Window title={t('error.request', { id: entry.id })} isOpen onClose={onClose}>
      {details.isPending && <Spinner />}
      {details.error !== null && <ErrorNote error={details.error} onRetry={() => void details.refetch()} />}
      {details.data !== undefined && (
        <>
          <Timings details={details.data} />
          <Attempts details={details.data} />
        </>
      )}
      <dl className="facts">
        {Object.entries(details.data ?? entry)
          .filter(isTold)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{maybe(`field.${name}`) ?? titleOf(name)}</dt>
              <dd className="mono">{String(value)}</dd>
            </div>
          ))}
      </dl>
      <div className="actions">
        <Button onPress={onClose} autoFocus>
          {t('common.close')}
        </Button>
      </div>
    </Window>
  );
}

function Filters() {
  const { t, maybe } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const [draft, setDraft] = useState<Record<string, string>>(() => Object.fromEntries(search));
  const put = (values: Record<string, string>): void =>
    setSearch(new URLSearchParams(Object.entries(values).filter(([, v]) => v !== '')), { replace: true });
  return (
    <form
      className="filters"
      onSubmit={(e) => {
        e.preventDefault();
        put(draft);
      }}
    >
      {filters.map((name) => (
        <TextField key={name} label={maybe(`field.${name}`) ?? titleOf(name)} value={draft[name] ?? ''} onChange={(v) => setDraft({ ...draft, [name]: v })} />
      ))}
      <Select
        label={t('requests.outcome')}
        value={search.get('failed') === 'true' ? 'failed' : 'all'}
        choices={[
          { id: 'all', text: t('requests.all') },
          { id: 'failed', text: t('requests.failed') },
        ]}
        onChange={(id) => put({ ...draft, failed: id === 'failed' ? 'true' : '' })}
      />
      <Button type="submit">{t('requests.filter')}</Button>
    </form>
  );
}

function EntryRow({ entry, onOpen }: { entry: Entry; onOpen: () => void }) {
  const { locale } = useLanguage();
  const isAi = entry.model !== '';
  return (
    <tr>
      <td title={entry.time}>
        <Button look="quiet" onPress={onOpen}>
          {ago(entry.time, Date.now(), locale)}
        </Button>
      </td>
      <td>
        <Badge tone={toneOf(entry.status)}>{entry.status}</Badge> <span className="faint">{entry.error}</span>
      </td>
      <td>
        {entry.method} {entry.route || entry.service}
      </td>
      <td>{entry.consumer}</td>
      <td>{entry.model}</td>
      <td>{isAi && count(entry.prompt_tokens + entry.completion_tokens, locale)}</td>
      <td>{isAi && dollars(entry.cost_usd, locale)}</td>
      <td>{milliseconds(entry.took_us / 1000, locale)}</td>
    </tr>
  );
}

function Rows({ entries, onOpen }: { entries: Entry[]; onOpen: (e: Entry) => void }) {
  const { t, maybe } = useLanguage();
  const heads = [
    t('audit.when'), t('list.state'), t('requests.route'), maybe('field.consumer') ?? '', maybe('field.model') ?? '',
    t('home.tokens'), t('home.spend'), t('playground.total'),
  ];
  return (
    <div className="wide card" tabIndex={0} role="region" aria-label={t('nav.requests')}>
      <table className="log">
        <thead>
          <tr>
            {heads.map((h) => (
              <th scope="col" key={h}>
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((e) => (
            <EntryRow key={e.id} entry={e} onOpen={() => onOpen(e)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export default function RequestsPage() {
  const { t } = useLanguage();
  const [search] = useSearchParams();
  const [opened, setOpened] = useState<Entry>();
  const asked = Object.fromEntries(search);
  const list = useInfiniteQuery({
    queryKey: ['requests', asked],
    queryFn: ({ pageParam, signal }) => get<Page<Entry>>(`/requests${query({ ...asked, limit: pageRows, cursor: pageParam })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: refreshMs,
  });
  const entries = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <div className="head">
        <h1>{t('nav.requests')}</h1>
        <span className="grow" />
        <Button isPending={list.isFetching} onPress={() => void list.refetch()}>
          {t('requests.refresh')}
        </Button>
      </div>
      <p className="faint">{t('requests.lead')}</p>
      <Filters key={search.toString()} />
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && <Empty title={search.size === 0 ? t('home.empty') : t('requests.none')} hint={t('home.empty.hint')} />}
      {entries.length > 0 && <Rows entries={entries} onOpen={setOpened} />}
      <More list={list} />
      {opened !== undefined && <Inspector entry={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}
