/** What stands below the sign-in: for those who have no user yet, or no longer know their password. */
import { Link } from 'wouter';
import { usePortalLook } from '../api/portal.ts';
import { useLanguage } from '../i18n/index.tsx';

function RegisterLink() {
  const { t } = useLanguage();
  if (usePortalLook().data?.self_registration !== true) return null;
  return (
    <p>
      <Link href="/register">{t('register.link')}</Link>
    </p>
  );
}

/** There is no mail that the portal could send: people set passwords anew for people. */
function Forgotten() {
  const { t } = useLanguage();
  const { links = [] } = usePortalLook().data ?? {};
  return (
    <details className="more">
      <summary>{t('login.forgotten')}</summary>
      <p>{t('login.forgotten.how')}</p>
      {links.length > 0 && (
        <p className="chips">
          {links.map((l) => (
            <a key={l.text} href={l.url} rel="noreferrer">
              {l.text}
            </a>
          ))}
        </p>
      )}
    </details>
  );
}

export function LoginFoot() {
  return (
    <>
      <RegisterLink />
      <Forgotten />
    </>
  );
}
