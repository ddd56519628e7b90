/** What each of the first steps asks for, does and shows in code: read when it is opened. */
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { chatModelsOf, useVendors } from '../api/catalogue.ts';
import { get, post, Problem } from '../api/client.ts';
import { type Me, type Resource, useList } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { chatBody } from '../lib/chat.ts';
import { askedEvery } from '../lib/failures.ts';
import { ensureAiEndpoints, make, makePromptApi, promptPath, type StepId, subscribe } from '../lib/first-steps.ts';
import { useGatewayAddress } from '../lib/gateway.ts';
import { setGatewayKey, useGatewayKey } from '../lib/key.ts';
import { useOffered } from '../lib/offered.ts';
import { variablesOf } from '../lib/prompts.ts';
import { examplesOf } from '../lib/routes.ts';
import { chatSnippets, httpSnippets, type Snippet } from '../lib/snippets.ts';
import { useChat } from '../lib/use-chat.ts';
import { checkStep } from '../lib/release-steps.ts';
import { useDesk, useRelease } from '../lib/use-release.ts';
import { ImportOpenApi } from './import-openapi.tsx';
import { StepList } from './steps.tsx';
import { KeyInput } from './key-input.tsx';
import { ModelInput } from './model-input.tsx';
import { Snippets } from './snippets.tsx';
import { Badge, Button, ErrorNote, Note, Select, TextField } from './ui.tsx';

const shownKey = (key: string, placeholder: string): string => (key === '' ? placeholder : key);

interface Tested {
  results?: { is_ok: boolean; reason?: string; message?: string }[];
}

/** The admin API as a script would call it, with a token of one's own. */
const adminSample = (path: string, body: unknown) => httpSnippets({ method: 'POST', url: `${window.location.origin}/api/v1${path}`, key: 'YOUR-API-TOKEN', body });

/** Of the admin API, with the way to the token that they need. */
function AdminSamples({ snippets }: { snippets: Snippet[] }) {
  const { t } = useLanguage();
  return (
    <>
      <Snippets snippets={snippets} />
      <p className="faint">
        <Link href="/my-tokens">{t('start.token')}</Link>
      </p>
    </>
  );
}

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
      await make('accounts', spec);
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
      {run.error instanceof Problem && run.error.status === 409 && (
        <p>
          <Link href={`/accounts/${encodeURIComponent(vendor)}`}>{t('start.account.there', { name: vendor })}</Link>
        </p>
      )}
      {result !== undefined && (
        <Note kind={result.is_ok ? 'good' : 'error'}>
          {t(result.is_ok ? 'accounts.works' : 'accounts.fails')} {result.reason} {result.message}
        </Note>
      )}
      <AdminSamples snippets={adminSample('/accounts', { ...spec, keys: ['VENDOR-KEY'] })} />
    </form>
  );
}

/** What the key may ask for; until the AI endpoints are served, what the accounts are known to have. */
function useModels(key: string): string[] {
  const offered = useOffered(key);
  const accounts = useList('accounts', { limit: 20 }, offered.length === 0).data?.pages[0]?.items ?? [];
  const known = useQueries({
    queries: accounts.map((a) => chatModelsOf(String(a['vendor']))),
    combine: (answers) => answers.flatMap((a, i) => (a.data ?? []).map((m) => `${accounts[i]?.key}/${m.name}`)),
  });
  return offered.length > 0 ? offered : known;
}

function CallStep({ me }: { me: Me | undefined }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const offered = useModels(key);
  const [model, setModel] = useState('');
  const [prompt, setPrompt] = useState(t('playground.example'));
  const { chat, ask } = useChat();
  const question = { system: '', prompt, pictures: [], temperature: '', topP: '', maxTokens: '', streams: true };
  const run = useMutation({
    mutationFn: async () => {
      await ensureAiEndpoints(key);
      void client.invalidateQueries({ queryKey: ['offered-models'] });
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
  const offered = useModels(key);
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
      <AdminSamples snippets={adminSample(`/services/${services[0]?.key ?? 'SERVICE'}/publish`, { reason: 'first version' })} />
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
    refetchInterval: askedEvery(2000),
  });
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {data?.items.length === 0 && <p className="faint">{t('home.empty.hint')}</p>}
      <ul className="plain-list">
        {data?.items.map((r) => (
          <li key={r.id}>
            <Badge tone={r.status < 400 ? 'good' : 'bad'}>{r.status}</Badge>{' '}
            <Link href={`/requests?request=${encodeURIComponent(r.id)}`}>
              <code>
                {r.method} {[r.service, r.model].filter(Boolean).join(' · ')}
              </code>
            </Link>
          </li>
        ))}
      </ul>
      <p>
        <Link href="/requests">{t('nav.requests')}</Link> · <Link href="/analytics">{t('nav.analytics')}</Link>
      </p>
      <AdminSamples snippets={httpSnippets({ method: 'GET', url: `${window.location.origin}/api/v1/requests?limit=5`, key: 'YOUR-API-TOKEN' })} />
    </>
  );
}

const shown: Record<StepId, (me: Me | undefined) => ReactNode> = {
  accounts: () => <AccountStep />,
  call: (me) => <CallStep me={me} />,
  prompts: () => <PromptStep />,
  documents: () => (
    <>
      <ImportOpenApi />
      <AdminSamples snippets={adminSample('/import/openapi', { document_url: 'https://example.com/openapi.yaml' })} />
    </>
  ),
  releases: () => <PublishStep />,
  subscriptions: () => <SubscribeStep />,
  traffic: () => <TrafficStep />,
};

export default function FirstStep({ id, me }: { id: StepId; me: Me | undefined }) {
  return shown[id](me);
}
