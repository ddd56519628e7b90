import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { textOf } from '../lib/columns.ts';

/** Every node and the configuration it serves; drift is two hashes that differ. */
export default function NodesPage() {
  const { t } = useLanguage();
  const nodes = useQuery({
    queryKey: ['nodes'],
    queryFn: ({ signal }) => get<{ items: Record<string, unknown>[] }>('/nodes', signal),
    refetchInterval: 5000,
  });
  return (
    <>
      <h1>{t('nodes.title')}</h1>
      {nodes.isPending && <Spinner />}
      {nodes.error !== null && <ErrorNote error={nodes.error} onRetry={() => void nodes.refetch()} />}
      {nodes.data?.items.length === 0 && <Empty title={t('list.empty')} />}
      <div className="cards">
        {nodes.data?.items.map((node) => (
          <section className="card" key={textOf(node['id'] ?? node['name'])}>
            <h2>{textOf(node['name'] ?? node['id'])}</h2>
            <dl className="facts">
              {Object.entries(node).map(([name, value]) => (
                <div key={name}>
                  <dt>{titleOf(name)}</dt>
                  <dd className="mono">{textOf(value)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </>
  );
}
