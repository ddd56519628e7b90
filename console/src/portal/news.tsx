/** What was new of services with their releases: of one on its page, of all on a page of their own. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type News, type NewsDetail, type NewsOperation, useNews, useNewsOf } from '../api/portal.ts';
import { LongList, type Seen } from '../components/long.tsx';
import { Badge, Empty, ErrorNote, More, Spinner } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { sayingOf } from '../lib/news.ts';
import { placeOfService } from '../lib/offered-places.ts';
import { day } from './ending.tsx';

const fewOperations = 5; // more are behind a click

const tones = { added: 'good', removed: 'bad', deprecated: 'warn', changed: 'plain' } as const;

function Breaking() {
  const { t } = useLanguage();
  return <Badge tone="bad">{t('news.breaking')}</Badge>;
}

function Detail({ detail: { where, detail, is_breaking: isBreaking } }: { detail: NewsDetail }) {
  const { t } = useLanguage();
  const { key, values } = sayingOf(detail);
  return (
    <li>
      {where !== undefined && <code>{where}</code>} {key === undefined ? detail : t(key, values)} {isBreaking && <Breaking />}
    </li>
  );
}

function OneOperation({ service, operation: op }: { service: string; operation: NewsOperation }) {
  const { t } = useLanguage();
  const name = op.summary ?? op.id ?? op.path;
  const details = op.details ?? [];
  return (
    <li>
      <Badge tone={tones[op.change]}>{t(`news.${op.change}`)}</Badge> <span className={`method method-${(op.method ?? '').toLowerCase()}`}>{op.method}</span>{' '}
      {op.change === 'removed' || op.id === undefined ? name : <Link href={placeOfService(service, op.id)}>{name}</Link>} <code className="faint">{op.path}</code>{' '}
      {op.is_breaking && op.change !== 'removed' && details.every((d) => !d.is_breaking) && <Breaking />}
      {details.length > 0 && (
        <ul className="news-details">
          {details.map((d) => (
            <Detail key={`${d.where ?? ''} ${d.detail ?? ''}`} detail={d} />
          ))}
        </ul>
      )}
    </li>
  );
}

const counted = ['added', 'changed', 'deprecated', 'removed'] as const;

function useSummary({ counts }: News): string {
  const { t } = useLanguage();
  return counted
    .filter((kind) => (counts?.[kind] ?? 0) > 0)
    .map((kind) => t(`news.${kind}.n`, { n: counts?.[kind] ?? 0 }))
    .join(' · ');
}

function Operations({ news }: { news: News }) {
  const { t } = useLanguage();
  const summary = useSummary(news);
  const operations = news.operations ?? [];
  const list = (
    <ul className="news-operations">
      {operations.map((op) => (
        <OneOperation key={`${op.method} ${op.path} ${op.change}`} service={news.service} operation={op} />
      ))}
      {news.is_cut === true && <li className="faint">{t('news.cut')}</li>}
    </ul>
  );
  if (operations.length === 0) return news.is_cut === true ? <p className="faint">{t('news.uncompared')}</p> : null;
  if (operations.length <= fewOperations) return list;
  return (
    <details className="more">
      <summary>{summary}</summary>
      {list}
    </details>
  );
}

function Moved({ from, to }: { from: string; to: string }) {
  const { t } = useLanguage();
  return (
    <p>
      {t('news.moved')} <code>{to}</code> <span className="faint">{t('news.moved.from', { from })}</span> <Breaking />
    </p>
  );
}

/** `isNew`: since one was here last. `seen`: its place in a long list. */
function Entry({ news, children, isNew = false, seen }: { news: News; children?: ReactNode; isNew?: boolean; seen?: Seen }) {
  const { t, locale } = useLanguage();
  const { counts, prefix } = news;
  const isSilent = !news.is_first && prefix === undefined && news.is_cut !== true && (news.operations ?? []).length === 0;
  const breaking = (counts?.breaking ?? 0) + (prefix === undefined ? 0 : 1);
  return (
    <article className="news" {...seen}>
      <p className="chips">
        {children}
        <span className="faint">
          {day(news.at, locale)} · {t('portal.release', { number: news.number })}
        </span>
        {isNew && <Badge tone="good">{t('news.new')}</Badge>}
        {news.is_first && <Badge>{t('news.first')}</Badge>}
        {breaking > 0 && <Badge tone="bad">{t('news.breaking.n', { n: breaking })}</Badge>}
      </p>
      {news.reason !== undefined && news.reason !== '' && <p className="news-reason">{news.reason}</p>}
      {prefix !== undefined && <Moved from={prefix.before} to={prefix.after} />}
      <Operations news={news} />
      {isSilent && <p className="faint">{t('news.silent')}</p>}
    </article>
  );
}

/** On the page of a service. */
export function ServiceNews({ service }: { service: string }) {
  const { t } = useLanguage();
  const list = useNewsOf(service);
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (items.length === 0) return null;
  return (
    <section className="card" aria-label={t('portal.changes')}>
      <h2>{t('portal.changes')}</h2>
      {items.map((n) => (
        <Entry key={n.id} news={n} />
      ))}
      <More list={list} />
    </section>
  );
}

function Section({ title, isSubscribed, seen, isAlone }: { title: TextKey; isSubscribed: boolean; seen: string; isAlone: boolean }) {
  const { t } = useLanguage();
  const list = useNews(isSubscribed ? { subscribed: 'true' } : {});
  const items = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((n) => isSubscribed || n.is_subscribed !== true);
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (items.length === 0 && !list.hasNextPage) return isSubscribed ? null : isAlone ? <Empty title={t('news.none')} hint={t('news.none.hint')} /> : null;
  return (
    <section className="card">
      <h2>{t(title)}</h2>
      <LongList
        label={t(title)}
        rows={items}
        list={list}
        isOfPage
        row={(n, place) => (
          <Entry key={n.id} news={n} isNew={seen !== '' && n.at > seen} seen={place}>
            <Link href={placeOfService(n.service)}>{n.title ?? n.service}</Link>
          </Entry>
        )}
      />
      {list.hasNextPage && <Spinner />}
    </section>
  );
}

/** `seen`: until when one had seen it. */
export default function NewsPage({ isGuest, seen }: { isGuest: boolean; seen: string }) {
  const { t } = useLanguage();
  return (
    <>
      <div className="head">
        <h1>{t('news.title')}</h1>
        <span className="grow" />
        <a href="/api/v1/portal/changes.atom" type="application/atom+xml">
          {t('news.feed')}
        </a>
      </div>
      {!isGuest && <Section title="news.mine" isSubscribed seen={seen} isAlone={false} />}
      <Section title={isGuest ? 'news.all' : 'news.others'} isSubscribed={false} seen={seen} isAlone />
    </>
  );
}
