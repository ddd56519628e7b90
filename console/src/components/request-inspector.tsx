/** All that the ledger knows of one request: how it was decided, where its time went, and what it used. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { get, post } from '../api/client.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { Badge, Button, ErrorNote, Spinner, Window } from './ui.tsx';
import { type Explanation, Way } from './which-route.tsx';

/** A line of the log. */
export interface Entry {
  id: string;
  time: string;
  client_ip: string;
  method: string;
  host: string;
  path: string;
  service: string;
  service_version: string;
  route: string;
  consumer: string;
  credential: string;
  model: string;
  status: number;
  outcome: string;
  error: string;
  took_us: number;
  first_byte_us: number;
  cost_usd: string | null;
  prompt_tokens: number;
  completion_tokens: number;
}

interface Attempt {
  target: string;
  key?: string;
  status: number;
  error?: string;
  took_us: number;
}

/** What the list has, and more. */
interface Details extends Entry {
  reason: string;
  is_ai: boolean;
  is_stream: boolean;
  model_route: string;
  model_rule: string;
  rule_reason: string;
  served_model: string;
  vendor: string;
  stop: string;
  usage_source: string;
  phases_us: Record<string, number>;
  attempt_list: Attempt[];
}

export const toneOf = (status: number): 'good' | 'warn' | 'bad' => (status < 400 ? 'good' : status < 500 ? 'warn' : 'bad');

/** Parts of a request's time as bars on one scale, one after the other, each with its number. */
function Timings({ details }: { details: Details }) {
  const { t, maybe, locale } = useLanguage();
  const parts = Object.entries(details.phases_us);
  const whole = Math.max(details.took_us, 1);
  let from = 0;
  return (
    <table className="timings">
      <caption>
        {t('requests.timings')}: {milliseconds(details.took_us / 1000, locale)}
      </caption>
      <tbody>
        {parts.map(([name, us]) => {
          const x = (from * 100) / whole;
          from += us;
          return (
            <tr key={name}>
              <th scope="row">{maybe(`phase.${name}`) ?? titleOf(name)}</th>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect x={x} width={Math.max((us * 100) / whole, 0.5)} height="8" />
                </svg>
              </td>
              <td>{milliseconds(us / 1000, locale)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Which targets were tried, in order, and how each went. */
function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const { locale } = useLanguage();
  return (
    <ol className="steps">
      {attempts.map((a, i) => (
        <li key={i}>
          <code>{a.target}</code> <Badge tone={toneOf(a.status)}>{a.status}</Badge> {a.error} <span className="faint">{a.key}</span>{' '}
          {milliseconds(a.took_us / 1000, locale)}
        </li>
      ))}
    </ol>
  );
}

const linkTo = (plural: string, key: string): ReactNode => <Link href={`/${plural}/${encodeURIComponent(key)}`}>{key}</Link>;

function Used({ details }: { details: Details }) {
  const { t, maybe, locale } = useLanguage();
  return (
    <>
      {t('trail.tokens', { prompt: count(details.prompt_tokens, locale), completion: count(details.completion_tokens, locale) })} · {dollars(details.cost_usd, locale)}{' '}
      <span className="faint">{details.usage_source !== '' && (maybe(`usage.source.${details.usage_source}`) ?? details.usage_source)}</span>
    </>
  );
}

/** What was decided about a request, in the order in which it was. */
function Trail({ details: d }: { details: Details }) {
  const { t, maybe } = useLanguage();
  const service = d.service_version === '' ? d.service : `${d.service}@${d.service_version}`;
  const route = d.service === '' ? t('trail.no.route') : <>{linkTo('services', service)} <code>{d.route}</code></>;
  const who = d.consumer === '' ? t('trail.nobody') : <>{linkTo('consumers', d.consumer)} <span className="faint">{d.credential}</span></>;
  const steps: [string, ReactNode][] = [
    [t('trail.came'), <><code>{d.method} {d.host}{d.path}</code> <span className="faint">{d.client_ip}</span></>],
    [t('trail.route'), route],
    [t('trail.who'), who],
    ...(d.model === '' ? [] : [[t('trail.model'), <>{d.model}{d.served_model !== '' && ` → ${d.vendor} ${d.served_model}`}</>] as [string, ReactNode]]),
    ...(d.rule_reason === '' ? [] : [[t('trail.rule'), d.model_rule === '' ? t('trail.no.rule') : <><strong>{d.model_rule}</strong> <code>{d.rule_reason}</code></>] as [string, ReactNode]]),
    ...(d.attempt_list.length === 0 ? [] : [[t('requests.attempts'), <Attempts attempts={d.attempt_list} />] as [string, ReactNode]]),
    [t('trail.end'), <><Badge tone={toneOf(d.status)}>{d.status}</Badge> {maybe(`outcome.${d.outcome}`) ?? d.outcome} <strong>{d.error}</strong> {d.reason} <span className="faint">{d.stop}</span></>],
    ...(d.is_ai ? [[t('trail.used'), <Used details={d} />] as [string, ReactNode]] : []),
  ];
  return (
    <section aria-label={t('trail.title')}>
      <h2>{t('trail.title')}</h2>
      <ol className="trail">
        {steps.map(([title, what]) => (
          <li key={title}>
            <span className="faint">{title}</span>
            <div>{what}</div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The same request, as the configuration of now would take it: its policies and its targets. */
function Again({ details }: { details: Details }) {
  const { t } = useLanguage();
  const url = `http://${details.host === '' ? 'localhost' : details.host}${details.path}`;
  const ask = useMutation({
    mutationFn: () => post<Explanation>('/explain', { method: details.method, url, ...(details.model === '' ? {} : { model: details.model }) }),
  });
  return (
    <>
      <Button isPending={ask.isPending} onPress={() => ask.mutate()}>
        {t('trail.now')}
      </Button>
      {ask.error !== null && <ErrorNote error={ask.error} />}
      {ask.data !== undefined && <Way answer={ask.data} service={details.service} />}
    </>
  );
}

const shownAbove = new Set([
  'took_us', 'first_byte_us', 'id', 'client_ip', 'method', 'host', 'path', 'service', 'service_version', 'route', 'consumer', 'credential', 'model',
  'served_model', 'model_rule', 'rule_reason', 'status', 'outcome', 'error', 'reason', 'stop', 'usage_source', 'prompt_tokens', 'completion_tokens', 'cost_usd',
]);
/** What says nothing: not given, none of it, not so. */
const isTold = ([name, value]: [string, unknown]): boolean =>
  !shownAbove.has(name) && typeof value !== 'object' && !['', '0', 0, false].includes(value as string);

function Facts({ details }: { details: Details }) {
  const { t, maybe } = useLanguage();
  return (
    <details className="more">
      <summary>{t('trail.more')}</summary>
      <dl className="facts">
        {Object.entries(details)
          .filter(isTold)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{maybe(`field.${name}`) ?? titleOf(name)}</dt>
              <dd className="mono">{String(value)}</dd>
            </div>
          ))}
      </dl>
    </details>
  );
}

export function Inspector({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useLanguage();
  const details = useQuery({ queryKey: ['request', id], queryFn: ({ signal }) => get<Details>(`/requests/${encodeURIComponent(id)}`, signal) });
  return (
    <Window title={t('error.request', { id })} isOpen onClose={onClose}>
      {details.isPending && <Spinner />}
      {details.error !== null && <ErrorNote error={details.error} onRetry={() => void details.refetch()} />}
      {details.data !== undefined && (
        <>
          <Trail details={details.data} />
          <Timings details={details.data} />
          <Facts details={details.data} />
          <Again details={details.data} />
        </>
      )}
      <div className="actions">
        <Button onPress={onClose} autoFocus>
          {t('common.close')}
        </Button>
      </div>
    </Window>
  );
}
