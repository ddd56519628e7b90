/** The languages of the program, and which of them the visitor reads. A language is one file beside this one, and one row in `languages`. */
import { kept, type Kept } from '../lib/kept.ts';
import type en from './en.json';

export type Texts = typeof en;

export type LanguageId = 'en' | 'zh-CN';

interface Row {
  id: LanguageId;
  name: string;
  locale: string;
  file?: Kept<{ default: Texts }>; // none: its texts are part of the program
}

const english: Row = { id: 'en', name: 'English', locale: 'en-US' };

export const languages: readonly Row[] = [english, { id: 'zh-CN', name: '简体中文', locale: 'zh-CN', file: kept(() => import('./zh-CN.json')) }];

const stored = 'sluice.language';

/** Which this program may not have: the one that was chosen, else the browser's. */
export const wished = (): string => localStorage.getItem(stored) ?? navigator.language;

export function keepWish(id: LanguageId): void {
  localStorage.setItem(stored, id);
}

export function languageOf(wish: string): Row {
  return languages.find((l) => l.id === wish) ?? languages.find((l) => wish.startsWith(l.id.slice(0, 2))) ?? english;
}
