/** A new resource, by the form that its schema makes; what is shown once is shown in a window. */
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Problem } from '../api/client.ts';
import { type Resource, specOf, useCreate, useDescription, useNouns, useOne } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { SecretWindow, secretOf } from '../components/secret-window.tsx';
import { Button, ErrorNote, Spinner } from '../components/ui.tsx';
import { BesideForm, SpecForm } from '../forms/spec-form.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { useLanguage } from '../i18n/index.tsx';

interface Initial {
  plural: string;
  initial: Record<string, unknown>;
}

function CreateForm({ plural, initial }: Initial) {
  const { t, maybe } = useLanguage();
  const { help } = useFormTexts();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { data: doc } = useDescription();
  const noun = useNouns().find((n) => n.plural === plural);
  const [spec, setSpec] = useState(initial);
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
      <p className="faint">{maybe(`what.${plural}`) ?? help(noun.summary)}</p>
      <BesideForm plural={plural} value={spec} isNew>
        <form className="form" onSubmit={submit}>
          <SpecForm
            doc={doc}
            noun={noun}
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
      </BesideForm>
      <SecretWindow secret={secretOf(made)} onClose={() => made !== undefined && show(made)} />
    </>
  );
}

/** Another one like it: its version and its history are its own. */
function Copy({ plural, from }: { plural: string; from: string }) {
  const one = useOne(plural, from);
  if (one.error !== null) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (one.data === undefined) return <Spinner />;
  const { version: _, ...initial } = specOf(one.data.body);
  return <CreateForm plural={plural} initial={initial} />;
}

export default function CreatePage({ plural }: { plural: string }) {
  const { from, ...initial } = Object.fromEntries(new URLSearchParams(window.location.search));
  return from === undefined ? <CreateForm plural={plural} initial={initial} /> : <Copy plural={plural} from={from} />;
}
