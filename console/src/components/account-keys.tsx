/** The keys of an account as the node that is asked knows them: which serve, and for how long others rest. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { Resource } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { countdown } from '../lib/format.ts';
import { listOf, memberOf } from '../lib/schema.ts';
import { useSeconds } from '../lib/use-seconds.ts';
import { Badge } from './ui.tsx';

interface KeyState {
  index: number;
  key: string;
  state: string;
  until?: string;
  requests: number;
  failures: number;
  last_failure?: { text: string };
}

interface KeyStates {
  is_served: boolean;
  keys: KeyState[];
}

const tones: Record<string, 'good' | 'warn' | 'bad'> = { ready: 'good', cooling: 'warn', no_token: 'warn' };

function useKeyStates(account: string, isEnabled: boolean): KeyState[] {
  const { data } = useQuery({
    queryKey: ['one', 'accounts', account, 'keys'],
    enabled: isEnabled,
    queryFn: ({ signal }) => get<KeyStates>(`/accounts/${encodeURIComponent(account)}/keys`, signal),
    refetchInterval: askedEvery(5000),
  });
  return data?.is_served === true ? data.keys : [];
}

function Standing({ state, now }: { state: KeyState; now: number }) {
  const { t, maybe } = useLanguage();
  const rest = state.until === undefined ? '' : countdown(Date.parse(state.until) - now);
  return (
    <>
      {' '}
      <Badge tone={tones[state.state] ?? 'bad'}>{maybe(`key.state.${state.state}`) ?? state.state}</Badge>{' '}
      <span className="faint">{rest !== '' && t('key.state.until', { rest })}</span>{' '}
      <span className="faint">{state.requests > 0 && t('key.state.counts', { requests: state.requests, failures: state.failures })}</span>{' '}
      <span className="faint">{state.state !== 'ready' && state.last_failure?.text}</span>
    </>
  );
}

export function AccountKeys({ account }: { account: Resource }) {
  const { t } = useLanguage();
  const keys = listOf(account['keys']);
  const states = useKeyStates(account.key, keys.length > 0);
  const now = useSeconds(states.some((s) => s.until !== undefined));
  if (keys.length === 0) return <p className="faint">{t('accounts.no.keys')}</p>;
  return (
    <ul className="plain-list" aria-label={t('accounts.keys')}>
      {keys.map((k, i) => {
        const label = memberOf(k, 'label');
        const order = Number(memberOf(k, 'order') ?? 0);
        const state = states.find((s) => s.index === i);
        return (
          <li key={i}>
            {typeof label === 'string' && label !== '' ? label : (state?.key ?? t('accounts.key', { n: i + 1 }))}
            {order > 0 && <span className="faint"> · {t('accounts.spare', { n: order })}</span>}
            {state !== undefined && <Standing state={state} now={now} />}
          </li>
        );
      })}
    </ul>
  );
}
