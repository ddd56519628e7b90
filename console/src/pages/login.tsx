/** The door: sign in, and choose a password instead of the printed one. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { post, Problem, query } from '../api/client.ts';
import { forget } from '../api/forget.ts';
import { login, type Me, useIdentityProviders } from '../api/resources.ts';
import { DoorBrand } from '../components/brand.tsx';
import { Button, ErrorNote, Note, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { failureOf, returnTo } from '../lib/sso.ts';

/** A page of its own around one form, or, where one is in already, what such a page has. */
export function Door({ title, children, onSubmit, isInside = false }: { title: string; children: ReactNode; onSubmit: () => void; isInside?: boolean }) {
  const Around = isInside ? 'div' : 'main';
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    onSubmit();
  };
  return (
    <Around className="door">
      <form className="card" onSubmit={submit}>
        <DoorBrand />
        <h1>{title}</h1>
        {children}
      </form>
    </Around>
  );
}

function LoginError({ error }: { error: Error }) {
  const { t } = useLanguage();
  const wait = error instanceof Problem ? error.retryAfterSeconds : undefined;
  if (wait !== undefined) return <Note kind="error">{t('login.throttled', { seconds: wait })}</Note>;
  return <ErrorNote error={error} />;
}

/** A browser goes there and comes back: no request of this page. */
function SingleSignOn() {
  const { t, maybe } = useLanguage();
  const providers = useIdentityProviders().data?.items ?? [];
  const code = failureOf(window.location);
  return (
    <>
      {code !== undefined && <Note kind="error">{maybe(`sso.error.${code}`) ?? t('sso.error.other', { code })}</Note>}
      {providers.map((p) => (
        <a key={p.name} className="button" href={p.start + query({ return_to: returnTo(window.location) })}>
          {t('login.sso', { name: p.title })}
        </a>
      ))}
      {providers.length > 0 && <p className="faint center">{t('login.or')}</p>}
    </>
  );
}

let typed = ''; // what somebody signs in with, for the form that asks for another password at once

async function signIn(client: QueryClient, name: string, password: string): Promise<void> {
  typed = password;
  try {
    await login(client, name, password);
  } finally {
    if (client.getQueryData<Me>(['me'])?.must_change_password !== true) typed = '';
  }
}

/** `isPortal`: of people who did not set the program up. `foot`: what stands below. */
export function LoginPage({ isPortal = false, foot }: { isPortal?: boolean; foot?: ReactNode }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const [name, setName] = useState(isPortal ? '' : 'admin');
  const [password, setPassword] = useState('');
  const go = useMutation({ mutationFn: () => signIn(client, name, password) });
  return (
    <Door title={t('login.title')} onSubmit={() => go.mutate()}>
      <SingleSignOn />
      <TextField label={t('login.name')} value={name} onChange={setName} autoComplete="username" isRequired />
      <TextField
        label={t('login.password')}
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        autoFocus={!isPortal}
        isRequired
        help={isPortal ? '' : t('login.hint')}
      />
      {go.error !== null && <LoginError error={go.error} />}
      <Button look="primary" type="submit" isPending={go.isPending}>
        {t('login.submit')}
      </Button>
      {foot}
    </Door>
  );
}

export function PasswordPage({ isForced }: { isForced: boolean }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const [current, setCurrent] = useState(isForced ? typed : '');
  const [isAsked] = useState(current === '');
  const [password, setPassword] = useState('');
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    typed = '';
  }, []);
  const go = useMutation({
    mutationFn: () => post('/me/password', { current, password }),
    onSuccess: () => forget(client, ['me']),
  });
  const errorOf = (field: string): string | undefined =>
    go.error instanceof Problem ? go.error.errors.find((e) => e.pointer === `/${field}`)?.detail : undefined;
  return (
    <Door title={t('password.title')} onSubmit={() => go.mutate()} isInside={!isForced}>
      {isForced && <p>{t('password.why')}</p>}
      {(isAsked || errorOf('current') !== undefined) && (
        <TextField
          label={t('password.current')}
          type="password"
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
          error={errorOf('current')}
          autoFocus
          isRequired
        />
      )}
      <TextField
        label={t('password.new')}
        type={isShown ? 'text' : 'password'}
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        help={t('password.rule')}
        error={errorOf('password')}
        autoFocus={!isAsked}
        isRequired
      />
      <Checkbox className="checkbox" isSelected={isShown} onChange={setIsShown}>
        <span className="box" aria-hidden="true" />
        {t('password.show')}
      </Checkbox>
      {go.isSuccess && <Note kind="good">{t('password.changed')}</Note>}
      {go.error !== null && <ErrorNote error={go.error} />}
      <Button look="primary" type="submit" isPending={go.isPending}>
        {t('password.submit')}
      </Button>
    </Door>
  );
}
