/** The dialog that asks which application is to have a service, and what for. */
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { makeApplication, type OfferedService, type Plan, subscribe, useApplications, usePortalChange } from '../api/portal.ts';
import { ErrorNote, FormFoot, Note, Select, Spinner, TextField, Window } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';

const isNew = ''; // of the choice: none of those that are there

function Done({ application, state }: { application: string; state: string | undefined }) {
  const { t } = useLanguage();
  return (
    <>
      <Note kind="good">{state === 'requested' ? t('portal.requested') : t('portal.subscribed')}</Note>
      <Link href={`/applications/${encodeURIComponent(application)}`}>{t('portal.to.application', { name: application })}</Link>
    </>
  );
}

function Wish({ service, plan, names, onClose }: { service: string; plan: string; names: string[]; onClose: () => void }) {
  const { t } = useLanguage();
  const [chosen, setChosen] = useState(names[0] ?? isNew);
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const run = usePortalChange(async () => {
    let application = chosen;
    if (application === isNew) {
      application = (await makeApplication(name)).key;
      setChosen(application); // what failed after this is tried again with it
    }
    return { application, state: (await subscribe({ application, service, plan, reason })).state };
  });
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate(undefined);
  };
  if (run.data !== undefined) return <Done {...run.data} />;
  const known = chosen === isNew || names.includes(chosen) ? names : [...names, chosen];
  const choices = [...known.map((n) => ({ id: n, text: n })), { id: isNew, text: t('portal.application.new') }];
  return (
    <form onSubmit={submit}>
      {known.length > 0 && <Select label={t('portal.application')} value={chosen} choices={choices} onChange={setChosen} />}
      {chosen === isNew && <TextField label={t('portal.application.name')} help={t('portal.application.help')} value={name} onChange={setName} maxLength={32} isRequired />}
      <TextField label={t('portal.reason')} lines={3} value={reason} onChange={setReason} maxLength={2048} />
      <FormFoot submit={t('portal.subscribe')} error={run.error} isPending={run.isPending} onClose={onClose} />
    </form>
  );
}

export function Subscribe({ service, plan, onClose }: { service: OfferedService; plan: Plan; onClose: () => void }) {
  const { t } = useLanguage();
  const own = useApplications();
  const title = t('portal.subscribe.to', { service: service.title ?? service.name, plan: plan.title ?? plan.name });
  return (
    <Window title={title} isOpen onClose={onClose}>
      {own.isPending && <Spinner />}
      {own.error !== null && <ErrorNote error={own.error} onRetry={() => void own.refetch()} />}
      {own.data !== undefined && <Wish service={service.key} plan={plan.name} names={own.data.items.map((a) => a.key)} onClose={onClose} />}
    </Window>
  );
}
