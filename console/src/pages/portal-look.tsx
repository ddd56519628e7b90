/** How the portal looks: its settings as a form, with what can be seen of them beside. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { FileTrigger } from 'react-aria-components';
import { type FieldError, Problem, request } from '../api/client.ts';
import type { Noun, OpenApi, Schema } from '../api/openapi.ts';
import { type PortalLook, usePortalLook } from '../api/portal.ts';
import { may, type Resource, specOf, useDescription, useMe, useNouns, useOne } from '../api/resources.ts';
import { useTitles } from '../components/shell.tsx';
import { Button, ErrorNote, Note, Spinner, TextField } from '../components/ui.tsx';
import { SchemaFields } from '../forms/schema-form.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { colourTokens, logoBytesMax, logoTypes } from '../lib/look.ts';
import { withMember, without } from '../lib/schema.ts';

type Spec = Record<string, unknown>;
type FieldErrors = readonly FieldError[];

const handMade = ['name', 'title', 'logo', 'accent', 'accent_dark', 'welcome', 'footer', 'translations'];
const ofTranslation = ['language', 'title', 'welcome', 'footer'];

function textOf(spec: Spec, name: string): string | undefined {
  const value = spec[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function Field({ label, error, children }: { label: string; error: string | undefined; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <div className="chips">{children(id)}</div>
      {error !== undefined && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function ColourField({ label, fallback, value, error, onChange }: { label: string; fallback: string; value: string | undefined; error: string | undefined; onChange: (value: string | undefined) => void }) {
  const { t } = useLanguage();
  return (
    <Field label={label} error={error}>
      {(id) => (
        <>
          <input id={id} type="color" className="colour" value={value ?? fallback} onChange={(e) => onChange(e.target.value)} />
          {value === undefined ? <span className="faint">{t('look.colour.default')}</span> : <code>{value}</code>}
          {value !== undefined && (
            <Button onPress={() => onChange(undefined)} aria-label={`${label}: ${t('look.reset')}`}>
              {t('look.reset')}
            </Button>
          )}
        </>
      )}
    </Field>
  );
}

function readFile(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(reader.error?.message ?? file.name));
    reader.readAsDataURL(file);
  });
}

function LogoField({ value, error, onChange }: { value: string | undefined; error: string | undefined; onChange: (value: string | undefined) => void }) {
  const { t } = useLanguage();
  const [file, setFile] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const take = async (files: FileList | null): Promise<void> => {
    const chosen = files?.[0];
    if (chosen === undefined) return;
    const isGood = chosen.size <= logoBytesMax && logoTypes.includes(chosen.type);
    setProblem(isGood ? undefined : t('look.logo.bad'));
    if (!isGood) return;
    setFile(chosen.name);
    onChange(await readFile(chosen));
  };
  return (
    <div className="field" role="group" aria-label={t('look.logo')}>
      <span className="label">{t('look.logo')}</span>
      <div className="chips">
        <FileTrigger acceptedFileTypes={logoTypes} onSelect={(files) => void take(files)}>
          <Button>{t('look.logo.choose')}</Button>
        </FileTrigger>
        <span className="faint">{value === undefined ? t('look.logo.none') : (file ?? t('look.logo.set'))}</span>
        {value !== undefined && (
          <Button onPress={() => onChange(undefined)} aria-label={`${t('look.logo')}: ${t('look.reset')}`}>
            {t('look.reset')}
          </Button>
        )}
      </div>
      <p className="help">{t('look.logo.help')}</p>
      {(problem ?? error) !== undefined && (
        <p className="field-error" role="alert">
          {problem ?? error}
        </p>
      )}
    </div>
  );
}

/** `isDark`: whatever the page around it is in. */
function Sample({ look, isDark }: { look: PortalLook; isDark: boolean }) {
  const { t } = useLanguage();
  return (
    <div className={isDark ? 'sample sample-dark' : 'sample sample-light'} style={colourTokens(look)}>
      <p className="brand">
        <img src={look.logo ?? '/sluice.svg'} alt="" className="logo" width="22" height="22" /> {look.title ?? t('portal.title')}
      </p>
      <p className="chips">
        <span className="nav-link" aria-current="true">
          {t('portal.catalogue')}
        </span>
        <a href="/portal">{t('look.open')}</a> <span className="button button-primary">{t('portal.subscribe')}</span>
      </p>
    </div>
  );
}

function Samples() {
  const { t } = useLanguage();
  const { data: look } = usePortalLook();
  if (look === undefined) return null;
  return (
    <section aria-label={t('look.now')} className="samples">
      <h2>{t('look.now')}</h2>
      <Sample look={look} isDark={false} />
      <Sample look={look} isDark />
    </section>
  );
}

function TextOf({ label, spec, name, onChange, errors, at = '', ...more }: { label: string; spec: Spec; name: string; onChange: (spec: Spec) => void; errors: FieldErrors; at?: string; maxLength: number; lines?: number }) {
  const error = errors.find((e) => e.pointer === `${at}/${name}`)?.detail;
  return <TextField label={label} value={textOf(spec, name) ?? ''} onChange={(v) => onChange(withMember(spec, name, v === '' ? undefined : v))} {...more} {...(error === undefined ? {} : { error })} />;
}

/** The texts in other languages, each with what it has of them. */
function Translations({ doc, schema, list, errors, onChange }: { doc: OpenApi; schema: Schema; list: Spec[]; errors: FieldErrors; onChange: (list: Spec[]) => void }) {
  const { t } = useLanguage();
  const set = (i: number, spec: Spec): void => onChange(list.with(i, spec));
  return (
    <fieldset className="bare">
      <legend className="label">{t('look.languages')}</legend>
      <p className="help">{t('look.languages.help')}</p>
      {list.map((spec, i) => {
        const at = `/translations/${i}`;
        const own = { spec, errors, at, onChange: (next: Spec) => set(i, next) };
        return (
          <fieldset className="card" key={i}>
            <legend>{textOf(spec, 'language') ?? t('look.language')}</legend>
            <TextOf label={t('look.language')} name="language" maxLength={35} {...own} />
            <TextOf label={t('look.title')} name="title" maxLength={64} {...own} />
            <TextOf label={t('look.welcome')} name="welcome" maxLength={8192} lines={6} {...own} />
            <TextOf label={t('look.footer')} name="footer" maxLength={512} {...own} />
            <SchemaFields doc={doc} schema={without(schema, ofTranslation)} value={spec} onChange={(next) => set(i, next)} errors={errors} at={at} />
            <Button onPress={() => onChange(list.toSpliced(i, 1))} aria-label={t('look.language.remove', { name: textOf(spec, 'language') ?? String(i + 1) })}>
              {t('proof.remove')}
            </Button>
          </fieldset>
        );
      })}
      <div className="actions">
        <Button onPress={() => onChange([...list, {}])}>{t('look.language.add')}</Button>
      </div>
    </fieldset>
  );
}

function useSave(isNew: boolean, etag: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (spec: Spec) => request<Resource>(isNew ? '/portals' : '/portals/default', { method: isNew ? 'POST' : 'PUT', body: spec, etag }),
    onSuccess: async (saved) => {
      client.setQueryData(['one', 'portals', 'default'], saved);
      for (const key of ['portal-look', 'one', 'audit']) await client.invalidateQueries({ queryKey: [key] });
    },
  });
}

function Form({ noun, doc, resource, etag }: { noun: Noun; doc: OpenApi; resource: Resource | undefined; etag: string | null }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const isNew = resource === undefined;
  const [spec, setSpec] = useState<Spec>(() => (isNew ? { name: 'default' } : specOf(resource)));
  const save = useSave(isNew, etag);
  const mayWrite = may(me, isNew ? 'portals:create' : 'portals:update');
  const errors = save.error instanceof Problem ? save.error.errors : [];
  const field = (name: string) => ({
    value: textOf(spec, name),
    error: errors.find((e) => e.pointer === `/${name}`)?.detail,
    onChange: (value: string | undefined) => setSpec((before) => withMember(before, name, value)),
  });
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    save.mutate(spec);
  };
  const colour = (name: string, text: TextKey, fallback: string): ReactNode => <ColourField label={t(text)} fallback={fallback} {...field(name)} />;
  const text = { spec, errors, onChange: setSpec };
  return (
    <form className="form" onSubmit={submit}>
      <fieldset disabled={!mayWrite} className="bare">
        <TextOf label={t('look.title')} name="title" maxLength={64} {...text} />
        <LogoField {...field('logo')} />
        {colour('accent', 'look.accent', '#0f766e')}
        {colour('accent_dark', 'look.accent.dark', '#2dd4bf')}
        <TextOf label={t('look.welcome')} name="welcome" maxLength={8192} lines={6} {...text} />
        <TextOf label={t('look.footer')} name="footer" maxLength={512} {...text} />
        <SchemaFields doc={doc} schema={without(noun.schema, handMade)} value={spec} onChange={setSpec} errors={errors} />
        <Translations
          doc={doc}
          schema={noun.schema.properties?.['translations']?.items ?? {}}
          list={(spec['translations'] as Spec[] | undefined) ?? []}
          errors={errors}
          onChange={(list) => setSpec((before) => withMember(before, 'translations', list.length === 0 ? undefined : list))}
        />
      </fieldset>
      {save.error !== null && <ErrorNote error={save.error} />}
      {save.isSuccess && <Note kind="good">{t('detail.saved')}</Note>}
      {mayWrite && (
        <div className="actions sticky">
          <Button look="primary" type="submit" isPending={save.isPending}>
            {t('detail.save')}
          </Button>
        </div>
      )}
    </form>
  );
}

export default function PortalLookPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: doc } = useDescription();
  const noun = useNouns().find((n) => n.plural === 'portals');
  const one = useOne('portals', 'default');
  const isNew = one.error instanceof Problem && one.error.status === 404;
  if (one.error !== null && !isNew) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (doc === undefined || noun === undefined || one.isPending) return <Spinner />;
  const etag = one.data?.etag ?? null;
  return (
    <>
      <div className="head">
        <h1>{title('portals')}</h1>
        <span className="grow" />
        <a href="/portal">{t('look.open')}</a>
      </div>
      <p className="faint">{t('look.hint')}</p>
      <Samples />
      <Form noun={noun} doc={doc} resource={one.data?.body} etag={etag} />
    </>
  );
}
