/** What stands around every page: the menu, the palette, the account, colours and language. */
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { Link, useLocation } from 'wouter';
import { logout, type Me, may, useNouns } from '../api/resources.ts';
import { languages, type LanguageId, titleOf, useLanguage } from '../i18n/index.tsx';
import { arrange } from '../lib/navigation.ts';
import { type Theme, useTheme } from '../lib/prefs.ts';
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
  return (plural) => maybe(`noun.${plural}`) ?? titleOf(plural);
}

function Nav({ me }: { me: Me }) {
  const { t } = useLanguage();
  const title = useTitles();
  const nouns = useNouns().filter((n) => may(me, `${n.plural}:read`));
  return (
    <nav aria-label={t('nav.main')} className="nav" id="nav">
      <NavLink to="/">{t('nav.home')}</NavLink>
      {may(me, 'usage:read') && (
        <>
          <NavLink to="/analytics">{t('nav.analytics')}</NavLink>
          <NavLink to="/requests">{t('nav.requests')}</NavLink>
        </>
      )}
      {arrange(nouns).map((group) => (
        <section key={group.title} aria-label={t(group.title)}>
          <h2 className="nav-title">{t(group.title)}</h2>
          {group.nouns.map((n) => (
            <NavLink key={n.plural} to={`/${n.plural}`}>
              {title(n.plural)}
            </NavLink>
          ))}
          {group.title === 'nav.group.ai' && may(me, 'catalogue:read') && (
            <NavLink to="/catalogue">{t('nav.catalogue')}</NavLink>
          )}
          {group.title === 'nav.group.ai' && may(me, 'playground:call') && (
            <NavLink to="/playground">{t('nav.playground')}</NavLink>
          )}
          {group.title === 'nav.group.administration' && may(me, 'audit:read') && (
            <NavLink to="/audit">{t('nav.audit')}</NavLink>
          )}
          {group.title === 'nav.group.administration' && may(me, 'nodes:read') && (
            <NavLink to="/nodes">{t('nav.nodes')}</NavLink>
          )}
        </section>
      ))}
    </nav>
  );
}

function ChoiceMenu<T extends string>({
  label,
  text,
  choices,
  value,
  onChoose,
}: {
  label: string;
  text: string;
  choices: readonly { id: T; text: string }[];
  value?: T;
  onChoose: (id: T) => void;
}) {
  return (
    <MenuTrigger>
      <AriaButton className="button button-quiet">
        <span className="hidden">{label}: </span>
        {text}
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="listbox"
          items={choices}
          selectionMode={value === undefined ? 'none' : 'single'}
          selectedKeys={value === undefined ? [] : [value]}
          onAction={(key) => onChoose(key as T)}
        >
          {(choice) => (
            <MenuItem id={choice.id} className="option">
              {choice.text}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Top({ me, onPalette, onNav }: { me: Me; onPalette: () => void; onNav: () => void }) {
  const { t, id, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const themes: { id: Theme; text: string }[] = [
    { id: 'system', text: t('theme.system') },
    { id: 'light', text: t('theme.light') },
    { id: 'dark', text: t('theme.dark') },
  ];
  const act = (action: 'password' | 'logout'): void => {
    if (action === 'password') navigate('/password');
    else void logout(client);
  };
  return (
    <header className="top">
      <AriaButton className="button button-quiet nav-button" aria-label={t('nav.open')} onPress={onNav}>
        ☰
      </AriaButton>
      <Link href="/" className="brand">
        <img src="/sluice.svg" alt="" width="22" height="22" /> {t('app.name')}
      </Link>
      <AriaButton className="palette-button" onPress={onPalette}>
        <span>{t('palette.placeholder')}</span> <kbd>Ctrl K</kbd>
      </AriaButton>
      <span className="grow" />
      <ChoiceMenu<LanguageId>
        label={t('language')}
        text={id === 'zh-CN' ? '中' : 'EN'}
        value={id}
        choices={languages.map((l) => ({ id: l.id, text: l.name }))}
        onChoose={choose}
      />
      <ChoiceMenu<Theme> label={t('theme.toggle')} text="◐" value={theme} choices={themes} onChoose={setTheme} />
      <ChoiceMenu<'password' | 'logout'>
        label={t('user.menu')}
        text={me.user || me.actor}
        choices={[
          { id: 'password', text: t('user.password') },
          { id: 'logout', text: t('user.logout') },
        ]}
        onChoose={act}
      />
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
      <Nav me={me} />
      <main id="content" className="content" tabIndex={-1}>
        {children}
      </main>
      <Palette me={me} isOpen={isPaletteOpen} onClose={() => setPaletteOpen(false)} />
    </div>
  );
}
