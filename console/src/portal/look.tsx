/** The look that the operator gave the portal: colours for the whole page, a brand, what stands above and below. */
import { type ReactNode, useEffect } from 'react';
import { type PortalLook, usePortalLook } from '../api/portal.ts';
import { BrandProvider } from '../components/brand.tsx';
import { Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { colourTokens } from '../lib/look.ts';

/** Set by script, one property at a time: the policy allows no style attribute in the page's text. */
function useColours(look: PortalLook | undefined): void {
  useEffect(() => {
    const root = document.documentElement.style;
    const tokens = Object.entries(colourTokens(look ?? {}));
    for (const [name, value] of tokens) root.setProperty(name, value);
    return () => {
      for (const [name] of tokens) root.removeProperty(name);
    };
  }, [look]);
}

export function Looks({ children }: { children: ReactNode }) {
  const { t } = useLanguage();
  const look = usePortalLook();
  const title = look.data?.title;
  useColours(look.data);
  useEffect(() => {
    document.title = title ?? t('portal.title');
  }, [title, t]);
  if (look.isPending) return <Spinner />;
  return <BrandProvider brand={{ logo: look.data?.logo ?? '/sluice.svg', ...(title === undefined ? {} : { title }) }}>{children}</BrandProvider>;
}

export function Welcome() {
  const { t } = useLanguage();
  const { welcome_html: html, language } = usePortalLook().data ?? {};
  if (html === undefined) return null;
  return (
    <section className="readme welcome" aria-label={t('portal.welcome')}>
      <div lang={language} dangerouslySetInnerHTML={{ __html: html }} />
    </section>
  );
}

export function Foot() {
  const { t } = useLanguage();
  const { footer, links = [], language } = usePortalLook().data ?? {};
  if (footer === undefined && links.length === 0) return null;
  return (
    <footer className="portal-foot" lang={language}>
      {footer !== undefined && <span>{footer}</span>}
      {links.length > 0 && (
        <nav aria-label={t('portal.links')} className="chips">
          {links.map((l) => (
            <a key={l.text} href={l.url} rel="noreferrer">
              {l.text}
            </a>
          ))}
        </nav>
      )}
    </footer>
  );
}
