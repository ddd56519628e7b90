/** Who may call a service. */
import { Link } from 'wouter';
import { useList } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import type { TabProps } from '../tabs.ts';
import { ResourceState } from './state.tsx';
import { Empty, ErrorNote, Spinner } from './ui.tsx';

export function Subscribers({ resource: service }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const list = useList('subscriptions', { filter: { service: String(service['name']) } });
  const all = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (all.length === 0) return <Empty title={t('subscribers.none')} hint={t('subscribers.none.hint')} />;
  return (
    <ul className="card plain-list">
      {all.map((s) => (
        <li className="model-row" key={s.id}>
          <Link className="grow" href={`/subscriptions/${encodeURIComponent(s.key)}`}>
            {String(s['consumer'])}
          </Link>
          <span className="faint">{String(s['plan'])}</span>
          <ResourceState resource={s} />
        </li>
      ))}
    </ul>
  );
}
