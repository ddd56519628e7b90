/** The first minutes: each step is done here, says how it is done in code, and is ticked off by what exists. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useVendors } from '../api/catalogue.ts';
import { get, post } from '../api/client.ts';
import { type Report, reportPath } from '../api/reports.ts';
import { type Me, may, type Page, type Resource, useList, useMe } from '../api/resources.ts';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { chatBody } from '../lib/chat.ts';
import { makePromptApi, promptPath, ensureAiEndpoints, subscribe } from '../lib/first-steps.ts';
import { useGatewayAddress } from '../lib/gateway.ts';
import { setGatewayKey, useGatewayKey } from '../lib/key.ts';
import { useOffered } from '../lib/offered.ts';
import { variablesOf } from '../lib/prompts.ts';
import { examplesOf } from '../lib/routes.ts';
import { chatSnippets, httpSnippets } from '../lib/snippets.ts';
import { useChat } from '../lib/use-chat.ts';
import { checkStep } from '../lib/release-steps.ts';
import { useDesk, useRelease } from '../lib/use-release.ts';
import { ImportOpenApi } from './import-openapi.tsx';
import { StepList } from './steps.tsx';
import { KeyInput } from './key-input.tsx';
import { ModelInput } from './model-input.tsx';
import { Snippets } from './snippets.tsx';
import { Badge, Button, ErrorNote, Note, Select, TextField } from './ui.tsx';

const stored = 'sluice.first-steps';
const storedDone = 'sluice.first-steps.done';
const kinds = ['accounts', 'prompts', 'documents', 'releases', 'subscriptions'] as const;

/** What there is, asked of the server: nothing is remembered here. */
function useDone() {
  return useQuery({
    queryKey: ['list', 'first-steps'],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(kinds.map((k) => get<Page<Resource>>(`/${k}?limit=1&fields=key`, signal)));
      const report = await get<Report>(reportPath({ group: ['vendor'], since: '30d', limit: 20 }), signal);
      const done = new Set<string>(kinds.filter((_, i) => (pages[i]?.items.length ?? 0) > 0));
      if (report.rows.some((r) => r.vendor)) done.add('call');
      if (report.total.requests > 0) done.add('traffic');
      return done;
    },
    refetchInterval: 5000,
  });
}

const shownKey = (key: string, placeholder: string): string => (key === '' ? placeholder : key);

interface Tested {
  results?: { is_ok: boolean; reason?: string; message?: string }[];
}

/** The admin API as a script would call it, with a token of one's own. */
const adminSample = (path: string, body: unknown) => httpSnippets({ method: 'POST', url: `${window.location.origin}/api/v1${path}`, key: 'YOUR-API-TOKEN', body });

function AccountStep() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const vendors = useVendors();
  const [vendor, setVendor] = useState('openai');
  const [key, setKey] = useState('');
  const [url, setUrl] = useState('');
  const [model, setModel] = useState('');
  const spec = { name: vendor, vendor, ...(key === '' ? {} : { keys: [key] }), ...(url === '' ? {} : { base_url: url, serves_unlisted: true }) };
  const run = useMutation({
    mutationFn: async () => {
      await post('/accounts', spec);
      await client.invalidateQueries({ queryKey: ['list'] });
      return post<Tested>(`/accounts/${encodeURIComponent(vendor)}/test`, model === '' ? {} : { model });
    },
  });
  const result = run.data?.results?.[0];
  const choices = (vendors.data ?? []).map((v) => ({ id: v.id, text: v.name }));
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run.mutate();
      }}
    >
      <div className="columns">
        <Select label={t('catalogue.vendor')} value={vendor} choices={choices} onChange={setVendor} />
        <TextField label={t('start.vendor.key')} type="password" autoComplete="off" value={key} onChange={setKey} />
        <TextField label={t('start.base.url')} value={url} onChange={setUrl} placeholder="https://" />
        <TextField label={t('accounts.test.model')} value={model} onChange={setModel} placeholder={t('accounts.test.any')} />
      </div>
      <div className="actions">
        <Button look="primary" type="submit" isPending={run.isPending}>
          {t('start.account.run')}
        </Button>
        <Link className="button button-quiet" href="/accounts/new">
          {t('start.more')}
        </Link>
      </div>
      {run.error !== null && <ErrorNote error={run.error} />}
      {result !== undefined && (
        <Note kind={result.is_ok ? 'good' : 'error'}>
          {t(result.is_ok ? 'accounts.works' : 'accounts.fails')} {result.reason} {result.message}
        </Note>
      )}
      <Snippets snippets={adminSample('/accounts', { ...spec, keys: ['VENDOR-KEY'] })} />
    </form>
  );
}

function CallStep({ me }: { me: Me | undefined }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const offered = useOffered(key);
  const [model, setModel] = useState('');
  const [prompt, setPrompt] = useState(t('playground.example'));
  const { chat, ask } = useChat();
  const question = { system: '', prompt, pictures: [], temperature: '', topP: '', maxTokens: '', streams: true };
  const run = useMutation({
    mutationFn: async () => {
      await ensureAiEndpoints(key);
      await ask(model, question, key);
      await client.invalidateQueries({ queryKey: ['list'] });
    },
  });
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run.mutate();
      }}
    >
      <KeyInput me={me} />
      <div className="columns">
        <ModelInput label={t('field.model')} value={model} offered={offered} onChange={setModel} />
        <TextField label={t('playground.prompt')} value={prompt} onChange={setPrompt} />
      </div>
      <div className="actions">
        <Button look="primary" type="submit" isPending={run.isPending} isDisabled={key === '' || model === ''}>
          {t('start.call.run')}
        </Button>
      </div>
      {run.error !== null && <ErrorNote error={run.error} />}
      {chat.error !== '' && <Note kind="error">{chat.error}</Note>}
      {chat.text !== '' && (
        <div className="said" tabIndex={0} role="region" aria-label={t('try.answer')}>
          {chat.text}
        </div>
      )}
      <Snippets snippets={chatSnippets(address, shownKey(key, t('key.placeholder')), chatBody(model || 'MODEL', question))} />
    </form>
  );
}

function PromptStep() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const offered = useOffered(key);
  const [name, setName] = useState('summary');
  const [template, setTemplate] = useState(t('start.prompt.example'));
  const [model, setModel] = useState('');
  const run = useMutation({
    mutationFn: () => makePromptApi(name, template, model),
    onSuccess: () => client.invalidateQueries({ queryKey: ['list'] }),
  });
  const url = `${address}${promptPath(name)}`;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run.mutate();
      }}
    >
      <div className="columns">
        <TextField label={t('list.name')} value={name} onChange={setName} isRequired />
        <ModelInput label={t('field.model')} value={model} offered={offered} onChange={setModel} />
      </div>
      <TextField label={t('start.prompt.template')} lines={3} value={template} onChange={setTemplate} isRequired />
      <div className="actions">
        <Button look="primary" type="submit" isPending={run.isPending} isDisabled={model === ''}>
          {t('start.prompt.run')}
        </Button>
      </div>
      {run.error !== null && <ErrorNote error={run.error} />}
      {run.isSuccess && <Note kind="good">{t('start.prompt.made', { url })}</Note>}
      <Snippets
        snippets={httpSnippets({ method: 'POST', url, key: shownKey(key, t('key.placeholder')), body: Object.fromEntries(variablesOf(template).map((v) => [v, `${v} …`])) })}
      />
    </form>
  );
}

function PublishOne({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const desk = useDesk();
  const { progress, run } = useRelease(service.key, 'publish', t('start.publish.run'));
  const publish = (): void => void run({ reason: t('home.start') }, [checkStep(desk, service.key)]);
  const isLive = service.status?.['live_release'] !== undefined && service.status['live_release'] !== null;
  return (
    <li className="model-row">
      <Link className="grow" href={`/services/${encodeURIComponent(service.key)}`}>
        {service.key}
      </Link>
      {isLive ? (
        <Badge tone="good">{t('releases.live')}</Badge>
      ) : (
        <Button isPending={progress.isRunning} onPress={publish} aria-label={t('start.publish.one', { name: service.key })}>
          {t('start.publish.run')}
        </Button>
      )}
      <StepList label={t('steps.of', { what: t('start.publish.one', { name: service.key }) })} progress={progress} />
    </li>
  );
}

function useServices() {
  const list = useList('services', { sort: '-updated_at', limit: 20 });
  return { services: list.data?.pages[0]?.items ?? [], error: list.error };
}

function PublishStep() {
  const { t } = useLanguage();
  const { services, error } = useServices();
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {services.length === 0 && <p className="faint">{t('start.publish.none')}</p>}
      <ul className="plain-list">
        {services.map((s) => (
          <PublishOne key={s.id} service={s} />
        ))}
      </ul>
      <Snippets snippets={adminSample(`/services/${services[0]?.key ?? 'SERVICE'}/publish`, { reason: 'first version' })} />
    </>
  );
}

function SubscribeStep() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const address = useGatewayAddress();
  const { services } = useServices();
  const [consumer, setConsumer] = useState('my-app');
  const [chosen, setChosen] = useState<string | null>(null);
  const service = services.find((s) => s['name'] === chosen) ?? services[0];
  const run = useMutation({
    mutationFn: () => subscribe(consumer, String(service?.['name'])),
    onSuccess: (secret) => {
      setGatewayKey(secret);
      void client.invalidateQueries({ queryKey: ['list'] });
    },
  });
  const example = service === undefined ? undefined : examplesOf(service)[0];
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run.mutate();
      }}
    >
      <div className="columns">
        <TextField label={t('field.consumer')} value={consumer} onChange={setConsumer} isRequired />
        <Select
          label={t('field.service')}
          value={service === undefined ? null : String(service['name'])}
          choices={services.map((s) => ({ id: String(s['name']), text: s.key }))}
          onChange={setChosen}
        />
      </div>
      <div className="actions">
        <Button look="primary" type="submit" isPending={run.isPending} isDisabled={service === undefined}>
          {t('start.subscribe.run')}
        </Button>
      </div>
      {run.error !== null && <ErrorNote error={run.error} />}
      {run.isSuccess && <Note kind="good">{t('start.subscribe.made')}</Note>}
      <Snippets snippets={httpSnippets({ method: example?.method ?? 'GET', url: `${address}${example?.path ?? '/'}`, key: shownKey(run.data ?? '', t('key.placeholder')) })} />
    </form>
  );
}

interface Seen {
  id: string;
  service: string;
  model: string;
  method: string;
  status: number;
}

function TrafficStep() {
  const { t } = useLanguage();
  const { data, error } = useQuery({
    queryKey: ['requests', 'first-steps'],
    queryFn: ({ signal }) => get<{ items: Seen[] }>('/requests?limit=5', signal),
    refetchInterval: 2000,
  });
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {data?.items.length === 0 && <p className="faint">{t('home.empty.hint')}</p>}
      <ul className="plain-list">
        {data?.items.map((r) => (
          <li key={r.id}>
            <Badge tone={r.status < 400 ? 'good' : 'bad'}>{r.status}</Badge>{' '}
            <code>
              {r.method} {[r.service, r.model].filter(Boolean).join(' · ')}
            </code>
          </li>
        ))}
      </ul>
      <p>
        <Link href="/requests">{t('nav.requests')}</Link> · <Link href="/analytics">{t('nav.analytics')}</Link>
      </p>
    </>
  );
}

interface StepOf {
  id: string; // what useDone says
  title: TextKey;
  permission: string;
  show: (me: Me | undefined) => ReactNode;
}

const steps: StepOf[] = [
  { id: 'accounts', title: 'start.account', permission: 'accounts:create', show: () => <AccountStep /> },
  { id: 'call', title: 'start.call', permission: 'playground:call', show: (me) => <CallStep me={me} /> },
  { id: 'prompts', title: 'start.prompt', permission: 'prompts:create', show: () => <PromptStep /> },
  { id: 'documents', title: 'start.import', permission: 'services:create', show: () => <ImportOpenApi /> },
  { id: 'releases', title: 'start.publish', permission: 'services:publish', show: () => <PublishStep /> },
  { id: 'subscriptions', title: 'start.subscribe', permission: 'subscriptions:create', show: () => <SubscribeStep /> },
  { id: 'traffic', title: 'start.traffic', permission: 'usage:read', show: () => <TrafficStep /> },
];

function OneStep({ step, isDone, isNext, isOpen, me, onToggle }: { step: StepOf; isDone: boolean; isNext: boolean; isOpen: boolean; me: Me | undefined; onToggle: (open: boolean) => void }) {
  const { t } = useLanguage();
  return (
    <li>
      <details className="operation" open={isOpen} onToggle={(e) => onToggle(e.currentTarget.open)}>
        <summary>
          {t(step.title)} {isDone && <Badge tone="good">{t('home.start.done')}</Badge>}
          {isNext && <Badge tone="warn">{t('start.next')}</Badge>}
        </summary>
        {isOpen && <div className="operation-body">{step.show(me)}</div>}
      </details>
    </li>
  );
}

function Steps({ open, done, me }: { open: StepOf[]; done: ReadonlySet<string> | undefined; me: Me | undefined }) {
  const next = done === undefined ? undefined : open.find((s) => !done.has(s.id))?.id;
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const put = (id: string, isOpen: boolean): void =>
    setShown((old) => (old.has(id) === isOpen ? old : new Set(isOpen ? [...old, id] : [...old].filter((x) => x !== id))));
  return (
    <ol className="plain-list">
      {open.map((s) => (
        <OneStep key={s.id} step={s} isDone={done?.has(s.id) === true} isNext={s.id === next} isOpen={shown.has(s.id)} me={me} onToggle={(isOpen) => put(s.id, isOpen)} />
      ))}
    </ol>
  );
}

/** Who comes back when all is done sees one line; who is at it keeps the steps. Until it is known, as it was last, so that nothing jumps. */
function useFolded(isAllDone: boolean | undefined): [boolean, (folded: boolean) => void] {
  const [folded, setFolded] = useState<boolean>();
  if (folded === undefined && isAllDone !== undefined) setFolded(isAllDone);
  useEffect(() => {
    if (isAllDone !== undefined) localStorage.setItem(storedDone, String(isAllDone));
  }, [isAllDone]);
  return [folded ?? localStorage.getItem(storedDone) === 'true', setFolded];
}

export default function FirstSteps() {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [isGone, setGone] = useState(() => localStorage.getItem(stored) === 'dismissed');
  const { data: done } = useDone();
  const open = steps.filter((s) => may(me, s.permission));
  const doneCount = done === undefined ? undefined : open.filter((s) => done.has(s.id)).length;
  const isAllDone = doneCount === undefined ? undefined : doneCount === open.length;
  const [isFolded, setFolded] = useFolded(isAllDone);
  const put = (gone: boolean): void => {
    if (gone) localStorage.setItem(stored, 'dismissed');
    else localStorage.removeItem(stored);
    setGone(gone);
  };
  if (open.length === 0) return null;
  if (isGone)
    return (
      <Button look="quiet" onPress={() => put(false)}>
        {t('start.show')}
      </Button>
    );
  return (
    <section className="card" aria-label={t('home.start')}>
      <div className="head">
        <h2 className="section-title">{t('home.start')}</h2>
        {doneCount !== undefined && (
          <>
            <meter className="bar bar-short" min={0} max={open.length} value={doneCount} aria-hidden="true" />
            <span className="faint">{t('start.count', { done: doneCount, all: open.length })}</span>
          </>
        )}
        <span className="grow" />
        {isAllDone === true && (
          <Button look="quiet" onPress={() => setFolded(!isFolded)}>
            {t(isFolded ? 'start.open' : 'start.close')}
          </Button>
        )}
        <Button look="quiet" onPress={() => put(true)}>
          {t('start.dismiss')}
        </Button>
      </div>
      {!isFolded && <Steps open={open} done={done} me={me} />}
    </section>
  );
}
