/** What webhooks were told, the newest first: what became of each message, what was in it, and the same once more. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { get, post, query } from '../api/client.ts';
import { may, type Page, useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import { ago } from '../lib/format.ts';
import type { TabProps } from '../tabs.ts';
import { LongList, type Seen, useOpen } from './long.tsx';
import { Badge, Button, Code, Empty, ErrorNote, Spinner } from './ui.tsx';

interface Delivery {
  id: string;
  webhook: string;
  event: string;
  state: string;
  attempts: number;
  status: number;
  error: string;
  created_at: string;
  delivered_at: string | null;
  next_at: string | null;
  body: unknown;
}

const pageRows = 100;
const refreshMs = 3000;
export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
const tones: Record<string, 'good' | 'warn' | 'bad'> = { delivered: 'good', pending: 'warn', failed: 'bad' };

function useDeliveries(webhook: string, state: string) {
  return useInfiniteQuery({
    queryKey: ['deliveries', webhook, state],
    queryFn: ({ pageParam, signal }) => get<Page<Delivery>>(`/deliveries${query({ webhook, state, limit: pageRows, cursor: pageParam })}`, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: askedEvery(refreshMs), // alerts make new ones, and those that wait are tried again
  });
}

function Outcome({ delivery }: { delivery: Delivery }) {
  const { t, locale } = useLanguage();
  const now = Date.now();
  return (
    <dl className="facts">
      <div>
        <dt>{t('deliveries.attempts')}</dt>
        <dd>{delivery.attempts}</dd>
      </div>
      {delivery.status !== 0 && (
        <div>
          <dt>{t('deliveries.status')}</dt>
          <dd>{delivery.status}</dd>
        </div>
      )}
      {delivery.delivered_at !== null && (
        <div>
          <dt>{t('deliveries.delivered')}</dt>
          <dd title={delivery.delivered_at}>{ago(delivery.delivered_at, now, locale)}</dd>
        </div>
      )}
      {delivery.next_at !== null && (
        <div>
          <dt>{t('deliveries.next')}</dt>
          <dd title={delivery.next_at}>{ago(delivery.next_at, now, locale)}</dd>
        </div>
      )}
      {delivery.error !== '' && (
        <div>
          <dt>{t('deliveries.error')}</dt>
          <dd>{delivery.error}</dd>
        </div>
      )}
    </dl>
  );
}

function Resend({ delivery }: { delivery: Delivery }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const resend = useMutation({
    mutationFn: () => post('/deliveries/resend', { id: delivery.id }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <>
      <Button isPending={resend.isPending} isDisabled={delivery.state === 'pending'} onPress={() => resend.mutate()}>
        {t('deliveries.resend')}
      </Button>
      {resend.error !== null && <ErrorNote error={resend.error} />}
    </>
  );
}

function Row({ delivery, ...shown }: { delivery: Delivery } & Seen & ReturnType<ReturnType<typeof useOpen>>) {
  const { t, locale, maybe } = useLanguage();
  const { data: me } = useMe();
  return (
    <details className="entry" {...shown} aria-label={`${delivery.webhook}: ${delivery.event}`}>
      <summary>
        <span className="faint" title={delivery.created_at}>
          {ago(delivery.created_at, Date.now(), locale)}
        </span>
        <Badge tone={tones[delivery.state] ?? 'plain'}>{maybe(`deliveries.state.${delivery.state}`) ?? delivery.state}</Badge>
        <strong>{delivery.webhook}</strong>
        <code>{delivery.event}</code>
      </summary>
      <Outcome delivery={delivery} />
      <Code label={t('deliveries.body')} text={JSON.stringify(delivery.body, null, 2)} />
      {may(me, 'webhooks:resend') && <Resend delivery={delivery} />}
    </details>
  );
}

export function Deliveries({ webhook, state = '' }: { webhook: string; state?: string }) {
  const { t } = useLanguage();
  const list = useDeliveries(webhook, state);
  const opened = useOpen();
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  const deliveries = list.data.pages.flatMap((p) => p.items);
  if (deliveries.length === 0) return <Empty title={t(state === '' ? 'deliveries.none' : 'list.none.such')} hint={t('deliveries.none.hint')} />;
  return (
    <LongList label={t('deliveries.title')} rows={deliveries} list={list} row={(d, seen) => <Row key={d.id} delivery={d} {...seen} {...opened(d.id)} />} />
  );
}

/** Those of one webhook, beside its settings. */
export function WebhookDeliveries({ resource }: Pick<TabProps, 'resource'>) {
  return <Deliveries webhook={resource.key} />;
}
