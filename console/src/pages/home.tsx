/** What goes through the gateway, and what to do first when nothing does yet. */
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { get, Problem } from '../api/client.ts';
import { type Page, type Resource, useNouns } from '../api/resources.ts';
import { Badge, Empty, ErrorNote, Select, Spinner } from '../components/ui.tsx';
import { Trend } from '../components/trend.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { type Group, rangeOf, ranges, requestsBehind, type Sum, tokensOf } from '../lib/analytics.ts';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { useUsage } from '../lib/use-usage.ts';

function Figure({ title, value, exact, to }: { title: string; value: string; exact?: string; to: string }) {
  return (
    <Link className="figure" title={exact ?? ''} href={to}>
      <span className="faint">{title}</span>
      <strong>{value}</strong>
    </Link>
  );
}

/** Each number leads to where it comes from. */
function Figures({ total, range }: { total: Sum; range: string }) {
  const { t, locale } = useLanguage();
  const tokens = tokensOf(total);
  const to = (measure: string): string => `/analytics?range=${range}&measure=${measure}`;
  return (
    <div className="figures">
      <Figure title={t('home.requests')} value={count(total.requests, locale)} exact={String(total.requests)} to={to('requests')} />
      <Figure title={t('home.errors')} value={count(total.errors, locale)} exact={String(total.errors)} to={'/requests?failed=true'} />
      <Figure title={t('home.p95')} value={milliseconds(total.p95_ms, locale)} to={to('p95')} />
      <Figure title={t('home.tokens')} value={count(tokens, locale)} exact={String(tokens)} to={to('tokens')} />
      <Figure title={t('home.spend')} value={dollars(total.cost_usd, locale)} exact={`$${total.cost_usd}`} to={to('cost')} />
    </div>
  );
}

/** The largest groups as bars; the numbers stand beside them, so that nothing is told by length alone. */
function Bars({ title, group, seconds }: { title: string; group: Group; seconds: number }) {
  const { t, locale } = useLanguage();
  const usage = useUsage(group, seconds);
  const rows = [...(usage.data?.rows ?? [])].filter((r) => r.name !== '-').sort((a, b) => b.requests - a.requests).slice(0, 8);
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
                <Link href={requestsBehind(group, r) ?? '/requests'}>{r.name}</Link>
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
  const [search, setSearch] = useSearchParams();
  const range = rangeOf(search.get('range'));
  const { seconds } = range;
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
          value={range.id}
          choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))}
          onChange={(id) => setSearch({ range: id }, { replace: true })}
        />
      </div>
      <FirstSteps />
      {usage.isPending && <Spinner />}
      {usage.error !== null && !isUnknown && <ErrorNote error={usage.error} onRetry={() => void usage.refetch()} />}
      {usage.data?.total.requests === 0 && <Empty title={t('home.empty')} hint={t('home.empty.hint')} />}
      {usage.data !== undefined && usage.data.total.requests > 0 && (
        <>
          <Figures total={usage.data.total} range={range.id} />
          <section className="card">
            <h2>{t('home.requests')}</h2>
            <Trend measure="requests" range={range} height={180} />
          </section>
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
