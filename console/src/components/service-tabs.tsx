/** What a service has beside its settings: its releases with what each changed, its callers, and a form to try it. */
import { useState } from 'react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client.ts';
import { type Resource, useList, useMe, may } from '../api/resources.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { callGateway, useGatewayAddress } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { operationsOf, schemasOf } from '../lib/operations.ts';
import { examplesOf } from '../lib/routes.ts';
import { listOf } from '../lib/schema.ts';
import { httpSnippets } from '../lib/snippets.ts';
import { KeyInput } from './key-input.tsx';
import { ApiReference } from './openapi.tsx';
import { RequestLog } from './request-log.tsx';
import { Snippets } from './snippets.tsx';
import { Badge, Button, Code, Empty, ErrorNote, Note, Select, Spinner, TextField } from './ui.tsx';
import { Routes } from './which-route.tsx';

export function Subscribers({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const list = useList('subscriptions', { filter: { service: String(service['name']) } });
  const all = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (all.length === 0) return <Empty title={t('subscribers.none')} hint={t('subscribers.none.hint')} />;
  return (
    <ul className="card plain-list">
      {all.map((s) => (
        <li className="model-row" key={s.id}>
          <Link className="grow" href={`/subscriptions/${encodeURIComponent(s.key)}`}>
            {String(s['consumer'])}
          </Link>
          <span className="faint">{String(s['plan'])}</span>
          <Badge tone={s.status?.['state'] === 'approved' ? 'good' : 'warn'}>{String(s.status?.['state'] ?? '')}</Badge>
        </li>
      ))}
    </ul>
  );
}

interface Tried {
  status: number;
  tookMs: number;
  headers: string;
  body: string;
}

async function tryIt(method: string, path: string, host: string, key: string, body: string): Promise<Tried> {
  const began = performance.now();
  const response = await callGateway({ method, path, host, key, ...(body.trim() === '' ? {} : { body }) });
  const text = await response.text();
  return {
    status: response.status,
    tookMs: performance.now() - began,
    headers: [...response.headers].map(([n, v]) => `${n}: ${v}`).join('\n'),
    body: text.slice(0, 100_000),
  };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((m) => ({ id: m, text: m }));

export function TryIt({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const examples = examplesOf(service);
  const [method, setMethod] = useState(examples[0]?.method ?? 'GET');
  const [path, setPath] = useState(examples[0]?.path ?? '/');
  const [body, setBody] = useState('');
  const run = useMutation({ mutationFn: () => tryIt(method, path, examples[0]?.host ?? '', key, body) });
  const isGood = run.data !== undefined && run.data.status < 400;
  return (
    <>
      <form
        className="card"
        onSubmit={(e) => {
          e.preventDefault();
          run.mutate();
        }}
      >
        <KeyInput me={me} />
        <div className="beside">
          <Select label={t('try.method')} value={method} choices={methods} onChange={setMethod} />
          <TextField label={t('try.path')} value={path} onChange={setPath} isRequired />
        </div>
        {method !== 'GET' && <TextField label={t('try.body')} lines={5} isMono value={body} onChange={setBody} placeholder="{}" />}
        <div className="actions">
          <Button look="primary" type="submit" isPending={run.isPending}>
            {t('try.send')}
          </Button>
          {examples.length > 1 &&
            examples.slice(0, 6).map((x) => (
              <Button
                key={`${x.method} ${x.path}`}
                look="quiet"
                onPress={() => {
                  setMethod(x.method);
                  setPath(x.path);
                }}
              >
                {x.method} {x.path}
              </Button>
            ))}
        </div>
      </form>
      {run.error !== null && <ErrorNote error={run.error} />}
      {run.data !== undefined && (
        <section aria-label={t('try.answer')}>
          <Note kind={isGood ? 'good' : 'error'}>{t('try.result', { status: run.data.status, ms: Math.round(run.data.tookMs) })}</Note>
          <Code label={t('try.answer')} text={run.data.body} />
          <details className="more">
            <summary>{t('try.headers')}</summary>
            <Code label={t('try.headers')} text={run.data.headers} />
          </details>
        </section>
      )}
      <Snippets snippets={httpSnippets({ method, url: `${address}${path}`, key: key === '' ? t('key.placeholder') : key, ...bodyOf(body, method) })} />
    </>
  );
}

function bodyOf(text: string, method: string): { body?: unknown } {
  if (method === 'GET' || text.trim() === '') return {};
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    return { body: text };
  }
}

/** The server renders it, and lets nothing through but text, lists, tables, code and harmless links. */
function Readme({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const path = `/readme${query({ service: service.key })}`;
  const page = useQuery({ queryKey: ['one', 'services', path], queryFn: ({ signal }) => get<{ html: string }>(path, signal) });
  return (
    <section className="card">
      <h2>{t('service.readme')}</h2>
      {page.error !== null && <ErrorNote error={page.error} onRetry={() => void page.refetch()} />}
      {page.data !== undefined && <div className="readme" dangerouslySetInnerHTML={{ __html: page.data.html }} />}
    </section>
  );
}

export function Overview({ service }: { service: Resource }) {
  const { t, maybe } = useLanguage();
  const shown = ['title', 'summary', 'kind', 'version', 'upstream', 'hosts', 'path', 'prefix', 'team', 'domain', 'tags', 'visibility'];
  const facts = shown.filter((name) => service[name] !== undefined && service[name] !== null);
  const readme = service['readme'];
  return (
    <div className="cards">
      <section className="card">
        <dl className="facts">
          {facts.map((name) => (
            <div key={name}>
              <dt>{maybe(`field.${name}`) ?? titleOf(name)}</dt>
              <dd>{listOf(service[name]).join(', ')}</dd>
            </div>
          ))}
        </dl>
        <p>
          <Link href={`/requests?service=${encodeURIComponent(String(service['name']))}`}>{t('service.requests')}</Link>
        </p>
      </section>
      <Routes service={service} />
      {typeof readme === 'string' && readme !== '' && <Readme service={service} />}
    </div>
  );
}

/** The API as its document describes it, tried with a consumer's key. */
export function Operations({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const mayCall = may(me, 'playground:call');
  const host = examplesOf(service)[0]?.host ?? '';
  const api = {
    operations: operationsOf(service),
    schemas: schemasOf(service),
    prefix: String(service['prefix'] ?? ''),
    address,
    keyText: key === '' ? t('key.placeholder') : key,
    ...(mayCall ? { call: (call: Parameters<typeof callGateway>[0]) => callGateway({ ...call, host, key }) } : {}),
  };
  return (
    <>
      {mayCall && api.operations.length > 0 && <KeyInput me={me} />}
      <ApiReference api={api} />
    </>
  );
}

/** Its requests, as the log has them: of its own version only. */
export function ServiceLog({ service }: { service: Resource }) {
  const version = service['version'];
  return <RequestLog fixed={{ service: String(service['name']), ...(typeof version === 'string' ? { version } : {}) }} />;
}
