/** The ledger by anything, over time; each number leads to the requests behind it. */
import { type FormEvent, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { measureTitles, Trend } from '../components/trend.tsx';
import { Button, Empty, ErrorNote, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { type Group, groupOf, groups, type Measure, measureOf, measures, rangeOf, ranges, requestsBehind, type Sum, toCsv, tokensOf, valueOf } from '../lib/analytics.ts';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { useUsage } from '../lib/use-usage.ts';
import { useViews } from '../lib/views.ts';

const groupTitles: Record<Group, TextKey> = {
  service: 'home.by.service',
  model: 'home.by.model',
  consumer: 'home.by.consumer',
  route: 'analytics.by.route',
  vendor: 'analytics.by.vendor',
};

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function Row({ group, row, share }: { group: Group; row: Sum; share: number }) {
  const { t, locale } = useLanguage();
  const behind = requestsBehind(group, row);
  const name = row.name === '-' ? t('analytics.none') : row.name;
  const errors = count(row.errors, locale);
  return (
    <tr>
      <th scope="row">
        {behind === undefined ? name : <Link href={behind}>{name}</Link>}
        <meter className="bar" min={0} max={1} value={share} aria-label={`${name}: ${Math.round(share * 100)} %`} />
      </th>
      <td>{count(row.requests, locale)}</td>
      <td>{behind !== undefined && row.errors > 0 ? <Link href={`${behind}&failed=true`}>{errors}</Link> : errors}</td>
      <td>{milliseconds(row.p95_ms, locale)}</td>
      <td>{count(tokensOf(row), locale)}</td>
      <td title={`$${row.cost_usd}`}>{dollars(row.cost_usd, locale)}</td>
    </tr>
  );
}

function Breakdown({ group, measure, rows }: { group: Group; measure: Measure; rows: Sum[] }) {
  const { t } = useLanguage();
  const most = Math.max(...rows.map((r) => valueOf(r, measure)), 1e-9);
  return (
    <section className="card">
      <h2>{t(groupTitles[group])}</h2>
      <div className="wide" tabIndex={0} role="region" aria-label={t(groupTitles[group])}>
        <table className="bars">
          <thead>
            <tr>
              <th scope="col">{t('list.name')}</th>
              <th scope="col">{t('home.requests')}</th>
              <th scope="col">{t('home.errors')}</th>
              <th scope="col">p95</th>
              <th scope="col">{t('home.tokens')}</th>
              <th scope="col">{t('home.spend')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <Row key={r.name} group={group} row={r} share={valueOf(r, measure) / most} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function SavedViews() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const [views, keep] = useViews('sluice.analytics');
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    keep(name.trim(), search.toString());
    setOpen(false);
  };
  return (
    <>
      {Object.entries(views).map(([n, query]) => (
        <span className="chip" key={n}>
          <Button look="quiet" onPress={() => setSearch(new URLSearchParams(query))}>
            {n}
          </Button>
          <Button look="quiet" aria-label={t('form.remove', { what: n })} onPress={() => keep(n, undefined)}>
            ✕
          </Button>
        </span>
      ))}
      <Button onPress={() => setOpen(true)}>{t('analytics.save')}</Button>
      <Window title={t('analytics.save')} isOpen={isOpen} onClose={() => setOpen(false)}>
        <form onSubmit={submit}>
          <TextField label={t('list.name')} value={name} onChange={setName} isRequired autoFocus help={t('analytics.save.help')} />
          <div className="actions">
            <Button look="primary" type="submit" isDisabled={name.trim() === ''}>
              {t('detail.save')}
            </Button>
            <Button onPress={() => setOpen(false)}>{t('common.cancel')}</Button>
          </div>
        </form>
      </Window>
    </>
  );
}

export default function AnalyticsPage() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const range = rangeOf(search.get('range'));
  const group = groupOf(search.get('group'));
  const measure = measureOf(search.get('measure'));
  const usage = useUsage(group, range.seconds);
  const rows = [...(usage.data?.rows ?? [])].sort((a, b) => valueOf(b, measure) - valueOf(a, measure));
  const put = (name: string, value: string): void => {
    const others = [...search].filter(([n]) => n !== name);
    setSearch(new URLSearchParams([...others, [name, value]]), { replace: true });
  };
  return (
    <>
      <div className="head">
        <h1>{t('nav.analytics')}</h1>
        <span className="grow" />
        <SavedViews />
        <Button isDisabled={rows.length === 0} onPress={() => download(`usage-${group}-${range.id}.csv`, toCsv(group, rows))}>
          CSV
        </Button>
      </div>
      <div className="filters">
        <Select label={t('analytics.range')} value={range.id} choices={ranges.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={(id) => put('range', id)} />
        <Select label={t('analytics.group')} value={group} choices={groups.map((g) => ({ id: g, text: t(groupTitles[g]) }))} onChange={(id) => put('group', id)} />
        <Select label={t('analytics.measure')} value={measure} choices={measures.map((m) => ({ id: m, text: t(measureTitles[m]) }))} onChange={(id) => put('measure', id)} />
      </div>
      {usage.isPending && <Spinner />}
      {usage.error !== null && <ErrorNote error={usage.error} onRetry={() => void usage.refetch()} />}
      {usage.data?.total.requests === 0 && <Empty title={t('home.empty')} hint={t('home.empty.hint')} />}
      {usage.data !== undefined && usage.data.total.requests > 0 && (
        <>
          <section className="card">
            <h2>{t(measureTitles[measure])}</h2>
            <Trend measure={measure} range={range} />
          </section>
          <Breakdown group={group} measure={measure} rows={rows} />
        </>
      )}
    </>
  );
}
