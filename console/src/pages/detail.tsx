/** One resource: its settings as a form, its actions, its source as a file, and who changed it. */
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useSearchParams } from 'wouter';
import { type Answer, Problem } from '../api/client.ts';
import type { Noun } from '../api/openapi.ts';
import {
  may,
  type Resource,
  specOf,
  useDescription,
  useMe,
  useNouns,
  useOne,
  useReplace,
} from '../api/resources.ts';
import { Actions } from '../components/actions.tsx';
import { AuditList } from '../components/audit-list.tsx';
import { BudgetSpent } from '../components/budget-spent.tsx';
import { ConsumerKeys, ConsumerSubscriptions, ConsumerUsage, Quotas } from '../components/consumer-tabs.tsx';
import { Deliveries } from '../components/deliveries.tsx';
import { PromptTrial } from '../components/prompt-trial.tsx';
import { Operations, Overview, ServiceLog, Subscribers, TryIt } from '../components/service-tabs.tsx';
import { WhichRoute } from '../components/which-route.tsx';
import { WhichTarget } from '../components/which-target.tsx';
import { EndpointList } from '../components/endpoints.tsx';
import { Lifecycle } from '../components/service-lifecycle.tsx';
import { ServicePolicies } from '../components/service-policies.tsx';
import { Releases } from '../components/service-releases.tsx';
import { useTitles } from '../components/shell.tsx';
import { OnOff } from '../components/on-off.tsx';
import { ResourceState } from '../components/state.tsx';
import { useUndo } from '../components/undo.tsx';
import { Button, Code, ErrorNote, Note, Spinner } from '../components/ui.tsx';
import { BesideForm, SpecForm } from '../forms/spec-form.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { isReversible } from '../lib/undoable.ts';
import { toYaml } from '../lib/yaml.ts';

interface Shown {
  noun: Noun;
  resource: Resource;
  etag: string | null;
}

function Settings({ noun, resource, etag }: Shown) {
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

function Source({ noun, resource }: { noun: Noun; resource: Resource }) {
  const { t } = useLanguage();
  return (
    <>
      <p className="faint">{t('detail.apply.hint')}</p>
      <Code label={`${noun.plural}.yaml`} text={toYaml({ [noun.plural]: [specOf(resource)] })} />
      {resource.status !== undefined && resource.status !== null && (
        <Code label={t('detail.status')} text={toYaml(resource.status)} />
      )}
    </>
  );
}

interface Extra {
  id: string;
  title: TextKey;
  permission: string;
  show: (resource: Resource, etag: string | null) => ReactNode;
  isBehind?: boolean; // its settings come first
}

/** What a kind of resource has beside settings, source and history. */
const extras: Record<string, Extra[]> = {
  services: [
    { id: 'overview', title: 'service.overview', permission: 'services:read', show: (r) => <Overview service={r} /> },
    { id: 'operations', title: 'service.operations', permission: 'services:read', show: (r) => <Operations service={r} /> },
    { id: 'routes', title: 'service.routes', permission: 'services:read', show: (r) => <WhichRoute service={r} /> },
    { id: 'endpoints', title: 'service.endpoints', permission: 'services:read', show: (r) => <EndpointList plural="services" resource={r} /> },
    { id: 'policies', title: 'policies.title', permission: 'services:read', show: (r, etag) => <ServicePolicies service={r} etag={etag} /> },
    { id: 'releases', title: 'service.releases', permission: 'releases:read', show: (r) => <Releases service={r} /> },
    { id: 'subscribers', title: 'service.subscribers', permission: 'subscriptions:read', show: (r) => <Subscribers service={r} /> },
    { id: 'logs', title: 'service.logs', permission: 'usage:read', show: (r) => <ServiceLog service={r} /> },
    { id: 'lifecycle', title: 'service.lifecycle', permission: 'services:read', show: (r) => <Lifecycle service={r} /> },
    { id: 'try', title: 'service.try', permission: 'playground:call', show: (r) => <TryIt service={r} /> },
  ],
  consumers: [
    { id: 'keys', title: 'keys.title', permission: 'credentials:read', show: (r) => <ConsumerKeys consumer={r} /> },
    { id: 'subscriptions', title: 'noun.subscriptions', permission: 'subscriptions:read', show: (r) => <ConsumerSubscriptions consumer={r} /> },
    { id: 'usage', title: 'portal.usage', permission: 'usage:read', show: (r) => <ConsumerUsage consumer={r} /> },
  ],
  subscriptions: [{ id: 'quota', title: 'quota.title', permission: 'subscriptions:read', show: (r) => <Quotas subscription={r} /> }],
  budgets: [{ id: 'spent', title: 'budget.spent', permission: 'budgets:read', show: (r) => <BudgetSpent budget={r} /> }],
  upstreams: [{ id: 'endpoints', title: 'endpoint.title', permission: 'upstreams:read', isBehind: true, show: (r) => <EndpointList plural="upstreams" resource={r} /> }],
  webhooks: [{ id: 'deliveries', title: 'deliveries.title', permission: 'webhooks:read', isBehind: true, show: (r) => <Deliveries webhook={r.key} /> }],
  models: [{ id: 'which', title: 'which.tab', permission: 'services:read', isBehind: true, show: (r) => <WhichTarget model={r} /> }],
  prompts: [{ id: 'trial', title: 'trial.title', permission: 'prompts:read', isBehind: true, show: (r, etag) => <PromptTrial prompt={r} etag={etag} /> }],
};

export default function DetailPage({ plural, name }: { plural: string; name: string }) {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === plural);
  const one = useOne(plural, name);
  const [search, setSearch] = useSearchParams();
  const more = (extras[plural] ?? []).filter((x) => may(me, x.permission));
  const [first, behind] = [more.filter((x) => x.isBehind !== true), more.filter((x) => x.isBehind === true)];
  const tab = search.get('tab') ?? first[0]?.id ?? 'settings';
  if (one.error !== null) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (one.data === undefined || noun === undefined) return <Spinner />;
  const { body: resource, etag } = one.data;
  const isSwitched =
    noun.verbs.has('patch') && noun.schema.properties?.['disabled']?.type === 'boolean' && resource['origin'] === undefined && may(me, `${plural}:update`) && !(plural === 'users' && me?.user === name);
  return (
    <>
      <p className="crumbs">
        <Link href={`/${plural}`}>{title(plural)}</Link>
      </p>
      <div className="head">
        <h1>{resource.key}</h1>
        <ResourceState resource={resource} />
        <span className="grow" />
        {isSwitched && <OnOff plural={plural} resource={resource} isPlain />}
        <Actions noun={noun} resource={resource} etag={etag} />
      </div>
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(id) => setSearch({ tab: String(id) }, { replace: true })}>
        <TabList aria-label={resource.key} className="tab-list">
          {first.map((x) => (
            <Tab key={x.id} id={x.id} className="tab">
              {t(x.title)}
            </Tab>
          ))}
          <Tab id="settings" className="tab">
            {t('detail.settings')}
          </Tab>
          {behind.map((x) => (
            <Tab key={x.id} id={x.id} className="tab">
              {t(x.title)}
            </Tab>
          ))}
          <Tab id="source" className="tab">
            {t('detail.source')}
          </Tab>
          {may(me, 'audit:read', true) && (
            <Tab id="history" className="tab">
              {t('detail.history')}
            </Tab>
          )}
        </TabList>
        {more.map((x) => (
          <TabPanel key={x.id} id={x.id} className="tab-panel">
            {x.show(resource, etag)}
          </TabPanel>
        ))}
        <TabPanel id="settings" className="tab-panel">
          <Settings noun={noun} resource={resource} etag={etag} />
        </TabPanel>
        <TabPanel id="source" className="tab-panel">
          <Source noun={noun} resource={resource} />
        </TabPanel>
        <TabPanel id="history" className="tab-panel">
          <AuditList filter={{ subject_id: resource.id }} />
        </TabPanel>
      </Tabs>
    </>
  );
}
