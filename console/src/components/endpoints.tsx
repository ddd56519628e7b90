/** The endpoints of an upstream, or of what a service is served by, as the node that is asked knows them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { countdown, count, milliseconds } from '../lib/format.ts';
import { useSeconds } from '../lib/use-seconds.ts';
import { useSettled } from '../lib/use-settled.ts';
import type { TabProps } from '../tabs.ts';
import { Badge, Empty, ErrorNote, LogTable, Note, Spinner } from './ui.tsx';

export interface Endpoint {
  url?: string;
  weight: number;
  state: string;
  until?: string;
  active: number;
  requests: number;
  failures: number;
  failures_in_row: number;
  latency_us?: number;
}

interface Endpoints {
  is_served: boolean;
  is_checked?: boolean;
  balancer?: string;
  other_nodes: number;
  endpoints: Endpoint[];
}

export function useEndpoints(plural: string, key: string) {
  return useQuery({
    queryKey: ['endpoints', plural, key],
    queryFn: ({ signal }) => get<Endpoints>(`/${plural}/${encodeURIComponent(key)}/endpoints`, signal),
    refetchInterval: askedEvery(5000),
  });
}

const keysMax = 100;

/** Of many services, with one request: of those that are in sight. What was known of others stays until theirs are. */
export function useEndpointsOf(keys: readonly string[]): (key: string) => readonly Endpoint[] {
  const asked = useSettled(keys.slice(0, keysMax).join(','), 100);
  const { data } = useQuery({
    queryKey: ['endpoints', 'services', 'in sight', asked],
    enabled: asked !== '',
    queryFn: ({ signal }) => get<{ items: (Endpoints & { key: string })[] }>(`/endpoints?service=${encodeURIComponent(asked)}`, signal),
    select: ({ items }) => new Map(items.map((s) => [s.key, s.endpoints])),
    placeholderData: keepPreviousData,
    refetchInterval: askedEvery(5000),
  });
  return (key) => data?.get(key) ?? [];
}

const tones: Record<string, 'good' | 'warn' | 'plain'> = { up: 'good', tried: 'warn', drained: 'plain' };

function Row({ endpoint, now }: { endpoint: Endpoint; now: number }) {
  const { t, maybe, locale } = useLanguage();
  const rest = endpoint.until === undefined ? '' : countdown(Date.parse(endpoint.until) - now);
  return (
    <tr>
      <th scope="row">
        {endpoint.url === undefined ? <span className="faint">{t('endpoint.hidden')}</span> : <code>{endpoint.url}</code>}
      </th>
      <td>
        <Badge tone={tones[endpoint.state] ?? 'bad'}>{maybe(`endpoint.${endpoint.state}`) ?? endpoint.state}</Badge>{' '}
        <span className="faint">{rest !== '' && t('key.state.until', { rest })}</span>
      </td>
      <td>{endpoint.weight}</td>
      <td>{endpoint.active}</td>
      <td>{count(endpoint.requests, locale)}</td>
      <td>
        {count(endpoint.failures, locale)}
        {endpoint.failures_in_row > 0 && <span className="faint"> {t('endpoint.row', { n: endpoint.failures_in_row })}</span>}
      </td>
      <td>{milliseconds(endpoint.latency_us === undefined ? null : endpoint.latency_us / 1000, locale)}</td>
      <td />
    </tr>
  );
}

export function EndpointList({ noun: { plural }, resource }: Pick<TabProps, 'noun' | 'resource'>) {
  const { t, maybe } = useLanguage();
  const { data, error, isPending, refetch } = useEndpoints(plural, resource.key);
  const now = useSeconds(data?.endpoints.some((e) => e.until !== undefined) === true);
  if (isPending) return <Spinner />;
  if (error !== null) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  const upstream = resource['upstream'];
  if (!data.is_served) return <Empty title={t('endpoint.none')} hint={t(plural === 'services' ? 'endpoint.none.service' : 'endpoint.none.upstream')} />;
  return (
    <section className="card">
      <p>
        {typeof upstream === 'string' && (
          <>
            {maybe('field.upstream') ?? 'Upstream'}: <Link href={`/upstreams/${encodeURIComponent(upstream)}`}>{upstream}</Link> ·{' '}
          </>
        )}
        {data.balancer} · {t(data.is_checked === true ? 'endpoint.checked' : 'endpoint.unchecked')}
      </p>
      <LogTable
        label={t('endpoint.title')}
        columns={[t('endpoint.url'), t('list.state'), maybe('field.weight') ?? 'Weight', t('endpoint.active'), t('home.requests'), t('endpoint.failures'), t('endpoint.latency')]}
      >
        {data.endpoints.map((e, i) => (
          <Row key={e.url ?? i} endpoint={e} now={now} />
        ))}
      </LogTable>
      {data.other_nodes > 0 && <Note kind="info">{t('endpoint.nodes', { n: data.other_nodes })}</Note>}
    </section>
  );
}
