/** Beside the form of an identity provider, before it is saved: what it says of itself, and who somebody would be here. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { type Grant, grantText } from '../lib/grants.ts';
import { Badge, Button, Code, ErrorNote, TextField } from './ui.tsx';

type Params = Record<string, string>;

interface Discovery {
  url: string;
  is_good: boolean;
  authorization_endpoint?: string;
  token_endpoint?: string;
  userinfo_endpoint?: string;
  jwks_uri?: string;
  keys?: number;
  detail?: string;
  code?: string; // of that sentence
  params?: Params;
}

interface SignIn {
  is_admitted: boolean;
  reason?: string;
  detail?: string;
  code?: string;
  params?: Params;
  user?: string;
  is_new?: boolean;
  groups?: string[];
  grants?: Grant[];
}

interface Checked {
  callback_url: string;
  discovery: Discovery;
  sign_in?: SignIn;
}

type Spec = Record<string, unknown>;

const sample = JSON.stringify(
  { sub: '1001', preferred_username: 'ann', name: 'Ann Example', email: 'ann@example.com', email_verified: true, groups: ['gateway-users'] },
  null,
  2,
);

function useCheck(provider: Spec) {
  return useMutation({ mutationFn: (claims?: unknown) => post<Checked>('/sso/check', { provider, ...(claims === undefined ? {} : { claims }) }) });
}

const endpoints = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'] as const;

function Found({ checked }: { checked: Checked }) {
  const { t, said } = useLanguage();
  const { discovery } = checked;
  return (
    <div role="status">
      <p>
        <Badge tone={discovery.is_good ? 'good' : 'bad'}>{t(discovery.is_good ? 'sso.trial.good' : 'sso.trial.bad')}</Badge> <code>{discovery.url}</code>
      </p>
      {discovery.detail !== undefined && <p>{said(discovery.detail, discovery.code, discovery.params)}</p>}
      <dl className="facts">
        {endpoints.map(
          (name) =>
            discovery[name] !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="mono">{discovery[name]}</dd>
              </div>
            ),
        )}
        {discovery.is_good && (
          <div>
            <dt>{t('sso.trial.keys')}</dt>
            <dd>{discovery.keys}</dd>
          </div>
        )}
      </dl>
      <Code label={t('sso.trial.callback')} text={checked.callback_url} />
    </div>
  );
}

function Person({ person }: { person: SignIn }) {
  const { t, said, maybe } = useLanguage();
  const grants = person.grants ?? [];
  return (
    <div role="status">
      <p>
        <Badge tone={person.is_admitted ? 'good' : 'bad'}>{t(person.is_admitted ? 'sso.trial.in' : 'sso.trial.out')}</Badge> <strong>{person.user}</strong>{' '}
        {person.is_admitted && <span className="faint">{t(person.is_new === true ? 'sso.trial.new' : 'sso.trial.known')}</span>}
      </p>
      {!person.is_admitted && <p>{person.detail === undefined ? (maybe(`sso.error.${person.reason}`) ?? person.reason) : said(person.detail, person.code, person.params)}</p>}
      {person.is_admitted && (
        <ul className="chips" aria-label={t('members.grants')}>
          {grants.map((g) => (
            <li key={JSON.stringify(g)}>
              <Badge>{grantText(g, t)}</Badge>
            </li>
          ))}
          {grants.length === 0 && <li className="faint">{t('members.grants.none')}</li>}
        </ul>
      )}
      <p className="faint">{t('sso.trial.groups', { groups: (person.groups ?? []).join(', ') || '—' })}</p>
    </div>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export default function SsoTrial({ value }: { value: Spec; isNew: boolean }) {
  const { t } = useLanguage();
  const [text, setText] = useState(sample);
  const discovery = useCheck(value);
  const person = useCheck(value);
  const claims = parsed(text);
  const signIn = person.data?.sign_in;
  return (
    <section className="card" aria-label={t('sso.trial')}>
      <h2>{t('sso.trial')}</h2>
      <p className="faint">{t('sso.trial.what')}</p>
      <Button isPending={discovery.isPending} onPress={() => discovery.mutate(undefined)}>
        {t('sso.trial.ask')}
      </Button>
      {discovery.error !== null && <ErrorNote error={discovery.error} />}
      {discovery.data !== undefined && <Found checked={discovery.data} />}
      <h2>{t('sso.trial.who')}</h2>
      <TextField label={t('sso.trial.claims')} help={t('sso.trial.claims.help')} lines={9} isMono value={text} onChange={setText} error={claims === undefined ? t('sso.trial.claims.bad') : undefined} />
      <Button isPending={person.isPending} isDisabled={claims === undefined} onPress={() => person.mutate(claims)}>
        {t('sso.trial.try')}
      </Button>
      {person.error !== null && <ErrorNote error={person.error} />}
      {signIn !== undefined && <Person person={signIn} />}
    </section>
  );
}
