/** Menus of which one entry is taken: what console and portal have in their heads. */
import { useQueryClient } from '@tanstack/react-query';
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useLocation } from 'wouter';
import { logout, type Me } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { languageOf, languages, type LanguageId } from '../i18n/languages.ts';
import { type Theme, useTheme } from '../lib/prefs.ts';

export function ChoiceMenu<T extends string>({
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

export function LanguageMenu() {
  const { t, id, choose } = useLanguage();
  return (
    <ChoiceMenu<LanguageId>
      label={t('language')}
      text={languageOf(id).mark}
      value={id}
      choices={languages.map((l) => ({ id: l.id, text: l.name }))}
      onChoose={choose}
    />
  );
}

export function ThemeMenu() {
  const { t } = useLanguage();
  const [theme, setTheme] = useTheme();
  const themes: { id: Theme; text: string }[] = [
    { id: 'system', text: t('theme.system') },
    { id: 'light', text: t('theme.light') },
    { id: 'dark', text: t('theme.dark') },
  ];
  return <ChoiceMenu<Theme> label={t('theme.toggle')} text="◐" value={theme} choices={themes} onChoose={setTheme} />;
}

const ownPages = { tokens: '/my-tokens', sessions: '/my-sessions', password: '/password' } as const;

/** Who is here, and what they may do with that. */
export function AccountMenu({ me, hasTokens = false }: { me: Me; hasTokens?: boolean }) {
  const { t } = useLanguage();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return (
    <ChoiceMenu<'tokens' | 'sessions' | 'password' | 'logout'>
      label={t('user.menu')}
      text={me.user || me.actor}
      choices={[
        ...(hasTokens ? ([{ id: 'tokens', text: t('tokens.own') }, { id: 'sessions', text: t('sessions.own') }] as const) : []),
        { id: 'password', text: t('user.password') },
        { id: 'logout', text: t('user.logout') },
      ]}
      onChoose={(action) => (action === 'logout' ? void logout(client) : navigate(ownPages[action]))}
    />
  );
}
