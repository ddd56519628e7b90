/** Asking for a user of one's own, where the operator lets people; somebody approves it. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Problem } from '../api/client.ts';
import { register } from '../api/portal.ts';
import { Button, ErrorNote, Note, TextField } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { Door } from '../pages/login.tsx';

const nothing = { name: '', display_name: '', email: '', password: '', reason: '' };

export default function RegisterPage() {
  const { t } = useLanguage();
  const [wish, setWish] = useState(nothing);
  const go = useMutation({ mutationFn: () => register(wish) });
  const errors = go.error instanceof Problem ? go.error.errors : [];
  const wait = go.error instanceof Problem ? go.error.retryAfterSeconds : undefined;
  const field = (name: keyof typeof nothing, label: TextKey, more: Record<string, unknown> = {}): ReactNode => {
    const error = errors.find((e) => e.pointer === `/${name}`)?.detail;
    return <TextField label={t(label)} value={wish[name]} onChange={(v) => setWish({ ...wish, [name]: v })} {...(error === undefined ? {} : { error })} {...more} />;
  };
  if (go.isSuccess)
    return (
      <Door title={t('register.title')} onSubmit={() => undefined}>
        <Note kind="good">{t('register.done')}</Note>
        <Link href="/login">{t('portal.sign.in')}</Link>
      </Door>
    );
  return (
    <Door title={t('register.title')} onSubmit={() => go.mutate()}>
      {field('name', 'login.name', { autoComplete: 'username', isRequired: true, maxLength: 32, help: t('register.name.help') })}
      {field('display_name', 'register.display', { autoComplete: 'name', maxLength: 128 })}
      {field('email', 'register.email', { type: 'email', autoComplete: 'email', maxLength: 254 })}
      {field('password', 'login.password', { type: 'password', autoComplete: 'new-password', isRequired: true, help: t('password.rule') })}
      {field('reason', 'portal.reason', { lines: 3, maxLength: 1024 })}
      {wait !== undefined ? <Note kind="error">{t('login.throttled', { seconds: wait })}</Note> : go.error !== null && <ErrorNote error={go.error} />}
      <Button look="primary" type="submit" isPending={go.isPending}>
        {t('register.submit')}
      </Button>
      <p>
        <Link href="/login">{t('portal.sign.in')}</Link>
      </p>
    </Door>
  );
}
