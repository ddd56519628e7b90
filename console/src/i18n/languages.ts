/**
 * The languages of the program, and which of them the visitor reads. A language is a file beside this one that is called by its
 * tag (BCP 47), such as `xx.json`, with the keys of en.json; `forms.xx.json` has what forms show. Nothing else names it.
 */
import { kept, type Kept } from '../lib/kept.ts';
import type en from './en.json';

export type Texts = typeof en;

/** The tag. */
export type LanguageId = string;

interface Row {
  id: LanguageId;
  name: string; // as those who speak it call it
  mark: string; // the same where there is no room
  locale: string;
  file?: Kept<{ default: Texts }>; // none: its texts are part of the program
}

type Files = Readonly<Record<string, () => Promise<{ default: Texts }>>>;

const english: Row = { id: 'en', name: 'English', mark: 'EN', locale: 'en-US' };

const nameIn = (own: string, tag: string): string => new Intl.DisplayNames([own], { type: 'language' }).of(tag) ?? tag;

/** With its script where that is told without a remark in brackets: 简体中文. */
function nameOf(id: string): string {
  const { language, script = '' } = new Intl.Locale(id).maximize();
  const written = nameIn(id, `${language}-${script}`);
  const name = /[(（]/.test(written) ? nameIn(id, id) : written;
  return name.charAt(0).toLocaleUpperCase(id) + name.slice(1);
}

function markOf(id: string): string {
  const [language = id] = id.split('-');
  const first = nameIn(language, language).charAt(0);
  return /\p{Script=Han}/u.test(first) ? first : language.toUpperCase();
}

/** "./xx.json" -> "xx", "./forms.xx.json" -> "xx" */
export const idOf = (path: string): string => path.replace(/^\.\/(?:forms\.)?|\.json$/g, '');

export function languagesOf(files: Files): Row[] {
  const others = Object.entries(files).map(([path, load]): Row => {
    const id = idOf(path);
    return { id, name: nameOf(id), mark: markOf(id), locale: id, file: kept(load) };
  });
  return [english, ...others];
}

export const languages: readonly Row[] = languagesOf(import.meta.glob<{ default: Texts }>(['./*.json', '!./en.json', '!./forms.*.json']));

const stored = 'sluice.language';

/** Which this program may not have: the one that was chosen, else the browser's. */
export const wished = (): string => localStorage.getItem(stored) ?? navigator.language;

export function keepWish(id: LanguageId): void {
  localStorage.setItem(stored, id);
}

const tongue = (tag: string): string => tag.split('-')[0] ?? tag;

export function languageOf(wish: string, among: readonly Row[] = languages): Row {
  return among.find((l) => l.id === wish) ?? among.find((l) => tongue(l.id) === tongue(wish)) ?? english;
}
