/** How alerts stand now, those that fire first; below it all of them. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get } from '../api/client.ts';
import { Badge, ErrorNote, LogTable } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { ago } from '../lib/format.ts';
import ListPage from './list.tsx';

interface AlertState {
  alert: string;
  state: 'ok' | 'pending' | 'firing';
  since: string | null;
  value: number;
  seen_at: string | null;
}

const refreshMs = 5000;
const tones = { firing: 'bad', pending: 'warn', ok: 'good' } as const;
const order = ['firing', 'pending', 'ok'];

function Row({ state: { alert, state, since, value } }: { state: AlertState }) {
  const { t, locale } = useLanguage();
  return (
    <tr>
      <th scope="row">
        <Link href={`/alerts/${encodeURIComponent(alert)}`}>{alert}</Link>
      </th>
      <td>
        <Badge tone={tones[state] ?? 'plain'}>{t(`alerts.state.${state}`)}</Badge>
      </td>
      <td>{new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value)}</td>
      <td title={since ?? ''}>{since === null ? '—' : ago(since, Date.now(), locale)}</td>
      <td />
    </tr>
  );
}

function Now() {
  const { t } = useLanguage();
  const asked = useQuery({ queryKey: ['alert-states'], queryFn: ({ signal }) => get<{ items: AlertState[] }>('/alert-states', signal), refetchInterval: askedEvery(refreshMs) });
  if (asked.error !== null) return <ErrorNote error={asked.error} onRetry={() => void asked.refetch()} />;
  const states = (asked.data?.items ?? []).toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  if (states.length === 0) return null;
  return (
    <div className="card">
      <h2 className="section-title">{t('alerts.now')}</h2>
      <LogTable label={t('alerts.now')} columns={[t('list.name'), t('list.state'), t('alerts.value'), t('alerts.since')]}>
        {states.map((s) => (
          <Row key={s.alert} state={s} />
        ))}
      </LogTable>
    </div>
  );
}

export default function AlertsPage() {
  return (
    <ListPage plural="alerts">
      <Now />
    </ListPage>
  );
}
