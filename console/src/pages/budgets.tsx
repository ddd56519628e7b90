/** Budgets with what is spent of each, by those who spent most. */
import { Link, useLocation } from 'wouter';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { BudgetSpent } from '../components/budget-spent.tsx';
import { LongCards } from '../components/long.tsx';
import { useTitles } from '../components/shell.tsx';
import { Badge, Button, Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';

function BudgetCard({ budget }: { budget: Resource }) {
  const { t, maybe } = useLanguage();
  const per = String(budget['per'] ?? 'consumer');
  const subject = budget['subject'];
  const period = String(budget['period'] ?? 'month');
  return (
    <section className="card" aria-label={budget.key}>
      <div className="head">
        <h2 className="section-title">
          <Link href={`/budgets/${encodeURIComponent(budget.key)}`}>{budget.key}</Link>
        </h2>
        {budget['disabled'] === true && <Badge tone="warn">{t('policies.off')}</Badge>}
        <span className="grow" />
        <Badge>{maybe(`budgets.per.${per}`) ?? per}</Badge>
        {typeof subject === 'string' && <Badge>{subject}</Badge>}
        <Badge>{maybe(`budgets.period.${period}`) ?? period}</Badge>
      </div>
      <BudgetSpent resource={budget} isInside />
    </section>
  );
}

export default function BudgetsPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { data: me } = useMe();
  const list = useList('budgets');
  const budgets = list.data?.pages.flatMap((p) => p.items) ?? [];
  const create = may(me, 'budgets:create') && (
    <Button look="primary" onPress={() => navigate('/budgets/new')}>
      {t('list.create')}
    </Button>
  );
  return (
    <>
      <div className="head">
        <h1>{title('budgets')}</h1>
        <span className="grow" />
        {budgets.length > 0 && create}
      </div>
      <p className="faint">{t('budgets.lead')}</p>
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && budgets.length === 0 && (
        <Empty title={t('list.empty')} hint={t('budgets.empty')}>
          {create}
        </Empty>
      )}
      <LongCards label={title('budgets')} rows={budgets} list={list} card={(b) => <BudgetCard key={b.id} budget={b} />} />
    </>
  );
}
