/** Ctrl K: every page, every "create", every resource by name; typed, never searched for in menus. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { useLocation } from 'wouter';
import { get, query } from '../api/client.ts';
import { type Me, may, type Page, type Resource, screensFor, useNouns } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { useTitles } from './shell.tsx';

interface Command {
  id: string; // the address
  text: string;
  words?: string; // by which it is found, too
}

const mostShown = 10; // all of them at once: what is not seen is found by typing on
const searched = ['services', 'models', 'accounts', 'consumers', 'upstreams', 'prompts', 'plans', 'users'];

/** Resources whose name contains the text, a few of each kind. */
function useFound(text: string, plurals: string[], isOpen: boolean): Command[] {
  const title = useTitles();
  const { data } = useQuery({
    queryKey: ['palette', text, plurals],
    enabled: isOpen && text.length >= 2,
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        plurals.map((p) => get<Page<Resource>>(`/${p}${query({ q: text, limit: 5, fields: 'key' })}`, signal)),
      );
      return pages.flatMap((page, i) => page.items.map((item) => ({ plural: plurals[i] ?? '', key: item.key })));
    },
  });
  return (data ?? []).map(({ plural, key }) => ({
    id: `/${plural}/${encodeURIComponent(key)}`,
    text: `${key} — ${title(plural)}`,
  }));
}

function fits(command: Command, text: string): boolean {
  const low = `${command.text} ${command.words ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
}

export function Palette({ me, isOpen, onClose }: { me: Me; isOpen: boolean; onClose: () => void }) {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const nouns = useNouns().filter((n) => may(me, `${n.plural}:read`));
  const fixed: Command[] = [
    { id: '/', text: t('palette.go', { what: t('nav.home') }) },
    ...nouns.map((n) => ({ id: `/${n.plural}`, text: t('palette.go', { what: title(n.plural) }) })),
    ...nouns
      .filter((n) => n.verbs.has('create') && may(me, `${n.plural}:create`))
      .map((n) => ({ id: `/${n.plural}/new`, text: t('palette.create', { what: title(n.plural) }), words: t('palette.create.words') })),
    ...(may(me, 'usage:read') ? (['analytics', 'requests'] as const).map((p) => ({ id: `/${p}`, text: t('palette.go', { what: t(`nav.${p}`) }) })) : []),
    ...screensFor(me).map((s) => ({ id: s.to, text: t('palette.go', { what: t(s.title) }) })),
  ];
  const found = useFound(text, searched.filter((p) => nouns.some((n) => n.plural === p)), isOpen);
  const commands = [...found, ...fixed.filter((c) => fits(c, text))].slice(0, mostShown);
  const close = (): void => {
    setText('');
    onClose();
  };
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && close()} isDismissable>
      <Modal className="window palette">
        <Dialog className="dialog" aria-label={t('palette.open')}>
          <Autocomplete inputValue={text} onInputChange={setText}>
            <TextField aria-label={t('palette.open')} autoFocus className="field">
              <Input className="input" placeholder={t('palette.placeholder')} />
            </TextField>
            <Menu
              className="listbox"
              aria-label={t('palette.open')}
              items={commands}
              renderEmptyState={() => <p className="faint">{t('palette.none')}</p>}
              onAction={(key) => {
                close();
                navigate(String(key));
              }}
            >
              {(command) => (
                <MenuItem id={command.id} textValue={command.text} className="option">
                  {command.text}
                </MenuItem>
              )}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
