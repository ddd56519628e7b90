/** A model route, as one thinks of it: rules for some requests, who serves the others, and who takes what does not fit. */
import { useLanguage } from '../i18n/index.tsx';
import { partOf, withMember } from '../lib/schema.ts';
import { RulesInput } from './rules-input.tsx';
import { SchemaFields } from './schema-form.tsx';
import type { SpecFormProps } from './spec-form.tsx';
import { TargetsInput } from './targets-input.tsx';

const shownHere = new Set(['name', 'rules', 'targets', 'context_fallback', 'workspace']);

export default function ModelForm({ doc, noun, value, onChange, errors }: SpecFormProps) {
  const { t } = useLanguage();
  const rest = (isIn: (name: string) => boolean) => <SchemaFields doc={doc} schema={partOf(noun.schema, isIn)} value={value} onChange={onChange} errors={errors} />;
  return (
    <>
      {rest((name) => name === 'name')}
      <RulesInput doc={doc} schema={noun.schema} value={value['rules']} errors={errors} onChange={(rules) => onChange(withMember(value, 'rules', rules))} />
      <fieldset className="group">
        <legend>{t('target.title')}</legend>
        <p className="help">{t('target.help')}</p>
        <TargetsInput value={value['targets']} at="/targets" errors={errors} onChange={(targets) => onChange(withMember(value, 'targets', targets))} />
        {rest((name) => name === 'context_fallback')}
      </fieldset>
      {rest((name) => !shownHere.has(name))}
    </>
  );
}
