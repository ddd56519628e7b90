/** What goes through the gateway, and what to do first when nothing does yet. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { get, Problem, query } from '../api/client.ts';
import { type Page, type Resource, useNouns } from '../api/resources.ts';
import { Badge, Empty, ErrorNote, Select, Spinner } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from '../lib/format.ts';

interface Sum {
  name: string;
  requests: number;
  errors: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: string;
  p95_ms: number | null;
}

interface Usage {
  rows: Sum[];
  total: Sum;
}

const ranges: { id: string; text: TextKey; seconds: number }[] = [
  { id: 'hour', text: 'home.range.hour', seconds: 3600 },
  { id: 'day', text: 'home.range.day', seconds: 86400 },
  { id: 'week', text: 'home.range.week', seconds: 604800 },
  { id: 'month', text: 'home.range.month', seconds: 2592000 },
];

function useUsage(group: string, seconds: number) {
  return useQuery({
    queryKey: ['usage', group, seconds],
    queryFn: ({ signal }) =>
      get<Usage>(`/usage${query({ group, since: `${seconds}s` })}`, signal),
    refetchInterval: 5000,
  });
}

function Figure({ title, value, exact }: { title: string; value: string; exact?: string }) {
  return (
    <div className="figure" title={exact ?? ''}>
      <span className="faint">{title}</span>
      <strong>{value}</strong>
    </div>
  );
}

function Figures({ total }: { total: Sum }) {
  const { t, locale } = useLanguage();
  const tokens = total.prompt_tokens + total.completion_tokens;
  return (
    <div className="figures">
      <Figure title={t('home.requests')} value={count(total.requests, locale)} exact={String(total.requests)} />
      <Figure title={t('home.errors')} value={count(total.errors, locale)} exact={String(total.errors)} />
      <Figure title={t('home.p95')} value={milliseconds(total.p95_ms, locale)} />
      <Figure title={t('home.tokens')} value={count(tokens, locale)} exact={String(tokens)} />
      <Figure title={t('home.spend')} value={dollars(total.cost_usd, locale)} exact={`$${total.cost_usd}`} />
    </div>
  );
}

/** The largest groups as bars; the numbers stand beside them, so that nothing is told by length alone. */
function Bars({ title, group, seconds }: { title: string; group: string; seconds: number }) {
  const { t, locale } = useLanguage();
  const usage = useUsage(group, seconds);
  const rows = [...(usage.data?.rows ?? [])].sort((a, b) => b.requests - a.requests).slice(0, 8);
  const most = Math.max(1, ...rows.map((r) => r.requests));
  return (
    <section className="card">
      <h2>{title}</h2>
      {usage.error !== null && <ErrorNote error={usage.error} />}
      <table className="bars">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">{t('home.requests')}</th>
            <th scope="col">{t('home.spend')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">
                {r.name}
                <meter className="bar" min={0} max={most} value={r.requests} aria-label={`${r.name}: ${t('home.requests')}`} />
              </th>
              <td>{count(r.requests, locale)}</td>
              <td>{dollars(r.cost_usd, locale)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const steps = [
  { plural: 'accounts', title: 'home.start.account' },
  { plural: 'models', title: 'home.start.model' },
  { plural: 'services', title: 'home.start.service' },
  { plural: 'consumers', title: 'home.start.consumer' },
  { plural: 'credentials', title: 'home.start.key' },
] as const;

function useHasAny(plurals: readonly string[]) {
  return useQuery({
    queryKey: ['list', 'has-any', plurals],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(plurals.map((p) => get<Page<Resource>>(`/${p}?limit=1&fields=key`, signal)));
      return new Set(plurals.filter((_, i) => (pages[i]?.items.length ?? 0) > 0));
    },
  });
}

function FirstSteps() {
  const { t } = useLanguage();
  const nouns = useNouns();
  const open = steps.filter((s) => nouns.some((n) => n.plural === s.plural));
  const { data: done } = useHasAny(open.map((s) => s.plural));
  if (done === undefined || done.size === open.length) return null;
  return (
    <section className="card">
      <h2>{t('home.start')}</h2>
      <ol className="steps">
        {open.map((s) => (
          <li key={s.plural}>
            <Link href={`/${s.plural}/new`}>{t(s.title)}</Link>{' '}
            {done.has(s.plural) && <Badge tone="good">{t('home.start.done')}</Badge>}
            <p className="faint">{t(`${s.title}.hint`)}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

export default function HomePage() {
  const { t } = useLanguage();
  const [range, setRange] = useState('day');
  const seconds = ranges.find((r) => r.id === range)?.seconds ?? 86400;
  const usage = useUsage('model', seconds);
  const isUnknown = usage.error instanceof Problem && usage.error.status === 404;
  return (
    <>
      <div className="head">
        <h1>{t('home.title')}</h1>
        <span className="grow" />
        <Select
          label={t('home.title')}
          isLabelHidden
          value={range}
          choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))}
          onChange={setRange}
        />
      </div>
      <FirstSteps />
      {usage.isPending && <Spinner />}
      {usage.error !== null && !isUnknown && <ErrorNote error={usage.error} onRetry={() => void usage.refetch()} />}
      {usage.data?.total.requests === 0 && <Empty title={t('home.empty')} hint={t('home.empty.hint')} />}
      {usage.data !== undefined && usage.data.total.requests > 0 && (
        <>
          <Figures total={usage.data.total} />
          <div className="cards">
            <Bars title={t('home.by.model')} group="model" seconds={seconds} />
            <Bars title={t('home.by.consumer')} group="consumer" seconds={seconds} />
            <Bars title={t('home.by.service')} group="service" seconds={seconds} />
          </div>
        </>
      )}
    </>
  );
}
