/** Services at a glance: how each stands, what goes through it, whose it is, and what waits to be published. */
import { useState } from 'react';
import { Link } from 'wouter';
import type { Row, Sums } from '../api/reports.ts';
import { may, type Resource, useMe } from '../api/resources.ts';
import { useReport } from '../api/use-report.ts';
import { type Endpoint, useEndpointsOf } from '../components/endpoints.tsx';
import { Badge } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { count } from '../lib/format.ts';
import { requestsPath } from '../lib/requests.ts';
import { healthOf, servicesTraffic, sparkOf } from '../lib/services.ts';
import ListPage from './list.tsx';

/** What went through each in the last day; nothing, where one may not see it. */
function useTraffic(): (service: Resource) => Row | undefined {
  const { data: me } = useMe();
  const isSeen = may(me, 'usage:read');
  const report = useReport(servicesTraffic, isSeen);
  const rows = new Map((report.data?.rows ?? []).map((r) => [`${r.service ?? ''}@${r.version ?? ''}`, r]));
  return (service) => rows.get(`${String(service['name'])}@${String(service['version'] ?? '')}`);
}

const isLive = (service: Resource): boolean => Number(service.status?.['live_release'] ?? 0) > 0;

function Health({ service, endpoints, traffic }: { service: Resource; endpoints: readonly Endpoint[]; traffic: Sums | undefined }) {
  const { t } = useLanguage();
  const isServed = isLive(service) && (service['kind'] ?? 'rest') === 'rest';
  if (!isLive(service)) return <span className="faint">—</span>;
  const health = healthOf(endpoints, traffic);
  return (
    <Link href={`/services/${encodeURIComponent(service.key)}?tab=${isServed ? 'endpoints' : 'logs'}`} className="bare-link">
      <Badge tone={health.tone}>{t(`health.${health.id}`, health)}</Badge>
    </Link>
  );
}

function Traffic({ service, traffic }: { service: Resource; traffic: Row | undefined }) {
  const { t, locale } = useLanguage();
  if (traffic === undefined) return <span className="faint">—</span>;
  const version = service['version'];
  const to = requestsPath({ service: String(service['name']), since: servicesTraffic.since, ...(typeof version === 'string' ? { version } : {}) });
  return (
    <span className="spark">
      <svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
        <polyline points={sparkOf((traffic.steps ?? []).map((s) => s.requests))} />
      </svg>
      <Link href={to} aria-label={`${count(traffic.requests, locale)}: ${t('home.requests.of', { what: service.key })}`}>
        {count(traffic.requests, locale)}
      </Link>
    </span>
  );
}

function Owner({ service }: { service: Resource }) {
  const team = service['team'];
  return typeof team === 'string' ? <Link href={`/teams/${encodeURIComponent(team)}`}>{team}</Link> : <span className="faint">—</span>;
}

export default function ServicesPage() {
  const { t, maybe } = useLanguage();
  const trafficOf = useTraffic();
  const [seen, setSeen] = useState<readonly string[]>([]);
  const endpointsOf = useEndpointsOf(seen);
  return (
    <ListPage
      plural="services"
      look="row-services"
      onSeen={setSeen}
      columns={[
        { title: t('health.title'), show: (s) => <Health service={s} endpoints={endpointsOf(s.key)} traffic={trafficOf(s)} /> },
        { title: t('services.traffic'), show: (s) => <Traffic service={s} traffic={trafficOf(s)} /> },
        { title: t('services.owner'), show: (s) => <Owner service={s} /> },
        { title: maybe('field.kind') ?? 'Kind', show: (s) => maybe(`kind.${String(s['kind'] ?? 'rest')}`) ?? String(s['kind']) },
      ]}
    />
  );
}
