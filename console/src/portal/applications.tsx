/** One's own applications and those of one's teams. */
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { makeApplication, useApplications, usePortalChange } from '../api/portal.ts';
import { Badge, Button, Empty, ErrorNote, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';

function Make() {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const run = usePortalChange(makeApplication);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate(name, { onSuccess: (made) => navigate(`/applications/${encodeURIComponent(made.key)}`) });
  };
  return (
    <form className="card" onSubmit={submit} aria-label={t('portal.application.make')}>
      <TextField label={t('portal.application.name')} help={t('portal.application.help')} value={name} onChange={setName} maxLength={32} isRequired />
      {run.error !== null && <ErrorNote error={run.error} />}
      <Button type="submit" isPending={run.isPending}>
        {t('portal.application.make')}
      </Button>
    </form>
  );
}

function List() {
  const { t } = useLanguage();
  const own = useApplications();
  if (own.isPending) return <Spinner />;
  if (own.error !== null) return <ErrorNote error={own.error} onRetry={() => void own.refetch()} />;
  if (own.data.items.length === 0) return <Empty title={t('portal.applications.none')} hint={t('portal.applications.hint')} />;
  return (
    <ul className="card plain-list">
      {own.data.items.map((a) => (
        <li className="model-row" key={a.key}>
          <Link className="grow" href={`/applications/${encodeURIComponent(a.key)}`}>
            {a.key}
          </Link>
          {a.subscriptions.map((s) => (
            <Badge key={s.key}>{s.service}</Badge>
          ))}
        </li>
      ))}
    </ul>
  );
}

export default function ApplicationsPage() {
  const { t } = useLanguage();
  return (
    <>
      <h1>{t('portal.applications')}</h1>
      <List />
      <Make />
    </>
  );
}
