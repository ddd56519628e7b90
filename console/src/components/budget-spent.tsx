/** What of a budget is spent in this period, by whom, and when it begins anew. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { ago, count, dollars } from '../lib/format.ts';
import type { TabProps } from '../tabs.ts';
import { Empty, ErrorNote, Spinner } from './ui.tsx';

interface Spent {
  subject: string;
  spent_usd: string;
  spent_tokens: number;
}

interface BudgetUsage {
  period: string;
  resets_at: string | null;
  amount_usd?: string;
  tokens?: number;
  items: Spent[];
}

const nearlyShare = 0.8;
const fewSubjects = 5;

function Bar({ label, share }: { label: string; share: number }) {
  return <meter className={share >= nearlyShare ? 'bar bar-warn' : 'bar'} aria-label={label} min={0} max={1} value={Math.min(share, 1)} title={`${Math.round(share * 100)} %`} />;
}

function One({ spent, usage, isInside }: { spent: Spent; usage: BudgetUsage; isInside: boolean }) {
  const { t, locale } = useLanguage();
  const bars = [
    ...(usage.amount_usd === undefined ? [] : [{ text: t('portal.used', { used: dollars(spent.spent_usd, locale), limit: dollars(usage.amount_usd, locale) }), share: Number(spent.spent_usd) / Number(usage.amount_usd) }]),
    ...(usage.tokens === undefined ? [] : [{ text: t('budget.tokens', { used: count(spent.spent_tokens, locale), limit: count(usage.tokens, locale) }), share: spent.spent_tokens / usage.tokens }]),
  ];
  return (
    <li className={isInside ? '' : 'card'}>
      <h2 className="section-title">{spent.subject === '*' ? t('budget.all') : spent.subject}</h2>
      {bars.map(({ text, share }) => (
        <div key={text}>
          <p>{text}</p>
          <Bar label={text} share={share} />
        </div>
      ))}
    </li>
  );
}

/** `isInside`: of a card, which has room for a few. */
export function BudgetSpent({ resource: budget, isInside = false }: Pick<TabProps, 'resource'> & { isInside?: boolean }) {
  const { t, locale } = useLanguage();
  const limit = isInside ? fewSubjects : 100;
  const asked = useQuery({
    queryKey: ['budget', budget.key, limit],
    queryFn: ({ signal }) => get<BudgetUsage>(`/budgets/${encodeURIComponent(budget.key)}/usage?limit=${limit}`, signal),
    refetchInterval: askedEvery(5000),
  });
  if (asked.isPending) return <Spinner />;
  if (asked.error !== null) return <ErrorNote error={asked.error} onRetry={() => void asked.refetch()} />;
  const usage = asked.data;
  return (
    <>
      {usage.resets_at !== null && <p className="faint" title={usage.resets_at}>{t('portal.resets', { when: ago(usage.resets_at, Date.now(), locale) })}</p>}
      {usage.items.length === 0 && <Empty title={t('budget.none')} hint={t('budget.none.hint')} />}
      <ul className="plain-list">
        {usage.items.map((s) => (
          <One key={s.subject} spent={s} usage={usage} isInside={isInside} />
        ))}
      </ul>
    </>
  );
}
