/** Which target takes this request? The rules of a model route are asked; nothing is sent. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useList } from '../api/resources.ts';
import { NeedsInput } from '../forms/rules-input.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { headersOf } from '../lib/headers.ts';
import type { TabProps } from '../tabs.ts';
import { type Explanation, Targets } from './which-route.tsx';
import { Question } from './question.tsx';
import { Badge, Note, Select, TextField } from './ui.tsx';

/** Endpoints of the dialects that clients speak. */
const endpoints = [
  { id: '/v1/chat/completions', text: 'OpenAI' },
  { id: '/v1/responses', text: 'OpenAI Responses' },
  { id: '/v1/messages', text: 'Anthropic' },
];

function Answer({ answer }: { answer: Explanation }) {
  const { t } = useLanguage();
  return (
    <section className="card" aria-label={t('which.answer')}>
      {!answer.matched ? (
        <Note kind="error">{t('way.none', { status: answer.status ?? 404 })}</Note>
      ) : (
        <Note kind="good">{answer.rule === undefined ? t('which.default') : t('which.rule', { name: answer.rule })}</Note>
      )}
      <ol>
        {(answer.rules ?? []).map((rule) => (
          <li key={rule.name}>
            <strong>{rule.name}</strong> <code>{rule.when}</code> <Badge tone={rule.holds ? 'good' : 'plain'}>{t(rule.holds ? 'which.holds' : 'which.not')}</Badge>
          </li>
        ))}
      </ol>
      {!answer.matched && answer.reasons.map((reason) => <p key={reason}>{reason}</p>)}
      <Targets targets={answer.targets ?? []} />
    </section>
  );
}

export function WhichTarget({ resource: model }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const services = useList('services', { limit: 100 });
  const prefix = String((services.data?.pages.flatMap((p) => p.items) ?? []).find((s) => s['kind'] === 'ai')?.['prefix'] ?? '');
  const [endpoint, setEndpoint] = useState('/v1/chat/completions');
  const [has, setHas] = useState<string[]>();
  const [tokens, setTokens] = useState('');
  const [consumer, setConsumer] = useState('');
  const [user, setUser] = useState('');
  const [headers, setHeaders] = useState('');
  const [metadata, setMetadata] = useState('');
  const ask = useMutation({
    mutationFn: () =>
      post<Explanation>('/explain', {
        method: 'POST',
        url: `${prefix}${endpoint}`,
        model: model.key,
        headers: headersOf(headers),
        metadata: headersOf(metadata),
        ...(has === undefined ? {} : { has }),
        ...(tokens === '' ? {} : { input_tokens: Number(tokens) }),
        ...(consumer === '' ? {} : { consumer }),
        ...(user === '' ? {} : { user }),
      }),
  });
  return (
    <>
      <Question title="which.title" submit="which.ask" ask={ask}>
        <NeedsInput value={has} onChange={setHas} />
        <div className="beside">
          <Select label={t('when.dialects')} value={endpoint} choices={endpoints} onChange={setEndpoint} />
          <TextField label={t('when.input_tokens')} inputMode="numeric" value={tokens} onChange={(text) => setTokens(text.replace(/\D/g, ''))} />
        </div>
        <div className="beside">
          <TextField label={t('field.consumer')} value={consumer} onChange={setConsumer} />
          <TextField label={t('when.users')} value={user} onChange={setUser} />
        </div>
        <TextField label={t('way.headers')} help={t('way.headers.help')} lines={2} isMono value={headers} onChange={setHeaders} />
        <TextField label={t('when.metadata')} help={t('way.headers.help')} lines={2} isMono value={metadata} onChange={setMetadata} />
      </Question>
      {ask.data !== undefined && ask.error === null && <Answer answer={ask.data} />}
    </>
  );
}
