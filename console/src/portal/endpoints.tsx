/** The endpoints of an AI service: by the SDKs that speak to them, with samples, and to be tried with a key of one's own. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { type OfferedService, usePortalLook } from '../api/portal.ts';
import { ModelInput } from '../components/model-input.tsx';
import { Snippets } from '../components/snippets.tsx';
import { Button, Code, ErrorNote, Note, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { errorText, nothingYet, withPiece } from '../lib/chat.ts';
import { type Dialect, dialects } from '../lib/endpoints.ts';
import { callGateway, type GatewayCall } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { hostOf, KeyOfOne } from './key.tsx';

function useCall(service: OfferedService, key: string): (wish: GatewayCall) => Promise<Response> {
  const via = `/portal/services/${encodeURIComponent(service.key)}/call`;
  return (wish) => callGateway({ ...wish, path: `${service.prefix}${wish.path}`, host: hostOf(service), via, ...(key === '' ? {} : { key }) });
}

/** What the key may call; nothing until there is one. */
function useModels(service: OfferedService, key: string, isWanted: boolean): string[] {
  const call = useCall(service, key);
  const { data } = useQuery({
    queryKey: ['portal', 'models', service.key, key],
    enabled: isWanted && key !== '',
    retry: false,
    queryFn: async () => {
      const answer = await call({ path: '/v1/models', method: 'GET' });
      return answer.ok ? ((await answer.json()) as { data?: { id: string }[] }).data?.map((m) => m.id) ?? [] : [];
    },
  });
  return data ?? [];
}

function Ask({ service, apiKey, model, text }: { service: OfferedService; apiKey: string; model: string; text: string }) {
  const { t } = useLanguage();
  const call = useCall(service, apiKey);
  const ask = useMutation({
    mutationFn: async () => {
      const answer = await call({ path: '/v1/chat/completions', body: JSON.stringify({ model, messages: [{ role: 'user', content: text }] }) });
      const json: unknown = await answer.json();
      return { status: answer.status, text: answer.ok ? withPiece(nothingYet, json).text : errorText(json) };
    },
  });
  return (
    <>
      <div className="actions">
        <Button look="primary" isPending={ask.isPending} isDisabled={model === ''} onPress={() => ask.mutate()}>
          {t('try.send')}
        </Button>
      </div>
      {ask.error !== null && <ErrorNote error={ask.error} />}
      {ask.data !== undefined && (
        <>
          <Note kind={ask.data.status < 400 ? 'good' : 'error'}>{ask.data.status}</Note>
          <Code label={t('try.answer')} text={ask.data.text} />
        </>
      )}
    </>
  );
}

function OneDialect({ dialect, address, sample }: { dialect: Dialect; address: string; sample: [key: string, model: string, text: string] }) {
  const { t } = useLanguage();
  return (
    <>
      <ul className="plain-list" aria-label={t('endpoints.of', { title: dialect.title })}>
        {dialect.endpoints.map((e) => (
          <li key={e.path}>
            <code>
              {e.method} {address}
              {e.path}
            </code>
          </li>
        ))}
      </ul>
      <Snippets snippets={dialect.snippets(address, ...sample)} />
    </>
  );
}

export default function Endpoints({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  const look = usePortalLook().data;
  const mayTry = !isGuest && look?.try_disabled !== true;
  const models = useModels(service, key, mayTry);
  const [written, setModel] = useState<string>();
  const [text, setText] = useState('Hello!');
  const model = written ?? models[0] ?? '';
  const address = `${service.url}${service.prefix}`;
  return (
    <>
      {mayTry && <KeyOfOne service={service} />}
      <section className="card" aria-label={t('endpoints.title')}>
        <h2>{t('endpoints.title')}</h2>
        <p className="help">{t('endpoints.help')}</p>
        <div className="columns">
          <ModelInput key={models.join()} label={t('field.model')} value={model} offered={models} onChange={setModel} />
          <TextField label={t('playground.prompt')} value={text} onChange={setText} />
        </div>
        {mayTry && <Ask service={service} apiKey={key} model={model} text={text} />}
        <Tabs className="tabs">
          <TabList aria-label={t('endpoints.title')} className="tab-list">
            {dialects.map((d) => (
              <Tab key={d.id} id={d.id} className="tab">
                {d.title}
              </Tab>
            ))}
          </TabList>
          {dialects.map((d) => (
            <TabPanel key={d.id} id={d.id} className="tab-panel">
              <OneDialect dialect={d} address={address} sample={[key === '' ? t('key.placeholder') : key, model === '' ? 'MODEL' : model, text]} />
            </TabPanel>
          ))}
        </Tabs>
      </section>
    </>
  );
}
