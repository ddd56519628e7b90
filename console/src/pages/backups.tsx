/** Backups of this node's store: one more, what there is, each as a file; how one is taken back. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { get, request } from '../api/client.ts';
import { may, useMe } from '../api/resources.ts';
import { Badge, Button, Code, DeleteQuestion, Empty, ErrorNote, LogTable, Note, Spinner } from '../components/ui.tsx';
import { StepList } from '../components/steps.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { type Backup, type Backups, backupSteps } from '../lib/backup.ts';
import { ago, count, size } from '../lib/format.ts';
import { useSteps } from '../lib/use-steps.ts';

function DeleteWindow({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => request<void>(`/backups/${encodeURIComponent(name)}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['backups'] });
      onClose();
    },
  });
  return (
    <DeleteQuestion
      title={t('backups.delete.title', { name })}
      text={t('backups.delete.text')}
      error={remove.error}
      isPending={remove.isPending}
      onDelete={() => remove.mutate()}
      onClose={onClose}
    />
  );
}

function Row({ backup, onDelete }: { backup: Backup; onDelete: (() => void) | undefined }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  return (
    <tr>
      <th scope="row" className="mono">
        {backup.name} {!backup.is_whole && <Badge tone="bad">{t('backups.damaged')}</Badge>}
        {!backup.is_whole && <p className="faint">{t('backups.damaged.help')}</p>}
      </th>
      <td title={backup.created_at}>{backup.created_at === undefined ? '—' : ago(backup.created_at, Date.now(), locale)}</td>
      <td title={String(backup.bytes)}>{size(backup.bytes, locale)}</td>
      <td>{backup.rows === undefined ? '—' : count(backup.rows, locale)}</td>
      <td title={backup.program}>{backup.schema ?? '—'}</td>
      <td>{backup.by ?? '—'}</td>
      <td className="actions">
        {may(me, 'backups:download', true) && (
          <a className="button button-plain" href={`/api/v1/backups/${encodeURIComponent(backup.name)}/download`} download={backup.name} aria-label={`${t('backups.download')}: ${backup.name}`}>
            {t('backups.download')}
          </a>
        )}
        {onDelete && (
          <Button look="quiet" aria-label={`${t('detail.delete')}: ${backup.name}`} onPress={onDelete}>
            {t('detail.delete')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Table({ items, onDelete }: { items: Backup[]; onDelete: ((name: string) => void) | undefined }) {
  const { t } = useLanguage();
  const columns = ['backups.name', 'backups.time', 'backups.size', 'backups.rows', 'backups.schema', 'backups.by'] as const;
  return (
    <LogTable label={t('backups.title')} columns={columns.map((c) => t(c))}>
      {items.map((b) => (
        <Row key={b.name} backup={b} onDelete={onDelete && (() => onDelete(b.name))} />
      ))}
    </LogTable>
  );
}

function Restore({ backups }: { backups: Backups }) {
  const { t } = useLanguage();
  return (
    <section className="card" aria-label={t('backups.restore')}>
      <h2>{t('backups.restore')}</h2>
      <p>{t('backups.restore.text', { key: backups.master_key })}</p>
      <Code label={t('backups.restore')} text={backups.restore_command} />
      <p className="faint">
        {t('backups.directory')} <code>{backups.directory}</code>
      </p>
    </section>
  );
}

export default function BackupsPage() {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string>();
  const list = useQuery({
    queryKey: ['backups'],
    queryFn: ({ signal }) => get<Backups>('/backups', signal),
    refetchInterval: (q) => (q.state.data?.in_progress_since === undefined ? false : 2000),
  });
  const progress = useSteps();
  const [made, setMade] = useState<Backup>();
  const make = async (): Promise<void> => {
    setMade(undefined);
    await progress.begin(backupSteps({ t, locale, last: list.data?.items[0]?.bytes, onMade: setMade }));
    await client.invalidateQueries({ queryKey: ['backups'] });
  };
  const { in_progress_since: since, in_progress_bytes: written } = list.data ?? {};
  return (
    <>
      <div className="head">
        <h1>{t('backups.title')}</h1>
        <span className="grow" />
        {may(me, 'backups:create', true) && (
          <Button look="primary" isPending={progress.isRunning} isDisabled={since !== undefined || progress.isRunning} onPress={() => void make()}>
            {t('backups.make')}
          </Button>
        )}
      </div>
      <p className="faint">{t('backups.what')}</p>
      {since !== undefined && !progress.isRunning && (
        <Note kind="info">
          {t('backups.making', { time: new Date(since).toLocaleTimeString(locale) })} {written !== undefined && t('backups.written', { size: size(written, locale) })}
        </Note>
      )}
      <StepList label={t('backups.progress')} progress={progress} />
      {made !== undefined && <Note kind="good">{t('backups.made', { name: made.name, rows: made.rows ?? 0 })}</Note>}
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.data?.items.length === 0 && <Empty title={t('backups.none')} hint={t('backups.none.hint')} />}
      {list.data !== undefined && list.data.items.length > 0 && (
        <Table items={list.data.items} onDelete={may(me, 'backups:delete', true) ? setChosen : undefined} />
      )}
      {list.data !== undefined && <Restore backups={list.data} />}
      {chosen !== undefined && <DeleteWindow name={chosen} onClose={() => setChosen(undefined)} />}
    </>
  );
}
