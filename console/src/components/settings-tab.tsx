/** The settings of a resource, as a form. */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Answer, Problem } from '../api/client.ts';
import { may, type Resource, specOf, useDescription, useMe, useOne, useReplace } from '../api/resources.ts';
import { BesideForm, SpecForm } from '../forms/spec-form.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { isReversible } from '../lib/undoable.ts';
import type { TabProps } from '../tabs.ts';
import { Button, ErrorNote, Note, Spinner } from './ui.tsx';
import { useUndo } from './undo.tsx';

export function Settings({ noun, resource, etag }: TabProps) {
  const { t } = useLanguage();
  const { data: doc } = useDescription();
  const { data: me } = useMe();
  const [spec, setSpec] = useState<Record<string, unknown>>(() => specOf(resource));
  const [version, setVersion] = useState(0); // of the form: discarding makes a new one
  const [base, setBase] = useState(etag);
  const save = useReplace(noun.plural, resource.key);
  const back = useReplace(noun.plural, resource.key);
  const offer = useUndo();
  const one = useOne(noun.plural, resource.key);
  const start = (from: Resource, tag: string | null): void => {
    setSpec(specOf(from));
    setBase(tag);
    setVersion((v) => v + 1);
    save.reset();
  };
  const known = useRef(resource);
  const isChanged = JSON.stringify(spec) !== JSON.stringify(specOf(resource));
  useEffect(() => {
    const was = known.current;
    known.current = resource;
    if (was === resource) return;
    if (!isChanged) setBase(etag);
    else if (JSON.stringify(spec) === JSON.stringify(specOf(was))) start(resource, etag); // changed elsewhere, and nobody has begun here
  }, [resource, etag]);
  if (doc === undefined) return <Spinner />;
  const mayWrite = noun.verbs.has('replace') && may(me, `${noun.plural}:update`);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    const before = specOf(resource);
    const saved = (answer: Answer<Resource>): void => {
      setBase(answer.etag);
      if (isReversible(before, specOf(answer.body))) offer({ text: t('undo.changed', { name: resource.key }), undo: () => back.mutateAsync({ spec: before, etag: answer.etag }) });
    };
    save.mutate({ spec, etag: base }, { onSuccess: saved });
  };
  const isConflict = save.error instanceof Problem && save.error.status === 412;
  const reload = async (): Promise<void> => {
    const fresh = await one.refetch();
    if (fresh.data !== undefined) start(fresh.data.body, fresh.data.etag);
  };
  return (
    <BesideForm plural={noun.plural} value={spec} isNew={false}>
      <form className="form" onSubmit={submit}>
        <fieldset disabled={!mayWrite} className="bare">
          <SpecForm
            key={version}
            doc={doc}
            noun={noun}
            value={spec}
            onChange={setSpec}
            errors={save.error instanceof Problem ? save.error.errors : []}
          />
        </fieldset>
        {isConflict ? (
          <Note kind="error">
            <p>{t('detail.conflict')}</p>
            <Button onPress={() => void reload()}>{t('detail.reload')}</Button>
          </Note>
        ) : (
          save.error !== null && <ErrorNote error={save.error} />
        )}
        {save.isSuccess && !isChanged && <Note kind="good">{t('detail.saved')}</Note>}
        {mayWrite && (
          <div className="actions sticky">
            <Button look="primary" type="submit" isPending={save.isPending} isDisabled={!isChanged}>
              {t('detail.save')}
            </Button>
            <Button isDisabled={!isChanged} onPress={() => start(resource, base)}>
              {t('detail.discard')}
            </Button>
          </div>
        )}
      </form>
    </BesideForm>
  );
}
