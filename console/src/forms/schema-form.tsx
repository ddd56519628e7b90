/**
 * A form made of a JSON Schema: a noun's fields, an action's arguments, a policy's configuration. What is
 * required stands on top, what is set is open, the rest waits behind "More settings".
 */
import { useState } from 'react';
import { Button as AriaButton, Checkbox, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { FieldError } from '../api/client.ts';
import type { OpenApi, Schema } from '../api/openapi.ts';
import { Button, Select, TextField } from '../components/ui.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { PermissionsInput } from './permissions-input.tsx';
import { PoliciesInput } from './policies-input.tsx';
import { ReferenceInput } from './reference-input.tsx';
import { isTelling, referenceOf } from '../lib/references.ts';
import { listOf, type Member, memberOf, membersOf, plain, pointer, saysAnything, withMember } from '../lib/schema.ts';

interface Common {
  doc: OpenApi;
  errors: readonly FieldError[];
}

interface FieldProps extends Common {
  at: string; // JSON pointer of the value
  label: string;
  schema: Schema;
  member: Member;
  value: unknown;
  onChange: (value: unknown) => void;
}

function errorAt(errors: readonly FieldError[], at: string): string | undefined {
  return errors.find((e) => e.pointer === at)?.detail;
}

function exampleOf(schema: Schema): string | undefined {
  const example = schema.default ?? schema.example ?? schema.examples?.[0];
  return example === undefined || typeof example === 'object' ? undefined : String(example);
}

function useHelp(schema: Schema): string {
  const { t } = useLanguage();
  const texts = useFormTexts();
  const fallback = schema.default === undefined || typeof schema.default === 'object' ? '' : ` (${t('form.default', { value: String(schema.default) })})`;
  return `${texts.help(schema.description)}${fallback}`;
}

function TextInput(props: FieldProps) {
  const { at, label, schema, member, value, onChange, errors } = props;
  const { t } = useLanguage();
  const help = useHelp(schema);
  const plural = referenceOf(member.name);
  if (plural !== undefined && member.widget === 'text')
    return (
      <ReferenceInput
        plural={plural}
        label={label}
        help={help}
        error={errorAt(errors, at)}
        isRequired={member.isRequired}
        value={typeof value === 'string' ? value : ''}
        onChange={onChange}
      />
    );
  const isSecret = member.widget === 'secret';
  const isMasked = isSecret && typeof value === 'string' && value !== '';
  return (
    <TextField
      label={label}
      help={help}
      error={errorAt(errors, at)}
      isRequired={member.isRequired && !isMasked}
      type={isSecret ? 'password' : 'text'}
      autoComplete="off"
      value={value === undefined || value === null ? '' : String(value)}
      placeholder={isMasked ? t('form.kept') : exampleOf(schema)}
      onChange={(text) => onChange(text === '' ? undefined : text)}
    />
  );
}

function NumberInput({ at, label, schema, member, value, onChange, errors }: FieldProps) {
  const help = useHelp(schema);
  const number = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  return (
    <TextField
      label={label}
      help={help}
      error={errorAt(errors, at)}
      isRequired={member.isRequired}
      inputMode="numeric"
      value={value === undefined || value === null ? '' : String(value)}
      placeholder={exampleOf(schema)}
      onChange={(text) => onChange(text === '' ? undefined : number(text))}
    />
  );
}

function BooleanInput({ label, schema, value, onChange }: FieldProps) {
  const help = useHelp(schema);
  return (
    <div className="field">
      <Checkbox className="checkbox" isSelected={value === true} onChange={(is) => onChange(is ? true : value === undefined ? undefined : false)}>
        <span className="box" aria-hidden="true" />
        <span>{label}</span>
      </Checkbox>
      {help !== '' && <p className="help">{help}</p>}
    </div>
  );
}

function ChoiceInput({ at, label, schema, member, value, onChange, errors }: FieldProps) {
  const { t } = useLanguage();
  const texts = useFormTexts();
  const help = useHelp(schema);
  const choices = (schema.enum ?? []).map((e) => ({ id: String(e), text: texts.choice(member.name, String(e)) }));
  return (
    <Select
      label={label}
      help={help}
      error={errorAt(errors, at)}
      value={value === undefined ? null : String(value)}
      placeholder={schema.default === undefined ? t('form.unset') : texts.choice(member.name, String(schema.default))}
      choices={choices}
      onChange={onChange}
    />
  );
}

/** A role's permissions have a table of their own. */
function ListInput(props: FieldProps) {
  const { doc, at, value, onChange } = props;
  if (at !== '/permissions') return <TextsInput {...props} />;
  return (
    <div className="field field-wide">
      <span className="label">{props.label}</span>
      <PermissionsInput doc={doc} value={listOf(value).map(String)} onChange={onChange} />
    </div>
  );
}

function TextsInput({ at, label, schema, member, value, onChange, errors }: FieldProps) {
  const help = useHelp(schema);
  const texts = listOf(value).map(String);
  const [draft, setDraft] = useState(texts.join('\n'));
  const below = errors.find((e) => e.pointer.startsWith(`${at}/`))?.detail;
  return (
    <TextField
      label={label}
      help={help}
      error={errorAt(errors, at) ?? below}
      isRequired={member.isRequired}
      lines={Math.min(Math.max(texts.length, 2), 8)}
      value={draft}
      onChange={(text) => {
        const items = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
        setDraft(text);
        onChange(items.length === 0 ? undefined : items);
      }}
    />
  );
}

/** Policies come from the library of their types; of other members nothing more is known than that they are JSON. */
function AnyInput(props: FieldProps) {
  const help = useHelp(props.schema);
  return props.member.name === 'policies' ? <PoliciesInput {...props} help={help} /> : <JsonInput {...props} />;
}

function JsonInput({ at, label, schema, member, value, onChange, errors }: FieldProps) {
  const { t } = useLanguage();
  const help = useHelp(schema);
  const [draft, setDraft] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [why, setWhy] = useState<string>();
  const change = (text: string): void => {
    setDraft(text);
    try {
      onChange(text.trim() === '' ? undefined : JSON.parse(text));
      setWhy(undefined);
    } catch (e) {
      setWhy(e instanceof Error ? e.message : String(e));
    }
  };
  const below = errors.find((e) => e.pointer.startsWith(at))?.detail;
  return (
    <TextField
      label={`${label} (${t('form.json')})`}
      help={help}
      error={why === undefined ? below : t('form.json.bad', { why })}
      isRequired={member.isRequired}
      isMono
      lines={Math.min(Math.max(draft.split('\n').length, 3), 16)}
      value={draft}
      onChange={change}
    />
  );
}

/** Of a group; its members have their own. */
function GroupHelp({ text }: { text: string | undefined }) {
  const texts = useFormTexts();
  return text !== undefined && <p className="help">{texts.help(text)}</p>;
}

function ObjectInput({ doc, at, label, schema, value, onChange, errors }: FieldProps) {
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      <GroupHelp text={schema.description} />
      <SchemaFields doc={doc} schema={schema} value={value} onChange={onChange} errors={errors} at={at} />
    </fieldset>
  );
}

function ObjectsInput({ doc, at, label, schema, value, onChange, errors }: FieldProps) {
  const { t } = useLanguage();
  const items = listOf(value);
  const item = plain(doc, schema.items);
  const put = (i: number, one: unknown): void => onChange(items.map((old, k) => (k === i ? one : old)));
  const own = errorAt(errors, at);
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      <GroupHelp text={schema.description} />
      {own !== undefined && <p className="field-error">{own}</p>}
      {items.map((one, i) => (
        // biome-ignore lint: positions are the identity of what has no name
        <div className="item" key={i}>
          <SchemaFields doc={doc} schema={item} value={one} onChange={(v) => put(i, v)} errors={errors} at={pointer(at, i)} />
          <Button
            look="quiet"
            aria-label={t('form.remove', { what: `${label} ${i + 1}` })}
            onPress={() => onChange(items.length === 1 ? undefined : items.filter((_, k) => k !== i))}
          >
            ✕
          </Button>
        </div>
      ))}
      <Button onPress={() => onChange([...items, {}])}>
        {t('form.add')}: {label}
      </Button>
    </fieldset>
  );
}

const inputs: Record<Member['widget'], (props: FieldProps) => React.ReactNode> = {
  text: TextInput,
  secret: TextInput,
  number: NumberInput,
  boolean: BooleanInput,
  choice: ChoiceInput,
  texts: ListInput,
  object: ObjectInput,
  objects: ObjectsInput,
  json: AnyInput,
};

export interface SchemaFieldsProps extends Common {
  schema: Schema;
  value: unknown;
  onChange: (value: Record<string, unknown>) => void;
  at?: string;
  isShort?: boolean; // all of it is seen at once
}

export function SchemaFields({ doc, schema, value, onChange, errors, at = '', isShort = false }: SchemaFieldsProps) {
  const { t, maybe } = useLanguage();
  const texts = useFormTexts();
  const members = membersOf(doc, schema);
  const [shown] = useState(
    () => new Set(members.filter((m) => m.isRequired || isTelling(m.name) || saysAnything(memberOf(value, m.name))).map((m) => m.name)),
  );
  const isOpen = (m: Member): boolean =>
    isShort || shown.has(m.name) || members.length <= 4 || errors.some((e) => e.pointer.startsWith(pointer(at, m.name)));
  const field = (m: Member) => {
    const Input = inputs[m.widget];
    return (
      <Input
        key={m.name}
        doc={doc}
        errors={errors}
        at={pointer(at, m.name)}
        label={texts.labelAt(at, m.name) ?? maybe(`field.${m.name}`) ?? m.schema.title ?? texts.label(m.name) ?? titleOf(m.name)}
        schema={m.schema}
        member={m}
        value={memberOf(value, m.name)}
        onChange={(v) => onChange(withMember(value, m.name, v))}
      />
    );
  };
  const more = members.filter((m) => !isOpen(m));
  return (
    <>
      {members.filter(isOpen).map(field)}
      {more.length > 0 && (
        <Disclosure className="disclosure">
          <AriaButton slot="trigger" className="button button-quiet">
            ▸ {t('form.optional')} ({more.length})
          </AriaButton>
          <DisclosurePanel className="disclosure-panel">{more.map(field)}</DisclosurePanel>
        </Disclosure>
      )}
    </>
  );
}
