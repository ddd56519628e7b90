/** What is chosen for the whole installation, as a form; and what this node is and runs with, to read. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { get, Problem, request } from '../api/client.ts';
import type { Noun, OpenApi } from '../api/openapi.ts';
import { may, type Resource, specOf, useDescription, useMe, useNouns, useOne } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { Button, ErrorNote, Note, Spinner } from '../components/ui.tsx';
import { SchemaFields } from '../forms/schema-form.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { ago, size } from '../lib/format.ts';
import { spanText } from '../lib/limits.ts';
import { without } from '../lib/schema.ts';

type Spec = Record<string, unknown>;

interface Node {
  program: string;
  name?: string;
  started_at?: string;
  addresses?: string[];
  data_dir: string;
  database: string;
  schema: number;
  memory_bytes?: number;
  requests_kept?: string;
  requests_max_bytes?: number;
  configuration?: Record<string, unknown>;
}

function Form({ noun, doc, resource, etag }: { noun: Noun; doc: OpenApi; resource: Resource | undefined; etag: string | null }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const client = useQueryClient();
  const isNew = resource === undefined;
  const [spec, setSpec] = useState<Spec>(() => (isNew ? { name: 'default' } : specOf(resource)));
  const save = useMutation({
    mutationFn: () => request<Resource>(isNew ? '/settings' : '/settings/default', { method: isNew ? 'POST' : 'PUT', body: spec, etag }),
    onSuccess: async (saved) => {
      client.setQueryData(['one', 'settings', 'default'], saved);
      for (const key of ['me', 'one', 'audit']) await client.invalidateQueries({ queryKey: [key] });
    },
  });
  const mayWrite = may(me, isNew ? 'settings:create' : 'settings:update');
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <form className="form" onSubmit={submit} aria-label={t('settings.title')}>
      <fieldset disabled={!mayWrite} className="bare">
        <SchemaFields isShort doc={doc} schema={without(noun.schema, ['name'])} value={spec} onChange={setSpec} errors={save.error instanceof Problem ? save.error.errors : []} />
      </fieldset>
      {save.error !== null && <ErrorNote error={save.error} />}
      {save.isSuccess && <Note kind="good">{t('detail.saved')}</Note>}
      {mayWrite ? (
        <div className="actions">
          <Button look="primary" type="submit" isPending={save.isPending}>
            {t('detail.save')}
          </Button>
        </div>
      ) : (
        <p className="faint">{t('settings.readonly')}</p>
      )}
    </form>
  );
}

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value === '' ? '—' : value}</dd>
        </div>
      ))}
    </dl>
  );
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** The groups of the files' settings; what stands alone comes first. */
function Configuration({ configuration }: { configuration: Record<string, unknown> }) {
  const { t } = useLanguage();
  const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
  const alone = Object.entries(configuration).filter(([, value]) => !isGroup(value));
  const groups = Object.entries(configuration).filter((entry): entry is [string, Record<string, unknown>] => isGroup(entry[1]));
  const facts = (entries: [string, unknown][]): [string, string][] => entries.map(([name, value]) => [titleOf(name), shown(value)]);
  return (
    <section className="card" aria-label={t('about.configuration')}>
      <h2>{t('about.configuration')}</h2>
      <p className="faint">{t('about.configuration.help')}</p>
      <Facts facts={facts(alone)} />
      {groups.map(([name, members]) => (
        <details key={name} className="facts-group">
          <summary>{titleOf(name)}</summary>
          <Facts facts={facts(Object.entries(members))} />
        </details>
      ))}
    </section>
  );
}

function About() {
  const { t, locale } = useLanguage();
  const node = useQuery({ queryKey: ['about'], queryFn: ({ signal }) => get<Node>('/about', signal) });
  if (node.isPending) return <Spinner />;
  if (node.error !== null) return <ErrorNote error={node.error} onRetry={() => void node.refetch()} />;
  const about = node.data;
  return (
    <>
      <section className="card" aria-label={t('about.title')}>
        <h2>{t('about.title')}</h2>
        <Facts
          facts={[
            [t('about.version'), about.program],
            [t('about.name'), about.name ?? ''],
            [t('about.started'), about.started_at === undefined ? '' : ago(about.started_at, Date.now(), locale)],
            [t('about.addresses'), (about.addresses ?? []).join(', ')],
            [t('about.data'), about.data_dir],
            [t('about.database'), `${about.database === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${t('about.schema', { version: about.schema })}`],
            [t('about.memory'), about.memory_bytes === undefined ? '' : size(about.memory_bytes, locale)],
            [t('about.requests'), about.requests_kept === undefined ? '' : t('about.requests.kept', { span: spanText(about.requests_kept, locale), size: size(about.requests_max_bytes ?? 0, locale) })],
          ]}
        />
      </section>
      {about.configuration !== undefined && <Configuration configuration={about.configuration} />}
    </>
  );
}

export default function SettingsPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const { data: doc } = useDescription();
  const noun = useNouns().find((n) => n.plural === 'settings');
  const one = useOne('settings', 'default');
  const isNew = one.error instanceof Problem && one.error.status === 404;
  if (one.error !== null && !isNew) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (doc === undefined || noun === undefined || one.isPending) return <Spinner />;
  return (
    <>
      <h1>{title('settings')}</h1>
      <p className="faint">{t('settings.hint')}</p>
      <Form noun={noun} doc={doc} resource={one.data?.body} etag={one.data?.etag ?? null} />
      {may(me, 'nodes:read', true) && <About />}
    </>
  );
}
