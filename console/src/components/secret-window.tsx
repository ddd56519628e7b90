/** A secret that is shown once. */
import { useLanguage } from '../i18n/index.tsx';
import { Button, Code, Window } from './ui.tsx';

/** What the server says once and never again: a key, a token, a password. */
export function secretOf(answer: unknown): string | undefined {
  const map = (answer ?? {}) as Record<string, unknown>;
  const found = map['secret'] ?? map['token'] ?? map['password'];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function SecretWindow({ secret, onClose }: { secret: string | undefined; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Window title={t('secret.title')} isOpen={secret !== undefined} onClose={onClose} isDismissable={false}>
      <p>{t('secret.text')}</p>
      <Code label="" text={secret ?? ''} />
      <div className="actions">
        <Button look="primary" onPress={onClose} autoFocus>
          {t('secret.done')}
        </Button>
      </div>
    </Window>
  );
}
