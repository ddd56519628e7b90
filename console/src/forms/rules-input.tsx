/** Rules of a model route as steps: asked one after the other, each with its conditions in words and its own targets. */
import { useState } from 'react';
import { Checkbox, Disclosure, DisclosurePanel, Button as AriaButton } from 'react-aria-components';
import type { FieldError } from '../api/client.ts';
import type { OpenApi, Schema } from '../api/openapi.ts';
import { RuleWords } from '../components/rule-words.tsx';
import { Button, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { movedRule, nameOf, needs, type Rule, rulesOf } from '../lib/model-rules.ts';
import { isPlainObject, listOf, membersOf, partOf, plain, withMember } from '../lib/schema.ts';
import { SchemaFields } from './schema-form.tsx';
import { TargetsInput } from './targets-input.tsx';

/** The identity of a rule while it is edited: its name may change, and its place. */
interface Keyed {
  id: number;
  rule: Rule;
}

interface Props {
  doc: OpenApi;
  schema: Schema; // of the model route
  value: unknown;
  errors: readonly FieldError[];
  onChange: (rules: Rule[] | undefined) => void;
}

/** What a request may need, as boxes to tick. */
export function NeedsInput({ value, onChange }: { value: unknown; onChange: (has: string[] | undefined) => void }) {
  const { t } = useLanguage();
  const has = listOf(value).map(String);
  const put = (need: string, is: boolean): void => {
    const next = is ? [...has, need] : has.filter((one) => one !== need);
    onChange(next.length === 0 ? undefined : next);
  };
  return (
    <fieldset className="needs">
      <legend className="label">{t('when.has')}</legend>
      {needs.map((need) => (
        <Checkbox className="checkbox" key={need} isSelected={has.includes(need)} onChange={(is) => put(need, is)}>
          <span className="box" aria-hidden="true" />
          <span>{t(`need.${need}`)}</span>
        </Checkbox>
      ))}
    </fieldset>
  );
}

interface StepProps {
  doc: OpenApi;
  item: Schema;
  rule: Rule;
  index: number;
  count: number;
  errors: readonly FieldError[];
  onChange: (rule: Rule | undefined, by?: -1 | 1) => void;
}

function RuleStep({ doc, item, rule, index, count, errors, onChange }: StepProps) {
  const { t } = useLanguage();
  const at = `/rules/${index}`;
  const name = nameOf(rule, index);
  const when = isPlainObject(rule['when']) ? rule['when'] : {};
  const put = (member: string, value: unknown): void => onChange(withMember(rule, member, value));
  const errorAt = (pointer: string): string | undefined => errors.find((e) => e.pointer === pointer)?.detail;
  const isWrong = errors.some((e) => e.pointer.startsWith(`${at}/when`));
  const conditions = membersOf(doc, item).find((m) => m.name === 'when')?.schema ?? {};
  const why = errorAt(`${at}/when`) ?? errors.find((e) => e.pointer.startsWith(`${at}/when/has`))?.detail;
  return (
    <li className="flow-step" aria-label={t('rules.one', { name })}>
      <div className="head">
        <p className="step-title">{t('rules.if', { n: index + 1 })}</p>
        <RuleWords rule={rule} />
        <span className="grow" />
        <span className="target-actions">
          {index > 0 && (
            <Button look="quiet" aria-label={t('rules.sooner', { name })} onPress={() => onChange(rule, -1)}>
              ↑
            </Button>
          )}
          {index < count - 1 && (
            <Button look="quiet" aria-label={t('rules.later', { name })} onPress={() => onChange(rule, 1)}>
              ↓
            </Button>
          )}
          <Button look="quiet" aria-label={t('form.remove', { what: name })} onPress={() => onChange(undefined)}>
            ✕
          </Button>
        </span>
      </div>
      <Disclosure className="disclosure" defaultExpanded={Object.keys(rule).length === 0 || isWrong}>
        <AriaButton slot="trigger" className="button button-quiet">
          ▸ {t('rules.conditions')}
        </AriaButton>
        <DisclosurePanel className="disclosure-panel">
          <TextField label={t('field.name')} value={String(rule['name'] ?? '')} placeholder={name} error={errorAt(`${at}/name`)} onChange={(text) => put('name', text === '' ? undefined : text)} />
          {why !== undefined && <p className="field-error">{why}</p>}
          <NeedsInput value={when['has']} onChange={(has) => put('when', withMember(when, 'has', has))} />
          <SchemaFields doc={doc} schema={partOf(plain(doc, conditions), (member) => member !== 'has')} value={when} at={`${at}/when`} errors={errors} onChange={(next) => put('when', next)} />
        </DisclosurePanel>
      </Disclosure>
      <TargetsInput value={rule['targets']} at={`${at}/targets`} errors={errors} onChange={(targets) => put('targets', targets)} />
    </li>
  );
}

export function RulesInput({ doc, schema, value, errors, onChange }: Props) {
  const { t } = useLanguage();
  const [rules, setRules] = useState<Keyed[]>(() => rulesOf(value).map((rule, id) => ({ id, rule })));
  const [next, setNext] = useState(rules.length);
  const item = plain(doc, membersOf(doc, schema).find((m) => m.name === 'rules')?.schema.items);
  const put = (all: Keyed[]): void => {
    setRules(all);
    onChange(all.length === 0 ? undefined : all.map(({ rule }) => rule));
  };
  const change = (i: number, rule: Rule | undefined, by?: -1 | 1): void => {
    if (by !== undefined) put(movedRule(rules, i, by));
    else put(rule === undefined ? rules.filter((_, k) => k !== i) : rules.map((old, k) => (k === i ? { ...old, rule } : old)));
  };
  return (
    <fieldset className="group">
      <legend>{t('rules.title')}</legend>
      <p className="help">{t('rules.help')}</p>
      <ol className="plain-list flow">
        {rules.map(({ id, rule }, i) => (
          <RuleStep key={id} doc={doc} item={item} rule={rule} index={i} count={rules.length} errors={errors} onChange={(r, by) => change(i, r, by)} />
        ))}
      </ol>
      <div className="actions">
        <Button
          onPress={() => {
            setNext(next + 1);
            put([...rules, { id: next, rule: {} }]);
          }}
        >
          {t('rules.add')}
        </Button>
      </div>
    </fieldset>
  );
}
