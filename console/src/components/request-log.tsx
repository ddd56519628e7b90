/** Single requests, newest first: filtered in the address, as they come when that is wished, each opened to its inspector. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ToggleButton } from 'react-aria-components';
import { useSearchParams } from 'wouter';
import { get, query } from '../api/client.ts';
import type { Page } from '../api/resources.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { ago, count, dollars, milliseconds } from '../lib/format.ts';
import { ranges } from '../lib/ranges.ts';
import { filterOf, type RequestFilter } from '../lib/requests.ts';
import { LongTable, type Paged, type Seen } from './long.tsx';
import { type Entry, Inspector, toneOf } from './request-inspector.tsx';
import { Badge, Button, Empty, ErrorNote, Select, Spinner, TextField } from './ui.tsx';

const pageRows = 50;
const refreshMs = 5000;
const tailMs = 1000;
const tailMost = 500; // rows that are kept while one watches

/** What fits the filter and came since it began to look: newest first. */
function useTail(filter: RequestFilter, isOn: boolean): { entries: Entry[]; error: unknown } {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [error, setError] = useState<unknown>(null);
  const asked = JSON.stringify(filter);
  useEffect(() => {
    if (!isOn) return undefined;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async (tail: string): Promise<void> => {
      let next = tail;
      try {
        const path = `/requests${query({ ...(JSON.parse(asked) as RequestFilter), limit: tailMost, tail })}`;
        const answer = await get<{ items: Entry[]; tail: string }>(path, stop.signal);
        next = answer.tail;
        setError(null);
        if (answer.items.length > 0) setEntries((old) => [...answer.items.toReversed(), ...old].slice(0, tailMost));
      } catch (e) {
        if (!stop.signal.aborted) setError(e);
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void look(next), tailMs);
    };
    setEntries([]);
    void look('now');
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [asked, isOn]);
  return { entries: isOn ? entries : [], error };
}

const typed = ['service', 'consumer', 'model', 'status', 'min_latency'] as const;
const chosen = ['since', 'failed'] as const;

/** One's own words for a filter, as in "Took at least: 500ms". */
function useFilterTitle(): (name: string) => string {
  const { maybe } = useLanguage();
  return (name) => maybe(`requests.by.${name}`) ?? maybe(`field.${name}`) ?? titleOf(name);
}

function Filters({ filter, fixed, onChange }: { filter: RequestFilter; fixed: RequestFilter; onChange: (f: RequestFilter) => void }) {
  const { t } = useLanguage();
  const title = useFilterTitle();
  const [draft, setDraft] = useState<RequestFilter>(filter);
  const isSpan = filter.since === undefined || ranges.some((r) => r.id === filter.since);
  const shown = new Set<string>([...typed, 'failed', ...(isSpan ? ['since'] : [])]);
  const without = (name: string): RequestFilter => Object.fromEntries(Object.entries(filter).filter(([n]) => n !== name));
  const others = Object.entries(filter).filter(([name]) => !shown.has(name));
  const put = (name: (typeof chosen)[number], value: string): void => onChange({ ...without(name), ...draft, [name]: value });
  return (
    <>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault();
          onChange({ ...filter, ...draft });
        }}
      >
        {typed
          .filter((name) => fixed[name] === undefined)
          .map((name) => (
            <TextField
              key={name}
              label={title(name)}
              value={draft[name] ?? ''}
              placeholder={name === 'min_latency' ? '500ms' : ''}
              onChange={(v) => setDraft({ ...draft, [name]: v.trim() })}
            />
          ))}
        <Select
          label={t('analytics.range')}
          value={isSpan ? (filter.since ?? '') : null}
          placeholder={t('requests.span')}
          choices={[{ id: '', text: t('requests.ever') }, ...ranges.map((r) => ({ id: r.id, text: t(r.text) }))]}
          onChange={(id) => onChange({ ...without('until'), ...draft, since: id })}
        />
        <Select
          label={t('requests.outcome')}
          value={filter.failed === 'true' ? 'failed' : 'all'}
          choices={[
            { id: 'all', text: t('requests.all') },
            { id: 'failed', text: t('requests.failed') },
          ]}
          onChange={(id) => put('failed', id === 'failed' ? 'true' : '')}
        />
        <Button type="submit">{t('requests.filter')}</Button>
      </form>
      {others.length > 0 && (
        <p className="chips">
          {others.map(([name, value]) => (
            <Button key={name} look="quiet" onPress={() => onChange(without(name))}>
              {title(name)}
              {value !== 'true' && `: ${value}`} <span aria-hidden="true">✕</span>
              <span className="hidden">{t('analytics.without')}</span>
            </Button>
          ))}
        </p>
      )}
    </>
  );
}

function EntryRow({ entry, seen, onOpen }: { entry: Entry; seen: Seen; onOpen: () => void }) {
  const { locale } = useLanguage();
  const isAi = entry.model !== '';
  return (
    <tr {...seen}>
      <td title={entry.time}>
        <Button look="quiet" onPress={onOpen}>
          {ago(entry.time, Date.now(), locale)}
        </Button>
      </td>
      <td>
        <Badge tone={toneOf(entry.status)}>{entry.status}</Badge> <span className="faint">{entry.error}</span>
      </td>
      <td title={entry.path}>
        {entry.method} {entry.route || entry.service || <span className="faint">{entry.path}</span>}
      </td>
      <td>{entry.consumer}</td>
      <td>{entry.model}</td>
      <td>{isAi && count(entry.prompt_tokens + entry.completion_tokens, locale)}</td>
      <td>{isAi && dollars(entry.cost_usd, locale)}</td>
      <td>{milliseconds(entry.took_us / 1000, locale)}</td>
    </tr>
  );
}

function Rows({ entries, list, onOpen }: { entries: Entry[]; list: Paged; onOpen: (e: Entry) => void }) {
  const { t, maybe } = useLanguage();
  const heads = [
    t('audit.when'), t('list.state'), t('requests.route'), maybe('field.consumer') ?? '', maybe('field.model') ?? '',
    t('home.tokens'), t('home.spend'), t('playground.total'),
  ];
  return (
    <div className="card">
      <LongTable
        label={t('nav.requests')}
        columns={heads}
        look=""
        isActing={false}
        rows={entries}
        list={list}
        row={(e, seen) => <EntryRow key={e.id} entry={e} seen={seen} onOpen={() => onOpen(e)} />}
      />
    </div>
  );
}

/** A page that ends where the server stopped looking, not where it was full. */
interface LogPage extends Page<Entry> {
  looked_back_to?: string;
}

/** How far a search for what is rare has come, and the way on. */
function LookedBack({ to, isPending, onMore }: { to: string; isPending: boolean; onMore: () => void }) {
  const { t, locale } = useLanguage();
  return (
    <p className="actions" role="status">
      <span className="faint">{t('requests.looked', { when: new Date(to).toLocaleString(locale) })}</span>
      <Button isPending={isPending} onPress={onMore}>
        {t('requests.further')}
      </Button>
    </p>
  );
}

/** Each once, though the tail and the pages may both have it. */
function merged(tail: Entry[], pages: Entry[]): Entry[] {
  const seen = new Set(tail.map((e) => e.id));
  return [...tail, ...pages.filter((e) => !seen.has(e.id))];
}

/** The log of what fits `fixed`; a page may show it under a heading of its own. */
export function RequestLog({ fixed = {} }: { fixed?: RequestFilter }) {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const [isLive, setLive] = useState(false);
  const filter = filterOf(search);
  const asked = { ...filter, ...fixed };
  const list = useInfiniteQuery({
    queryKey: ['requests', asked],
    queryFn: ({ pageParam, signal }) => get<LogPage>(`/requests${query({ ...asked, limit: pageRows, cursor: pageParam })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: isLive ? false : askedEvery(refreshMs),
  });
  const tail = useTail(asked, isLive);
  const entries = merged(tail.entries, list.data?.pages.flatMap((p) => p.items) ?? []);
  const lookedTo = list.data?.pages.at(-1)?.looked_back_to;
  const scrolled = { hasNextPage: list.hasNextPage && lookedTo === undefined, isFetchingNextPage: list.isFetchingNextPage, fetchNextPage: list.fetchNextPage };
  const opened = search.get('request');
  /** The rest of the address belongs to the page. */
  const go = (f: RequestFilter, request: string | null): void => {
    const next = new URLSearchParams(Object.entries(f).filter(([, v]) => v !== ''));
    if (search.has('tab')) next.set('tab', search.get('tab') ?? '');
    if (request !== null) next.set('request', request);
    setSearch(next, { replace: true });
  };
  const error = list.error ?? tail.error;
  return (
    <>
      <div className="head">
        <p className="faint grow">{t('requests.lead')}</p>
        <ToggleButton className="button button-plain" isSelected={isLive} onChange={setLive}>
          <span className={isLive ? 'pulse' : 'pulse pulse-off'} aria-hidden="true" /> {t('requests.live')}
        </ToggleButton>
        <Button isPending={list.isFetching} onPress={() => void list.refetch()}>
          {t('requests.refresh')}
        </Button>
      </div>
      <Filters key={JSON.stringify(filter)} filter={filter} fixed={fixed} onChange={(f) => go(f, null)} />
      {list.isPending && <Spinner />}
      {error !== null && <ErrorNote error={error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && lookedTo === undefined && (
        <Empty title={Object.keys(filter).length === 0 ? t('home.empty') : t('requests.none')} hint={t('home.empty.hint')} />
      )}
      {entries.length > 0 && <Rows entries={entries} list={scrolled} onOpen={(e) => go(filter, e.id)} />}
      {lookedTo !== undefined && <LookedBack to={lookedTo} isPending={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />}
      {opened !== null && <Inspector id={opened} onClose={() => go(filter, null)} />}
    </>
  );
}
