import { useMutation } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { useSearchParams } from 'wouter';
import { type AuditFilter, AuditList } from '../components/audit-list.tsx';
import { Button, ErrorNote, Note, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useSearchText } from '../lib/address.ts';

interface Verdict {
  is_whole: boolean;
  entries: number;
  broken_at?: number;
}

const fields = [
  { name: 'actor', label: 'audit.who', hint: 'user:alice' },
  { name: 'action', label: 'audit.what', hint: 'service.publish' },
  { name: 'kind', label: 'audit.kind', hint: 'service' },
  { name: 'subject', label: 'audit.subject', hint: 'orders' },
] as const;

/** One filter, which stands in the address. */
function Field({ name, label, hint }: { name: string; label: string; hint: string }) {
  const { typed, type } = useSearchText(name);
  return <TextField label={label} type="search" value={typed} onChange={type} placeholder={hint} />;
}

export default function AuditPage() {
  const { t } = useLanguage();
  const [search] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries(fields.map(({ name }) => [name, search.get(name) ?? '']));
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
      <div className="filters">
        {fields.map(({ name, label, hint }) => (
          <Field key={name} name={name} label={t(label)} hint={hint} />
        ))}
      </div>
      <AuditList filter={filter} />
    </>
  );
}
