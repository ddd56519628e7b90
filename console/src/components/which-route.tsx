/** Which route takes this request? Asked of the gateway without sending it; the answer is the way it would go. */
import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { post } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { headersOf } from '../lib/headers.ts';
import { examplesOf } from '../lib/routes.ts';
import type { TabProps } from '../tabs.ts';
import { Question } from './question.tsx';
import { Routes } from './service-routes.tsx';
import { Note, Select, TextField } from './ui.tsx';

interface Target {
  url?: string;
  account?: string;
  model?: string;
  weight?: number;
  order?: number;
}

export interface Explanation {
  matched: boolean;
  reasons: string[];
  status?: number;
  path: string;
  route?: string;
  service?: string;
  version?: string;
  upstream?: string;
  balancer?: string;
  model?: string;
  rule?: string; // of the model's route, that takes the request
  rules?: { name: string; when: string; holds: boolean }[];
  parameters?: { name: string; value: string }[];
  policies?: { order: number; type: string; place: string; does: string }[];
  targets?: Target[];
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((m) => ({ id: m, text: m }));

function Facts({ answer }: { answer: Explanation }) {
  const { t } = useLanguage();
  const { service = '', version, route, path, upstream, balancer, model } = answer;
  const parameters = answer.parameters ?? [];
  const facts: [string, string | undefined][] = [
    [t('way.path'), path],
    [t('way.route'), route],
    [t('way.service'), version === undefined ? service : `${service} ${version}`],
    [t('way.parameters'), parameters.map((p) => `${p.name} = ${p.value}`).join(', ')],
    [t('way.upstream'), upstream === undefined ? undefined : `${upstream} (${balancer ?? ''})`],
    [t('way.model'), model],
  ];
  return (
    <dl className="facts">
      {facts
        .filter(([, text]) => text !== undefined && text !== '')
        .map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
    </dl>
  );
}

function Policies({ policies }: { policies: NonNullable<Explanation['policies']> }) {
  const { t } = useLanguage();
  if (policies.length === 0) return null;
  return (
    <>
      <h3>{t('way.policies')}</h3>
      <ol>
        {policies.map((p) => (
          <li key={p.place}>
            <strong>{p.type}</strong> <code>{p.place}</code>
            <br />
            <span className="faint">{p.does}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

export function Targets({ targets }: { targets: Target[] }) {
  const { t } = useLanguage();
  if (targets.length === 0) return null;
  return (
    <>
      <h3>{t('way.targets')}</h3>
      <ul className="plain-list">
        {targets.map((x, i) => (
          <li key={i}>
            <code>{x.url ?? `${x.account ?? ''}/${x.model ?? ''}`}</code>{' '}
            {x.weight !== undefined && <span className="faint">{t('way.weight', { n: x.weight })}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

export function Way({ answer, service }: { answer: Explanation; service: string }) {
  const { t } = useLanguage();
  const isOurs = answer.matched && answer.service === service;
  return (
    <section className="card" aria-label={t('way.answer')}>
      {answer.matched ? (
        <Note kind={isOurs ? 'good' : 'info'}>{t(isOurs ? 'way.ours' : 'way.other', { route: answer.route ?? '' })}</Note>
      ) : (
        <Note kind="error">{t('way.none', { status: answer.status ?? 404 })}</Note>
      )}
      {answer.reasons.length > 0 && (
        <ul>
          {answer.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <Facts answer={answer} />
      <Policies policies={answer.policies ?? []} />
      <Targets targets={answer.targets ?? []} />
    </section>
  );
}

export function WhichRoute({ resource: service }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const [first] = examplesOf(service);
  const [method, setMethod] = useState(first?.method ?? 'GET');
  const [url, setUrl] = useState(first === undefined ? '/' : first.host === '' ? first.path : `http://${first.host}${first.path}`);
  const [headers, setHeaders] = useState('');
  const [model, setModel] = useState('');
  const isAi = service['kind'] === 'ai';
  const ask = useMutation({
    mutationFn: () => post<Explanation>('/explain', { method, url, headers: headersOf(headers), ...(model === '' ? {} : { model }) }),
  });
  return (
    <>
      <Routes service={service} taking={ask.data?.route} />
      <Question title="way.title" submit="way.ask" ask={ask}>
        <div className="beside">
          <Select label={t('try.method')} value={method} choices={methods} onChange={setMethod} />
          <TextField label={t('way.url')} value={url} onChange={setUrl} isRequired />
        </div>
        <TextField label={t('way.headers')} help={t('way.headers.help')} lines={3} isMono value={headers} onChange={setHeaders} />
        {isAi && <TextField label={t('way.model')} value={model} onChange={setModel} />}
      </Question>
      {ask.data !== undefined && ask.error === null && <Way answer={ask.data} service={String(service['name'])} />}
    </>
  );
}
