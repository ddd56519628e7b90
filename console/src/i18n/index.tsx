/** Texts by key, in the language of the visitor. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { I18nProvider as AriaProvider } from 'react-aria-components';
import { sayIn } from '../api/client.ts';
import { english, type Translator, translatorOf } from '../lib/refusals.ts';
import en from './en.json';
import { keepWish, type LanguageId, languageOf, type Texts, wished } from './languages.ts';

export type TextKey = keyof Texts;

type Values = Record<string, string | number>;

interface Language {
  id: LanguageId;
  /** What the visitor reads, which this program may not have: the language that was chosen, else the browser's. */
  wish: string;
  locale: string;
  t: (key: TextKey, values?: Values) => string;
  /** A text that may not exist: of a noun that this program does not know by name. */
  maybe: (key: string) => string | undefined;
  /** A sentence of the server by its code, or as it is. */
  said: (sentence: string, code?: string, params?: Readonly<Record<string, unknown>>) => string;
  choose: (id: LanguageId) => void;
}

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

const Context = createContext<Language | undefined>(undefined);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [id, setId] = useState(() => languageOf(wished()).id);
  const row = languageOf(id);
  const [texts, setTexts] = useState<Texts>(row.file?.here?.default ?? en);
  useEffect(() => {
    let isCurrent = true;
    document.documentElement.lang = id;
    const show = (loaded: Texts): void => {
      if (isCurrent) setTexts(loaded);
    };
    if (row.file === undefined) show(en);
    else void row.file.fetch().then((file) => show(file.default));
    return () => {
      isCurrent = false;
    };
  }, [id, row]);
  const translator = useMemo<Translator>(() => (texts === en ? english : translatorOf(texts)), [texts]);
  useEffect(() => sayIn(translator), [translator]);
  const language = useMemo<Language>(
    () => ({
      id,
      wish: wished(),
      locale: row.locale,
      t: (key, values) => fill(texts[key] ?? en[key], values),
      maybe: (key) => (texts as Record<string, string>)[key],
      said: (sentence, code, params) => translator.sentence(code, params) ?? sentence,
      choose: (next) => {
        keepWish(next);
        setId(next);
      },
    }),
    [id, row, texts, translator],
  );
  return (
    <AriaProvider locale={row.locale}>
      <Context.Provider value={language}>{children}</Context.Provider>
    </AriaProvider>
  );
}

export function useLanguage(): Language {
  const language = useContext(Context);
  if (language === undefined) throw new Error('outside of LanguageProvider');
  return language;
}

/** "api-tokens" -> "Api tokens", for what has no text of its own. */
export function titleOf(name: string): string {
  const words = name.replaceAll(/[-_]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function useActionTitle(): (name: string) => string {
  const { maybe } = useLanguage();
  return (name) => maybe(`action.${name}`) ?? titleOf(name);
}
