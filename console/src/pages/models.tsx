/** Model routes as pictures: what clients ask for, who serves it in which share, and who stands in. */
import { Link, useLocation } from 'wouter';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { Mark } from '../components/mark.tsx';
import { LongCards } from '../components/long.tsx';
import { useTitles } from '../components/shell.tsx';
import { RuleWords } from '../components/rule-words.tsx';
import { Badge, Button, Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { nameOf, rulesOf } from '../lib/model-rules.ts';
import { listOf } from '../lib/schema.ts';
import { type Step, stepsOf } from '../lib/targets.ts';

function StepRow({ step, index }: { step: Step; index: number }) {
  const { t } = useLanguage();
  return (
    <li className="step">
      <p className="step-title">{index === 0 ? t('models.first') : t('models.fallback', { n: index })}</p>
      <ul className="plain-list">
        {step.targets.map((target) => (
          <li className="target" key={`${target.account}/${target.model}`}>
            <Mark name={target.account} />
            <span className="grow">
              <Link href={`/accounts/${encodeURIComponent(target.account)}`}>{target.account}</Link> <code>{target.model}</code>
              <meter className="bar" min={0} max={1} value={target.share} aria-label={`${target.account}: ${Math.round(target.share * 100)} %`} />
            </span>
            <span className="share">{Math.round(target.share * 100)} %</span>
          </li>
        ))}
      </ul>
    </li>
  );
}

function Steps({ targets }: { targets: unknown }) {
  return (
    <ol className="plain-list">
      {stepsOf(targets).map((step, i) => (
        <StepRow key={step.order} step={step} index={i} />
      ))}
    </ol>
  );
}

function RouteCard({ route }: { route: Resource }) {
  const { t } = useLanguage();
  const rules = rulesOf(route['rules']);
  const aliases = listOf(route['aliases']).map(String);
  return (
    <section className="card" aria-label={route.key}>
      <div className="head">
        <h2 className="section-title">
          <Link href={`/models/${encodeURIComponent(route.key)}`}>{route.key}</Link>
        </h2>
        {aliases.map((a) => (
          <Badge key={a}>{a}</Badge>
        ))}
        <span className="grow" />
        <Link className="button button-quiet" href={`/playground?model=${encodeURIComponent(route.key)}`}>
          {t('models.try')}
        </Link>
      </div>
      {rules.map((rule, i) => (
        <section key={nameOf(rule, i)} aria-label={t('rules.one', { name: nameOf(rule, i) })}>
          <p>
            <strong>{nameOf(rule, i)}</strong> <RuleWords rule={rule} />
          </p>
          <Steps targets={rule['targets']} />
        </section>
      ))}
      {rules.length > 0 && (
        <p>
          <strong>{t(listOf(route['targets']).length > 0 ? 'rules.rest' : 'rules.rest.none')}</strong>
        </p>
      )}
      <Steps targets={route['targets']} />
    </section>
  );
}

export default function ModelsPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { data: me } = useMe();
  const list = useList('models');
  const routes = list.data?.pages.flatMap((p) => p.items) ?? [];
  const create = may(me, 'models:create') && (
    <Button look="primary" onPress={() => navigate('/models/new')}>
      {t('list.create')}
    </Button>
  );
  return (
    <>
      <div className="head">
        <h1>{title('models')}</h1>
        <span className="grow" />
        {routes.length > 0 && create}
      </div>
      <p className="faint">{t('models.lead')}</p>
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && routes.length === 0 && (
        <Empty title={t('list.empty')} hint={t('models.empty')}>
          {create}
        </Empty>
      )}
      <LongCards label={title('models')} rows={routes} list={list} card={(r) => <RouteCard key={r.id} route={r} />} />
    </>
  );
}
