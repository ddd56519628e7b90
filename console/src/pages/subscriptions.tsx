/** The inbox: who asks for what, approved or rejected in place; below it all subscriptions. */
import { type FormEvent, useState } from 'react';
import { may, type Resource, useAction, useList, useMe } from '../api/resources.ts';
import { Mark } from '../components/mark.tsx';
import { LongCards } from '../components/long.tsx';
import { Button, ErrorNote, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import ListPage from './list.tsx';

function Request({ request }: { request: Resource }) {
  const { t, locale } = useLanguage();
  const [reason, setReason] = useState('');
  const approve = useAction('subscriptions', request.key, 'approve');
  const reject = useAction('subscriptions', request.key, 'reject');
  const body = reason.trim() === '' ? {} : { reason: reason.trim() };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    approve.mutate(body);
  };
  const consumer = String(request['consumer']);
  return (
    <form className="card" aria-label={request.key} onSubmit={submit}>
      <div className="titled">
        <Mark name={consumer} />
        <div>
          <h3 className="section-title">{t('inbox.wants', { consumer, service: String(request['service']), plan: String(request['plan']) })}</h3>
          <p className="faint">
            {request.created_by}, {ago(request.updated_at, Date.now(), locale)}
          </p>
        </div>
      </div>
      {typeof request['reason'] === 'string' && <blockquote>{request['reason']}</blockquote>}
      <TextField label={t('inbox.reason')} value={reason} onChange={setReason} />
      {approve.error !== null && <ErrorNote error={approve.error} />}
      {reject.error !== null && <ErrorNote error={reject.error} />}
      <div className="actions">
        <Button look="primary" type="submit" isPending={approve.isPending}>
          {t('inbox.approve')}
        </Button>
        <Button look="danger" isPending={reject.isPending} onPress={() => reject.mutate(body)}>
          {t('inbox.reject')}
        </Button>
      </div>
    </form>
  );
}

function Inbox() {
  const { t } = useLanguage();
  const list = useList('subscriptions', { filter: { 'status.state': 'requested' } });
  const requests = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (requests.length === 0) return null;
  return (
    <section aria-label={t('inbox.title')}>
      <h2 className="section-title">{t('inbox.title')}</h2>
      <LongCards label={t('inbox.title')} rows={requests} list={list} card={(r) => <Request key={r.id} request={r} />} />
    </section>
  );
}

export default function SubscriptionsPage() {
  const { data: me } = useMe();
  return <ListPage plural="subscriptions">{may(me, 'subscriptions:approve') && <Inbox />}</ListPage>;
}
