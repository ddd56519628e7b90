/** The inbox: who asks for what, approved or rejected in place, which may be taken back for a moment; below it all subscriptions. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { request as httpRequest } from '../api/client.ts';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { Mark } from '../components/mark.tsx';
import { LongCards } from '../components/long.tsx';
import { Button, TextField } from '../components/ui.tsx';
import { useNotices } from '../components/undo.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import ListPage from './list.tsx';

function Request({ request, onDecided }: { request: Resource; onDecided: (id: string, is: boolean) => void }) {
  const { t, locale } = useLanguage();
  const client = useQueryClient();
  const { offer } = useNotices();
  const [reason, setReason] = useState('');
  const about = { consumer: String(request['consumer']), service: String(request['service']) };
  /** Its consumer is told, which cannot be taken back: it waits for a moment. */
  const decide = (action: 'approve' | 'reject'): void => {
    onDecided(request.id, true);
    const body = reason.trim() === '' ? {} : { reason: reason.trim() };
    const send = async (): Promise<void> => {
      try {
        await httpRequest(`/subscriptions/${encodeURIComponent(request.key)}/${action}`, { method: 'POST', body, isKept: true });
      } finally {
        await client.invalidateQueries({ queryKey: ['list'] });
        onDecided(request.id, false); // it is in the list no more, or was not decided after all
      }
    };
    offer({ text: t(action === 'approve' ? 'undo.approved' : 'undo.rejected', about), undo: async () => onDecided(request.id, false), after: send });
  };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    decide('approve');
  };
  return (
    <form className="card" aria-label={request.key} onSubmit={submit}>
      <div className="titled">
        <Mark name={about.consumer} />
        <div>
          <h3 className="section-title">{t('inbox.wants', { ...about, plan: String(request['plan']) })}</h3>
          <p className="faint">
            {request.created_by}, {ago(request.updated_at, Date.now(), locale)}
          </p>
        </div>
      </div>
      {typeof request['reason'] === 'string' && <blockquote>{request['reason']}</blockquote>}
      <TextField label={t('inbox.reason')} value={reason} onChange={setReason} />
      <div className="actions">
        <Button look="primary" type="submit">
          {t('inbox.approve')}
        </Button>
        <Button look="danger" onPress={() => decide('reject')}>
          {t('inbox.reject')}
        </Button>
      </div>
    </form>
  );
}

function Inbox() {
  const { t } = useLanguage();
  const list = useList('subscriptions', { filter: { 'status.state': 'requested' } });
  const [decided, setDecided] = useState<readonly string[]>([]); // not sent yet
  const { settle } = useNotices();
  useEffect(() => settle, [settle]);
  const requests = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((r) => !decided.includes(r.id));
  const decide = (id: string, is: boolean): void => setDecided((all) => (is ? [...all, id] : all.filter((other) => other !== id)));
  if (requests.length === 0) return null;
  return (
    <section aria-label={t('inbox.title')}>
      <h2 className="section-title">{t('inbox.title')}</h2>
      <LongCards label={t('inbox.title')} rows={requests} list={list} card={(r) => <Request key={r.id} request={r} onDecided={decide} />} />
    </section>
  );
}

export default function SubscriptionsPage() {
  const { data: me } = useMe();
  return <ListPage plural="subscriptions">{may(me, 'subscriptions:approve') && <Inbox />}</ListPage>;
}
