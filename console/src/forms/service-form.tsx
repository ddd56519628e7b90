/** A service: its routes as rules with what takes such a request today, and what else there is as the schema has it. */
import { useQuery } from '@tanstack/react-query';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { post } from '../api/client.ts';
import type { FieldError } from '../api/client.ts';
import { Badge, Button, Select, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import {
  type ConditionKind,
  conditionKindOf,
  conditionKinds,
  type PathKind,
  pathKindOf,
  pathKinds,
  sampleOf,
  withConditionKind,
  withPathKind,
} from '../lib/route-rules.ts';
import { useSettled } from '../lib/use-settled.ts';
import { isPlainObject, listOf, partOf, plain, pointer, withMember } from '../lib/schema.ts';
import { SchemaFields } from './schema-form.tsx';
import type { SpecFormProps } from './spec-form.tsx';

type Rule = Record<string, unknown>;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Members with an input of their own here. */
const ours = ['name', 'path', 'methods', 'headers', 'queries'];

const errorAt = (errors: readonly FieldError[], at: string): string | undefined => errors.find((e) => e.pointer === at)?.detail;

/** What takes a request of this rule now: itself once it is published, another route, or nothing. */
function Today({ service, route }: { service: Rule; route: Rule }) {
  const { t } = useLanguage();
  const text = useSettled(JSON.stringify(sampleOf(service, route) ?? null));
  const sample = JSON.parse(text) as ReturnType<typeof sampleOf> | null;
  const { data } = useQuery({
    queryKey: ['explain', text],
    enabled: sample !== null,
    queryFn: () => post<{ matched: boolean; route?: string; status?: number }>('/explain', sample),
    retry: false,
  });
  if (sample === null) return <p className="help">{t('rule.today.unknown')}</p>;
  return (
    <p className="help" role="status">
      <code>
        {sample?.method} {sample?.url}
      </code>{' '}
      {data !== undefined && (data.matched ? <Badge>{t('rule.today', { route: data.route ?? '' })}</Badge> : <Badge>{t('rule.today.none', { status: data.status ?? 404 })}</Badge>)}
    </p>
  );
}

function Methods({ value, onChange }: { value: unknown; onChange: (value: string[] | undefined) => void }) {
  const { t } = useLanguage();
  return (
    <div className="field">
      <span className="label">{t('rule.methods')}</span>
      <ToggleButtonGroup
        className="chips"
        aria-label={t('rule.methods')}
        selectionMode="multiple"
        selectedKeys={listOf(value).map(String)}
        onSelectionChange={(keys) => onChange(keys.size === 0 ? undefined : methods.filter((m) => keys.has(m)))}
      >
        {methods.map((m) => (
          <ToggleButton key={m} id={m} className="button toggle">
            {m}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}

function Path({ value, error, onChange }: { value: string; error: string | undefined; onChange: (path: string | undefined) => void }) {
  const { t } = useLanguage();
  const kind = pathKindOf(value === '' ? '/*' : value);
  return (
    <div className="beside">
      <Select
        label={t('rule.kind')}
        value={kind}
        choices={pathKinds.map((id) => ({ id, text: t(`rule.kind.${id}`) }))}
        onChange={(id) => onChange(withPathKind(value === '' ? '/*' : value, id as PathKind))}
      />
      <TextField label={t('rule.path')} isMono value={value} placeholder="/*" help={t(`rule.kind.${kind}.help`)} error={error} onChange={(text) => onChange(text === '' ? undefined : text)} />
    </div>
  );
}

function Conditions({ title, at, value, errors, onChange }: { title: string; at: string; value: unknown; errors: readonly FieldError[]; onChange: (list: unknown[] | undefined) => void }) {
  const { t } = useLanguage();
  const rules = listOf(value).filter(isPlainObject);
  const put = (list: Rule[]): void => onChange(list.length === 0 ? undefined : list);
  const putOne = (i: number, rule: Rule): void => put(rules.map((old, k) => (k === i ? rule : old)));
  const kinds = conditionKinds.map((id) => ({ id, text: t(`rule.condition.${id}`) }));
  return (
    <div role="group" aria-label={title}>
      {rules.map((rule, i) => {
        const kind = conditionKindOf(rule);
        return (
          <div className="rule-row" key={i}>
            <TextField label={t('rule.condition.name')} value={String(rule['name'] ?? '')} isRequired error={errorAt(errors, pointer(pointer(at, i), 'name'))} onChange={(name) => putOne(i, { ...rule, name })} />
            <Select label={t('rule.condition')} value={kind} choices={kinds} onChange={(id) => putOne(i, withConditionKind(rule, id as ConditionKind))} />
            {kind !== 'present' && (
              <TextField label={t('rule.condition.with')} value={String(rule[kind] ?? '')} error={errorAt(errors, pointer(pointer(at, i), kind))} onChange={(text) => putOne(i, { ...rule, [kind]: text })} />
            )}
            <Button look="quiet" aria-label={t('form.remove', { what: `${title} ${i + 1}` })} onPress={() => put(rules.filter((_, k) => k !== i))}>
              ✕
            </Button>
          </div>
        );
      })}
      <Button look="quiet" onPress={() => put([...rules, { name: '', value: '' }])}>
        {t('form.add')}: {title}
      </Button>
    </div>
  );
}

function Route({ form, service, route, at, onChange }: { form: SpecFormProps; service: Rule; route: Rule; at: string; onChange: (route: Rule) => void }) {
  const { t } = useLanguage();
  const { doc, noun, errors } = form;
  const schema = plain(doc, plain(doc, noun.schema.properties?.['routes']).items);
  const put = (name: string, value: unknown): void => onChange(withMember(route, name, value));
  return (
    <>
      <Today service={service} route={route} />
      <TextField label={t('rule.name')} value={String(route['name'] ?? '')} error={errorAt(errors, `${at}/name`)} onChange={(text) => put('name', text === '' ? undefined : text)} />
      <Methods value={route['methods']} onChange={(list) => put('methods', list)} />
      <Path value={String(route['path'] ?? '')} error={errorAt(errors, `${at}/path`)} onChange={(path) => put('path', path)} />
      <Conditions title={t('rule.headers')} at={`${at}/headers`} value={route['headers']} errors={errors} onChange={(list) => put('headers', list)} />
      <Conditions title={t('rule.queries')} at={`${at}/queries`} value={route['queries']} errors={errors} onChange={(list) => put('queries', list)} />
      <SchemaFields doc={doc} schema={partOf(schema, (name) => !ours.includes(name))} value={route} errors={errors} at={at} onChange={onChange} />
    </>
  );
}

function Routes(form: SpecFormProps) {
  const { value, onChange } = form;
  const { t } = useLanguage();
  const routes = listOf(value['routes']).filter(isPlainObject);
  const put = (list: Rule[]): void => onChange(withMember(value, 'routes', list.length === 0 ? undefined : list));
  return (
    <fieldset className="group">
      <legend>{t('rule.title')}</legend>
      <p className="help">{t('rule.help')}</p>
      {routes.map((route, i) => (
        <section className="item" key={i} aria-label={t('rule.one', { n: i + 1 })}>
          <div>
            <Route form={form} service={value} route={route} at={`/routes/${i}`} onChange={(one) => put(routes.map((old, k) => (k === i ? one : old)))} />
          </div>
          <Button look="quiet" aria-label={t('form.remove', { what: t('rule.one', { n: i + 1 }) })} onPress={() => put(routes.filter((_, k) => k !== i))}>
            ✕
          </Button>
        </section>
      ))}
      <Button onPress={() => put([...routes, {}])}>{t('rule.add')}</Button>
    </fieldset>
  );
}

export default function ServiceForm(props: SpecFormProps) {
  const { doc, noun, value, onChange, errors } = props;
  const hasRules = value['kind'] === undefined || value['kind'] === 'rest';
  const schema = hasRules ? partOf(noun.schema, (name) => name !== 'routes') : noun.schema;
  return (
    <>
      <SchemaFields key={String(hasRules)} doc={doc} schema={schema} value={value} onChange={onChange} errors={errors} />
      {hasRules && <Routes {...props} />}
    </>
  );
}
