/** One's own applications and those of one's teams. */
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { type Application, makeApplication, useApplications, usePortalChange } from '../api/portal.ts';
import { useMe } from '../api/resources.ts';
import { Badge, Button, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { EndingBadge, isEnding } from './ending.tsx';

const nobody = ''; // of the choice: no team

function Make() {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  const teams = [...new Set((useMe().data?.grants ?? []).flatMap((g) => g.teams ?? []))];
  const [name, setName] = useState('');
  const [team, setTeam] = useState(nobody);
  const run = usePortalChange((wish: string) => makeApplication(wish, team === nobody ? '' : team));
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate(name, { onSuccess: (made) => navigate(`/applications/${encodeURIComponent(made.key)}`) });
  };
  return (
    <form className="card" onSubmit={submit} aria-label={t('portal.application.make')}>
      <TextField label={t('portal.application.name')} help={t('portal.application.help')} value={name} onChange={setName} maxLength={32} isRequired />
      {teams.length > 0 && <Select label={t('portal.team')} value={team} choices={[{ id: nobody, text: t('portal.team.none') }, ...teams.map((id) => ({ id, text: id }))]} onChange={setTeam} />}
      {run.error !== null && <ErrorNote error={run.error} />}
      <Button type="submit" isPending={run.isPending}>
        {t('portal.application.make')}
      </Button>
    </form>
  );
}

/** What of it ends, each once, by its name. */
function Endings({ application }: { application: Application }) {
  const ending = application.subscriptions.filter((s) => s.state !== 'ended').flatMap((s) => (s.versions ?? []).filter(isEnding));
  return ending.map((v) => (
    <span key={v.key} className="chips">
      <span className="faint">{v.key}</span> <EndingBadge service={v} />
    </span>
  ));
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
          {a.team !== undefined && <Badge tone="good">{a.team}</Badge>}
          {a.subscriptions
            .filter((s) => s.state !== 'ended')
            .map((s) => (
              <Badge key={s.key}>{s.versions?.[0]?.title ?? s.service}</Badge>
            ))}
          <Endings application={a} />
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
