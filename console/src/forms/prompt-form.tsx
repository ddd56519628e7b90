/** A prompt: its texts with their variables, the model and how it is asked; what else there is as the schema has it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../api/client.ts';
import type { Page, Resource } from '../api/resources.ts';
import { ModelInput } from '../components/model-input.tsx';
import { TemplateInput } from '../components/template-input.tsx';
import { Badge, Button, TextField } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { declaredIn, namesIn, withVariables } from '../lib/prompts.ts';
import { isPlainObject, listOf, memberOf, partOf, plain, pointer, withMember } from '../lib/schema.ts';
import { SchemaFields } from './schema-form.tsx';
import type { SpecFormProps } from './spec-form.tsx';

/** Members with an input of their own here. */
const ours = ['model', 'system', 'template', 'variables', 'parameters', 'trial']; // the last one has a page of its own
const names = ['name', 'version'];
const texts = ['system', 'messages', 'template', 'path'];
const numbers = ['temperature', 'top_p', 'max_tokens'] as const;

/** Model routes and their aliases, by the admin API: no consumer's key is needed to choose one. */
function useModelNames(): string[] {
  const { data } = useQuery({
    queryKey: ['list', 'models', 'names'],
    queryFn: ({ signal }) => get<Page<Resource>>('/models?limit=500&fields=name,aliases', signal),
  });
  return (data?.items ?? []).flatMap((m) => [m.key ?? String(m['name']), ...listOf(m['aliases']).map(String)]);
}

function Parameters({ value, onChange, error }: { value: unknown; onChange: (value: unknown) => void; error: string | undefined }) {
  const { t, maybe } = useLanguage();
  const given = isPlainObject(value) ? value : {};
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !(numbers as readonly string[]).includes(name)));
  const [draft, setDraft] = useState(Object.keys(rest).length === 0 ? '' : JSON.stringify(rest, null, 2));
  const [why, setWhy] = useState<string>();
  const put = (next: Record<string, unknown>): void => onChange(Object.keys(next).length === 0 ? undefined : next);
  const changeRest = (text: string): void => {
    setDraft(text);
    try {
      const more: unknown = text.trim() === '' ? {} : JSON.parse(text);
      if (!isPlainObject(more)) throw new Error(t('prompt.parameters.map'));
      setWhy(undefined);
      put({ ...Object.fromEntries(Object.entries(given).filter(([name]) => (numbers as readonly string[]).includes(name))), ...more });
    } catch (e) {
      setWhy(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <fieldset className="group">
      <legend>{t('prompt.parameters')}</legend>
      <div className="columns">
        {numbers.map((name) => (
          <TextField
            key={name}
            label={maybe(`field.${name}`) ?? titleOf(name)}
            inputMode="decimal"
            value={given[name] === undefined ? '' : String(given[name])}
            onChange={(text) => put(withMember(given, name, text === '' ? undefined : /^\d+(\.\d+)?$/.test(text) ? Number(text) : text))}
          />
        ))}
      </div>
      <TextField label={t('prompt.parameters.more')} isMono lines={2} value={draft} onChange={changeRest} error={why === undefined ? error : t('form.json.bad', { why })} placeholder={'{"seed": 1}'} />
    </fieldset>
  );
}

function Variables(props: SpecFormProps) {
  const { doc, noun, value, onChange, errors } = props;
  const { t } = useLanguage();
  const used = new Set(namesIn(value));
  const variables = declaredIn(value);
  const schema = plain(doc, plain(doc, noun.schema.properties?.['variables']).items);
  const put = (list: unknown[]): void => onChange(withMember(value, 'variables', list.length === 0 ? undefined : list));
  return (
    <fieldset className="group">
      <legend>{t('prompt.variables')}</legend>
      <p className="help">{t('prompt.variables.help')}</p>
      {variables.map((v, i) => (
        <details key={v.name} className="operation" open={errors.some((e) => e.pointer.startsWith(`/variables/${i}/`))}>
          <summary>
            <code className="variable">{v.name}</code> <span className="faint">{v.type ?? 'string'}</span>{' '}
            {v.optional === true || v.default !== undefined ? <Badge>{t('prompt.optional')}</Badge> : null}{' '}
            {!used.has(v.name) && <Badge tone="warn">{t('prompt.unused')}</Badge>}
          </summary>
          <div className="operation-body">
            <SchemaFields
              doc={doc}
              schema={partOf(schema, (name) => name !== 'name')}
              value={v}
              errors={errors}
              at={pointer('/variables', i)}
              onChange={(one) => put(variables.map((old, k) => (k === i ? { ...one, name: v.name } : old)))}
            />
            {!used.has(v.name) && (
              <Button look="quiet" onPress={() => put(variables.filter((_, k) => k !== i))}>
                {t('form.remove', { what: v.name })}
              </Button>
            )}
          </div>
        </details>
      ))}
    </fieldset>
  );
}

export default function PromptForm(props: SpecFormProps) {
  const { doc, noun, value, onChange, errors } = props;
  const { t } = useLanguage();
  const models = useModelNames();
  const known = new Set(declaredIn(value).map((v) => v.name));
  const put = (next: Record<string, unknown>): void => onChange(texts.some((name) => next[name] !== value[name]) ? withVariables(next) : next);
  const errorAt = (member: string): string | undefined => errors.find((e) => e.pointer.startsWith(`/${member}`))?.detail;
  const generic = (isIn: (name: string) => boolean) => <SchemaFields doc={doc} schema={partOf(noun.schema, isIn)} value={value} onChange={put} errors={errors} />;
  const text = (name: 'system' | 'template') => (
    <TemplateInput
      label={t(`prompt.${name}`)}
      help={t(`prompt.${name}.help`)}
      error={errorAt(name)}
      known={known}
      value={typeof value[name] === 'string' ? value[name] : ''}
      onChange={(written) => put(withMember(value, name, written === '' ? undefined : written))}
    />
  );
  return (
    <>
      <div className="columns columns-top">{generic((name) => names.includes(name))}</div>
      <ModelInput
        label={`${t('field.model')} *`}
        value={typeof value['model'] === 'string' ? value['model'] : ''}
        offered={models}
        onChange={(model) => put(withMember(value, 'model', model === '' ? undefined : model))}
        error={errorAt('model')}
      />
      {text('system')}
      {text('template')}
      <Variables {...props} />
      <Parameters value={memberOf(value, 'parameters')} error={errorAt('parameters')} onChange={(p) => put(withMember(value, 'parameters', p))} />
      {generic((name) => !names.includes(name) && !ours.includes(name))}
    </>
  );
}
