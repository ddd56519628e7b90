/** A prompt as it stands in the form, tried: what the model gets, what it says, and the call of the published operation. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { usePublishers, useVersions } from '../api/prompts.ts';
import { type Resource, may, useMe } from '../api/resources.ts';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { errorText, nothingYet, withPiece } from '../lib/chat.ts';
import { callGateway, useGatewayAddress } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { callOf, chatOf, declaredIn, exampleOf, filledTemplate, messagesOf, type Spec, type Values } from '../lib/prompts.ts';
import { httpSnippets } from '../lib/snippets.ts';
import { KeyInput } from './key-input.tsx';
import { Snippets } from './snippets.tsx';
import { Badge, Button, Code, Empty, ErrorNote, Note, Select, TextField } from './ui.tsx';

interface Heard {
  status: number;
  text: string;
  note: string;
}

async function read(response: Response): Promise<Heard> {
  const text = await response.text();
  return { status: response.status, text, note: ['x-sluice-model', 'x-sluice-cost-usd'].map((h) => response.headers.get(h)).filter(Boolean).join(' · ') };
}

/** What an answer of the AI endpoints says, or why there is none. */
function said({ status, text, note }: Heard): Heard {
  try {
    const json: unknown = JSON.parse(text);
    const answer = withPiece(nothingYet, json);
    const tokens = answer.completionTokens === undefined ? '' : `${answer.promptTokens ?? 0} + ${answer.completionTokens} tokens`;
    return { status, text: status < 400 ? answer.text : errorText(json), note: [note, tokens, answer.finish].filter(Boolean).join(' · ') };
  } catch {
    return { status, text, note };
  }
}

function Answer({ heard, hint }: { heard: Heard; hint: TextKey }) {
  const { t } = useLanguage();
  const isGood = heard.status < 400;
  return (
    <>
      <Note kind={isGood ? 'good' : 'error'}>
        {heard.status} {heard.note} {heard.status === 404 && t(hint)}
      </Note>
      <Code label={t('try.answer')} text={heard.text} />
    </>
  );
}

function Inputs({ spec, values, onChange }: { spec: Spec; values: Values; onChange: (values: Values) => void }) {
  return declaredIn(spec).map((v) => {
    const put = (text: string): void => onChange({ ...values, [v.name]: text });
    const label = `${v.name}${v.type === undefined || v.type === 'string' ? '' : ` (${v.type})`}`;
    const choices = v.type === 'boolean' ? ['true', 'false'] : (v.values ?? []);
    return choices.length > 0 && v.type !== 'list' ? (
      <Select key={v.name} label={label} value={values[v.name] ?? null} choices={choices.map((id) => ({ id, text: id }))} onChange={put} />
    ) : (
      <TextField key={v.name} label={label} lines={2} value={values[v.name] ?? ''} onChange={put} />
    );
  });
}

/** What the model gets, word by word. */
function Preview({ spec, values }: { spec: Spec; values: Values }) {
  const { t, maybe } = useLanguage();
  const messages = messagesOf(spec);
  const mayLack = new Set(declaredIn(spec).filter((v) => v.optional === true).map((v) => v.name));
  const shown = Object.fromEntries(Object.entries(values).filter(([name, text]) => text !== '' || mayLack.has(name)));
  if (messages.length === 0) return <p className="faint">{t('prompt.preview.none')}</p>;
  return (
    <ol className="plain-list" aria-label={t('prompt.preview')}>
      {messages.map((m, i) => (
        <li key={i}>
          <Badge>{maybe(`role.${m.role}`) ?? m.role}</Badge>
          <pre className="said-short">{filledTemplate(m.content, shown)}</pre>
        </li>
      ))}
    </ol>
  );
}

function Published({ service, spec, values, gatewayKey }: { service: Resource; spec: Spec; values: Values; gatewayKey: string }) {
  const { t } = useLanguage();
  const address = useGatewayAddress();
  const { path, body } = callOf(String(service['prefix'] ?? ''), spec, values);
  const send = useMutation({ mutationFn: async () => read(await callGateway({ path, key: gatewayKey, body: JSON.stringify(body) })) });
  return (
    <section aria-label={t('prompt.published.as', { service: service.key })}>
      <p>
        <Link href={`/services/${encodeURIComponent(service.key)}`}>{service.key}</Link> <code>POST {path}</code>{' '}
        <Button isPending={send.isPending} onPress={() => send.mutate()}>
          {t('try.send')}
        </Button>
      </p>
      {send.error !== null && <ErrorNote error={send.error} />}
      {send.data !== undefined && <Answer heard={send.data} hint="prompt.unpublished" />}
      <Snippets snippets={httpSnippets({ method: 'POST', url: `${address}${path}`, key: gatewayKey === '' ? t('key.placeholder') : gatewayKey, body })} />
    </section>
  );
}

/** The prompts of the same name. */
function Versions({ spec }: { spec: Spec }) {
  const { t } = useLanguage();
  const all = useVersions(spec);
  return (
    <ul className="chips" aria-label={t('prompt.versions')}>
      {all.map((p) => (
        <li className="chip chip-padded" key={p.id}>
          <Link href={`/prompts/${encodeURIComponent(p.key)}`}>{typeof p['version'] === 'string' ? p['version'] : p.key}</Link>
        </li>
      ))}
      <li>
        <Link href={`/prompts/new?from=${encodeURIComponent(all[0]?.key ?? '')}`}>{t('prompt.version.new')}</Link>
      </li>
    </ul>
  );
}

export default function PromptBench({ value, isNew }: { value: Spec; isNew: boolean }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const key = useGatewayKey();
  const publishers = usePublishers(value);
  const [written, setWritten] = useState<Values>({});
  const values = { ...Object.fromEntries(declaredIn(value).map((v) => [v.name, exampleOf(v)])), ...written };
  const run = useMutation({
    mutationFn: async () => said(await read(await callGateway({ path: '/v1/chat/completions', key, body: JSON.stringify(chatOf(value, values)) }))),
  });
  return (
    <aside aria-label={t('prompt.bench')}>
      {!isNew && (
        <section className="card">
          <h2 className="section-title">{t('prompt.versions')}</h2>
          <Versions spec={value} />
        </section>
      )}
      <section className="card">
        <h2 className="section-title">{t('prompt.bench')}</h2>
        <Inputs spec={value} values={values} onChange={setWritten} />
        <Preview spec={value} values={values} />
        {may(me, 'playground:call') && (
          <>
            <KeyInput me={me} />
            <div className="actions">
              <Button look="primary" isPending={run.isPending} isDisabled={value['model'] === undefined} onPress={() => run.mutate()}>
                {t('prompt.run')}
              </Button>
            </div>
          </>
        )}
        {run.error !== null && <ErrorNote error={run.error} />}
        {run.data !== undefined && <Answer heard={run.data} hint="prompt.no.endpoints" />}
      </section>
      {!isNew && (
        <section className="card">
          <h2 className="section-title">{t('prompt.published')}</h2>
          {publishers.length === 0 && <Empty title={t('prompt.published.none')} hint={t('prompt.published.none.hint')} />}
          {publishers.map((s) => (
            <Published key={s.id} service={s} spec={value} values={values} gatewayKey={key} />
          ))}
        </section>
      )}
    </aside>
  );
}
