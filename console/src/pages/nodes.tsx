/** Every node: the configuration it serves, whether that is another one than here (drift), and how busy it is. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { Badge, Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { ago, count, size } from '../lib/format.ts';
import { nameOfNode } from '../lib/nodes.ts';

interface Load {
  over_s: number;
  cpu_percent: number;
  cores: number;
  requests_per_second: number;
  requests: number;
  connections: number;
  connections_max: number;
  memory_bytes: number;
  memory_max_bytes: number;
}

interface Node {
  id?: string;
  name?: string;
  program?: string;
  started_at?: string;
  hash?: string;
  change?: number;
  addresses?: string[];
  workers?: unknown[];
  load?: Load;
  is_this: boolean;
  state: 'serving' | 'behind' | 'refusing' | 'silent';
  has_drift: boolean;
  seen_at: string;
}

const tones = { serving: 'good', behind: 'warn', refusing: 'bad', silent: 'bad' } as const;

/** From here on a bar is as loud as a warning. */
const muchOf = 0.8;

function Bar({ label, text, value, max }: { label: string; text: string; value: number; max: number }) {
  const isMuch = max > 0 && value / max >= muchOf;
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {text}
        <meter className={isMuch ? 'bar bar-warn' : 'bar'} min={0} max={max > 0 ? max : 1} value={Math.min(value, max)} aria-label={label} title={text} />
      </dd>
    </div>
  );
}

function Loads({ load }: { load: Load }) {
  const { t, locale } = useLanguage();
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return (
    <dl className="facts">
      <Bar label={t('nodes.cpu')} text={t('nodes.cpu.of', { percent: number.format(load.cpu_percent), cores: load.cores })} value={load.cpu_percent} max={100} />
      <Bar
        label={t('nodes.memory')}
        text={t('nodes.of', { used: size(load.memory_bytes, locale), max: size(load.memory_max_bytes, locale) })}
        value={load.memory_bytes}
        max={load.memory_max_bytes}
      />
      <Bar
        label={t('nodes.connections')}
        text={t('nodes.of', { used: count(load.connections, locale), max: count(load.connections_max, locale) })}
        value={load.connections}
        max={load.connections_max}
      />
      <div>
        <dt>{t('nodes.requests')}</dt>
        <dd>{t('nodes.requests.now', { rate: number.format(load.requests_per_second), now: count(load.requests, locale) })}</dd>
      </div>
    </dl>
  );
}

function Facts({ node }: { node: Node }) {
  const { t, locale } = useLanguage();
  const facts = [
    [t('nodes.hash'), node.hash ?? '—'],
    [t('nodes.change'), node.change === undefined ? '—' : String(node.change)],
    [t('nodes.program'), node.program ?? '—'],
    [t('nodes.workers'), String(node.workers?.length ?? 0)],
    [t('nodes.addresses'), node.addresses?.join(', ') ?? '—'],
    [t('nodes.started'), node.started_at === undefined ? '—' : ago(node.started_at, Date.now(), locale)],
    [t('nodes.seen'), ago(node.seen_at, Date.now(), locale)],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function NodeCard({ node, name }: { node: Node; name: string }) {
  const { t } = useLanguage();
  return (
    <section className="card" aria-label={name}>
      <h2>{name}</h2>
      <p>
        <Badge tone={tones[node.state]}>{t(`nodes.state.${node.state}`)}</Badge> {node.has_drift && <Badge tone="warn">{t('nodes.drift')}</Badge>}{' '}
        {node.is_this && <Badge>{t('nodes.this')}</Badge>}
      </p>
      {node.has_drift && <p className="faint">{t('nodes.drift.help')}</p>}
      {node.load !== undefined && <Loads load={node.load} />}
      <Facts node={node} />
    </section>
  );
}

export default function NodesPage() {
  const { t } = useLanguage();
  const nodes = useQuery({
    queryKey: ['nodes'],
    queryFn: ({ signal }) => get<{ items: Node[] }>('/nodes', signal),
    refetchInterval: askedEvery(5000),
  });
  return (
    <>
      <h1>{t('nodes.title')}</h1>
      <p className="faint">{t('nodes.what')}</p>
      {nodes.isPending && <Spinner />}
      {nodes.error !== null && <ErrorNote error={nodes.error} onRetry={() => void nodes.refetch()} />}
      {nodes.data?.items.length === 0 && <Empty title={t('list.empty')} />}
      <div className="cards">
        {nodes.data?.items.map((node, _, all) => (
          <NodeCard key={node.id ?? node.name ?? ''} node={node} name={nameOfNode(node, all)} />
        ))}
      </div>
    </>
  );
}
