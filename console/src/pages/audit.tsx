import { useMutation } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { useSearchParams } from 'wouter';
import { type AuditFilter, AuditList } from '../components/audit-list.tsx';
import { Button, ErrorNote, Note, Select, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useSearchText } from '../lib/address.ts';
import { ranges } from '../lib/ranges.ts';

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

/** A time of the clock here as the API takes it, and back. */
const timeOf = (local: string): string => (local === '' ? '' : new Date(local).toISOString());

function localOf(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const someTime = 'time';

/** A span before now, or from one time until another; the address has what the API is asked. */
function TimeRange() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const [since, until] = [search.get('since') ?? '', search.get('until') ?? ''];
  const isSpan = until === '' && (since === '' || ranges.some((r) => r.id === since));
  const put = (members: Record<string, string>): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(members)) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const choose = (id: string): void => put(id === someTime ? { since: new Date(Date.now() - 86_400_000).toISOString(), until: new Date().toISOString() } : { since: id, until: '' });
  return (
    <>
      <Select
        label={t('analytics.range')}
        value={isSpan ? since : someTime}
        choices={[{ id: '', text: t('requests.ever') }, ...ranges.map((r) => ({ id: r.id, text: t(r.text) })), { id: someTime, text: t('requests.span') }]}
        onChange={choose}
      />
      {!isSpan && <TextField label={t('audit.since')} type="datetime-local" value={localOf(since)} onChange={(v) => put({ since: timeOf(v) })} />}
      {!isSpan && <TextField label={t('audit.until')} type="datetime-local" value={localOf(until)} onChange={(v) => put({ until: timeOf(v) })} />}
    </>
  );
}

export default function AuditPage() {
  const { t } = useLanguage();
  const [search] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries([...fields.map(({ name }) => name), 'since', 'until'].map((name) => [name, search.get(name) ?? '']));
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
        <TimeRange />
      </div>
      <AuditList filter={filter} />
    </>
  );
}
