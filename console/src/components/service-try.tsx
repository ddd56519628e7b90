/** A form that calls a service with a consumer's key. */
import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { callGateway, useGatewayAddress } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { examplesOf } from '../lib/routes.ts';
import { httpSnippets } from '../lib/snippets.ts';
import type { TabProps } from '../tabs.ts';
import { KeyInput } from './key-input.tsx';
import { Snippets } from './snippets.tsx';
import { Button, Code, ErrorNote, Note, Select, TextField } from './ui.tsx';

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

export function TryIt({ resource: service }: Pick<TabProps, 'resource'>) {
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
