/** A new resource, by the form that its schema makes; what is shown once is shown in a window. */
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Problem } from '../api/client.ts';
import { type Resource, useCreate, useDescription, useNouns } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { SecretWindow, secretOf } from '../components/secret-window.tsx';
import { Button, ErrorNote, Spinner } from '../components/ui.tsx';
import { SchemaFields } from '../forms/schema-form.tsx';
import { useLanguage } from '../i18n/index.tsx';

export default function CreatePage({ plural }: { plural: string }) {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { data: doc } = useDescription();
  const noun = useNouns().find((n) => n.plural === plural);
  const [spec, setSpec] = useState<Record<string, unknown>>(() => Object.fromEntries(new URLSearchParams(window.location.search)));
  const [made, setMade] = useState<Resource>();
  const create = useCreate(plural);
  if (doc === undefined || noun === undefined) return <Spinner />;
  const show = (r: Resource): void => navigate(`/${plural}/${encodeURIComponent(r.key)}`);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    create.mutate(spec, { onSuccess: (r) => (secretOf(r) === undefined ? show(r) : setMade(r)) });
  };
  return (
    <>
      <h1>{t('create.title', { what: title(plural) })}</h1>
      <p className="faint">{noun.summary}</p>
      <form className="form" onSubmit={submit}>
        <SchemaFields
          doc={doc}
          schema={noun.schema}
          value={spec}
          onChange={setSpec}
          errors={create.error instanceof Problem ? create.error.errors : []}
        />
        {create.error !== null && <ErrorNote error={create.error} />}
        <div className="actions">
          <Button look="primary" type="submit" isPending={create.isPending}>
            {t('create.submit')}
          </Button>
          <Button onPress={() => navigate(`/${plural}`)}>{t('common.cancel')}</Button>
        </div>
      </form>
      <SecretWindow secret={secretOf(made)} onClose={() => made !== undefined && show(made)} />
    </>
  );
}
