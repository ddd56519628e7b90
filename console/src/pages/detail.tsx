/** One resource: its settings as a form, its actions, its source as a file, and who changed it. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useLocation, useSearchParams } from 'wouter';
import { Problem } from '../api/client.ts';
import type { Action, Noun } from '../api/openapi.ts';
import {
  may,
  type Resource,
  specOf,
  useAction,
  useDescription,
  useMe,
  useNouns,
  useOne,
  useRemove,
  useReplace,
} from '../api/resources.ts';
import { AuditList } from '../components/audit-list.tsx';
import { Operations, Overview, Releases, Subscribers, TryIt } from '../components/service-tabs.tsx';
import { WhichRoute } from '../components/which-route.tsx';
import { useTitles } from '../components/shell.tsx';
import { Button, Code, ErrorNote, Note, Spinner, Window } from '../components/ui.tsx';
import { SchemaFields } from '../forms/schema-form.tsx';
import { type TextKey, titleOf, useLanguage } from '../i18n/index.tsx';
import { toYaml } from '../lib/yaml.ts';
import { SecretWindow, secretOf } from './create.tsx';
import { State } from './list.tsx';

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
  const one = useOne(noun.plural, resource.key);
  if (doc === undefined) return <Spinner />;
  const isChanged = JSON.stringify(spec) !== JSON.stringify(specOf(resource));
  const mayWrite = noun.verbs.has('replace') && may(me, `${noun.plural}:update`);
  const start = (from: Resource, tag: string | null): void => {
    setSpec(specOf(from));
    setBase(tag);
    setVersion((v) => v + 1);
    save.reset();
  };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    save.mutate({ spec, etag: base }, { onSuccess: (answer) => setBase(answer.etag) });
  };
  const isConflict = save.error instanceof Problem && save.error.status === 412;
  const reload = async (): Promise<void> => {
    const fresh = await one.refetch();
    if (fresh.data !== undefined) start(fresh.data.body, fresh.data.etag);
  };
  return (
    <form className="form" onSubmit={submit}>
      <fieldset disabled={!mayWrite} className="bare">
        <SchemaFields
          key={version}
          doc={doc}
          schema={noun.schema}
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
  );
}

function ActionButton({ noun, resource, action }: { noun: Noun; resource: Resource; action: Action }) {
  const { t, maybe } = useLanguage();
  const { data: doc } = useDescription();
  const [isOpen, setOpen] = useState(false);
  const [body, setBody] = useState<Record<string, unknown>>({});
  const run = useAction(noun.plural, resource.key, action.name);
  const title = maybe(`action.${action.name}`) ?? titleOf(action.name);
  const close = (): void => {
    setOpen(false);
    setBody({});
    run.reset();
  };
  const secret = secretOf(run.data);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate(body);
  };
  return (
    <>
      <Button onPress={() => setOpen(true)}>{title}</Button>
      <Window title={`${title}: ${resource.key}`} isOpen={isOpen && secret === undefined} onClose={close}>
        <p className="faint">{action.summary}</p>
        <form className="form" onSubmit={submit}>
          {doc !== undefined && action.body !== undefined && (
            <SchemaFields
              doc={doc}
              schema={action.body}
              value={body}
              onChange={setBody}
              errors={run.error instanceof Problem ? run.error.errors : []}
            />
          )}
          {run.error !== null && <ErrorNote error={run.error} />}
          {run.isSuccess && <Note kind="good">{t('common.done', { what: title })}</Note>}
          {run.isSuccess && run.data !== undefined && !('key' in run.data) && (
            <Code label={title} text={toYaml(run.data)} />
          )}
          <div className="actions">
            {!run.isSuccess && (
              <Button look="primary" type="submit" isPending={run.isPending}>
                {t('common.run')}
              </Button>
            )}
            <Button onPress={close}>{t('common.close')}</Button>
          </div>
        </form>
      </Window>
      <SecretWindow secret={secret} onClose={close} />
    </>
  );
}

function DeleteButton({ noun, resource, etag }: Shown) {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const remove = useRemove(noun.plural, resource.key);
  return (
    <>
      <Button look="danger" onPress={() => setOpen(true)}>
        {t('detail.delete')}
      </Button>
      <Window
        title={t('detail.delete.title', { name: resource.key })}
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
          remove.reset();
        }}
      >
        <p>{t('detail.delete.text')}</p>
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <div className="actions">
          <Button
            look="danger"
            isPending={remove.isPending}
            onPress={() => remove.mutate(etag, { onSuccess: () => navigate(`/${noun.plural}`) })}
          >
            {t('detail.delete')}
          </Button>
          <Button onPress={() => setOpen(false)}>{t('common.cancel')}</Button>
        </div>
      </Window>
    </>
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
  show: (resource: Resource) => ReactNode;
}

/** What a kind of resource has beside settings, source and history. */
const extras: Record<string, Extra[]> = {
  services: [
    { id: 'overview', title: 'service.overview', permission: 'services:read', show: (r) => <Overview service={r} /> },
    { id: 'operations', title: 'service.operations', permission: 'services:read', show: (r) => <Operations service={r} /> },
    { id: 'routes', title: 'service.routes', permission: 'services:read', show: (r) => <WhichRoute service={r} /> },
    { id: 'releases', title: 'service.releases', permission: 'releases:read', show: (r) => <Releases service={r} /> },
    { id: 'subscribers', title: 'service.subscribers', permission: 'subscriptions:read', show: (r) => <Subscribers service={r} /> },
    { id: 'try', title: 'service.try', permission: 'playground:call', show: (r) => <TryIt service={r} /> },
  ],
};

export default function DetailPage({ plural, name }: { plural: string; name: string }) {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === plural);
  const one = useOne(plural, name);
  const [search, setSearch] = useSearchParams();
  const more = (extras[plural] ?? []).filter((x) => may(me, x.permission));
  const tab = search.get('tab') ?? more[0]?.id ?? 'settings';
  if (one.error !== null) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (one.data === undefined || noun === undefined) return <Spinner />;
  const { body: resource, etag } = one.data;
  const actions = noun.actions.filter((a) => may(me, `${plural}:${a.name}`));
  return (
    <>
      <p className="crumbs">
        <Link href={`/${plural}`}>{title(plural)}</Link>
      </p>
      <div className="head">
        <h1>{resource.key}</h1>
        <State resource={resource} />
        <span className="grow" />
        {actions.map((a) => (
          <ActionButton key={a.name} noun={noun} resource={resource} action={a} />
        ))}
        {noun.verbs.has('delete') && may(me, `${plural}:delete`) && (
          <DeleteButton noun={noun} resource={resource} etag={etag} />
        )}
      </div>
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(id) => setSearch({ tab: String(id) }, { replace: true })}>
        <TabList aria-label={resource.key} className="tab-list">
          {more.map((x) => (
            <Tab key={x.id} id={x.id} className="tab">
              {t(x.title)}
            </Tab>
          ))}
          <Tab id="settings" className="tab">
            {t('detail.settings')}
          </Tab>
          <Tab id="source" className="tab">
            {t('detail.source')}
          </Tab>
          {may(me, 'audit:read') && (
            <Tab id="history" className="tab">
              {t('detail.history')}
            </Tab>
          )}
        </TabList>
        {more.map((x) => (
          <TabPanel key={x.id} id={x.id} className="tab-panel">
            {x.show(resource)}
          </TabPanel>
        ))}
        <TabPanel id="settings" className="tab-panel">
          <Settings noun={noun} resource={resource} etag={etag} />
        </TabPanel>
        <TabPanel id="source" className="tab-panel">
          <Source noun={noun} resource={resource} />
        </TabPanel>
        <TabPanel id="history" className="tab-panel">
          <AuditList subjectId={resource.id} />
        </TabPanel>
      </Tabs>
    </>
  );
}
