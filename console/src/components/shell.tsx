/** What stands around every page: the menu, the palette, the account, colours and language. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Link, useLocation } from 'wouter';
import { type Me, may, screensFor, useNouns } from '../api/resources.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { arrange } from '../lib/navigation.ts';
import { AccountMenu, LanguageMenu, ThemeMenu } from './choice-menu.tsx';
import { Palette } from './palette.tsx';

function NavLink({ to, children }: { to: string; children: ReactNode }) {
  const [location] = useLocation();
  const isCurrent = to === '/' ? location === '/' : location === to || location.startsWith(`${to}/`);
  return (
    <Link href={to} className="nav-link" {...(isCurrent ? { 'aria-current': 'page' as const } : {})}>
      {children}
    </Link>
  );
}

export function useTitles(): (plural: string) => string {
  const { maybe } = useLanguage();
  return (plural) => maybe(`noun.${plural}`) ?? maybe(`nav.${plural}`) ?? titleOf(plural);
}

function Nav({ me, isOpen }: { me: Me; isOpen: boolean }) {
  const { t } = useLanguage();
  const [location] = useLocation();
  const box = useRef<HTMLElement>(null);
  const title = useTitles();
  const nouns = useNouns().filter((n) => may(me, `${n.plural}:read`));
  useEffect(() => void box.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [location, isOpen, nouns.length]);
  return (
    <nav aria-label={t('nav.main')} className="nav" id="nav" ref={box}>
      <NavLink to="/">{t('nav.home')}</NavLink>
      {may(me, 'usage:read') && (
        <>
          <NavLink to="/analytics">{t('nav.analytics')}</NavLink>
          <NavLink to="/requests">{t('nav.requests')}</NavLink>
        </>
      )}
      {arrange(nouns, screensFor(me)).map((group) => (
        <section key={group.title} aria-label={t(group.title)}>
          <h2 className="nav-title">{t(group.title)}</h2>
          {group.nouns.map((n) => (
            <NavLink key={n.plural} to={`/${n.plural}`}>
              {title(n.plural)}
            </NavLink>
          ))}
          {group.screens.map((screen) => (
            <NavLink key={screen.to} to={screen.to}>
              {t(screen.title)}
            </NavLink>
          ))}
        </section>
      ))}
    </nav>
  );
}

function Top({ me, onPalette, onNav }: { me: Me; onPalette: () => void; onNav: () => void }) {
  const { t } = useLanguage();
  return (
    <header className="top">
      <AriaButton className="button button-quiet nav-button" aria-label={t('nav.open')} onPress={onNav}>
        ☰
      </AriaButton>
      <Link href="/" className="brand">
        <img src="/sluice.svg" alt="" width="22" height="22" /> {t('app.name')}
        {me.installation !== undefined && <span className="badge badge-plain">{me.installation}</span>}
      </Link>
      <AriaButton className="palette-button" onPress={onPalette}>
        <span>{t('palette.placeholder')}</span> <kbd>Ctrl K</kbd>
      </AriaButton>
      <span className="grow" />
      <LanguageMenu />
      <ThemeMenu />
      <AccountMenu me={me} hasTokens={me.user !== ''} />
    </header>
  );
}

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const { t } = useLanguage();
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isNavOpen, setNavOpen] = useState(false);
  const [location] = useLocation();
  useEffect(() => setNavOpen(false), [location]);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.key.toLowerCase() !== 'k' || !(e.ctrlKey || e.metaKey)) return;
      e.preventDefault();
      setPaletteOpen(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className={isNavOpen ? 'shell nav-open' : 'shell'}>
      <a className="skip" href="#content">
        {t('app.skip')}
      </a>
      <Top me={me} onPalette={() => setPaletteOpen(true)} onNav={() => setNavOpen(!isNavOpen)} />
      <Nav me={me} isOpen={isNavOpen} />
      <main id="content" className="content" tabIndex={-1}>
        {children}
      </main>
      <Palette me={me} isOpen={isPaletteOpen} onClose={() => setPaletteOpen(false)} />
    </div>
  );
}
