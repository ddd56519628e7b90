import { useMutation } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { AuditList } from '../components/audit-list.tsx';
import { Button, ErrorNote, Note } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';

interface Verdict {
  is_whole: boolean;
  entries: number;
  broken_at?: number;
}

export default function AuditPage() {
  const { t } = useLanguage();
  const verify = useMutation({ mutationFn: () => get<Verdict>('/audit/verify') });
  return (
    <>
      <div className="head">
        <h1>{t('audit.title')}</h1>
        <span className="grow" />
        <Button isPending={verify.isPending} onPress={() => verify.mutate()}>
          {t('audit.verify')}
        </Button>
        <a className="button button-plain" href="/api/v1/audit/export" download="audit.ndjson">
          {t('audit.export')}
        </a>
      </div>
      {verify.data !== undefined && (
        <Note kind={verify.data.is_whole ? 'good' : 'error'}>
          {verify.data.is_whole
            ? t('audit.whole', { entries: verify.data.entries })
            : t('audit.broken', { at: verify.data.broken_at ?? 0 })}
        </Note>
      )}
      {verify.error !== null && <ErrorNote error={verify.error} />}
      <AuditList />
    </>
  );
}
