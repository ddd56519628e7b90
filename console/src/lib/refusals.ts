/**
 * What the server says in English, in another language. Reasons of problems (RFC 9457) are codes; details are
 * sentences, of which each has a pattern in the texts: "there is no {kind} '{name}'". What has none stays as it is.
 */
export type TextsByKey = Readonly<Record<string, string>>;

export interface Pattern {
  key: string;
  expression: RegExp;
  names: string[];
}

const prefix = 'says.';
const hole = /\{(\w+)\}/g;
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

function patternOf(key: string, english: string): Pattern {
  const names = [...english.matchAll(hole)].map((m) => m[1] ?? '');
  const parts = english.split(/\{\w+\}/).map(escaped);
  return { key, expression: new RegExp(`^${parts.join('([\\s\\S]*?)')}$`), names };
}

/** The patterns of the English texts; those that say more come first. */
export function patternsOf(english: TextsByKey): Pattern[] {
  const said = Object.entries(english).filter(([key]) => key.startsWith(prefix));
  const fixed = (text: string): number => text.replaceAll(hole, '').length;
  return said.sort(([, a], [, b]) => fixed(b) - fixed(a)).map(([key, text]) => patternOf(key, text));
}

/** The sentence in the language of `texts`; undefined: there is none for it. */
export function translated(sentence: string, patterns: readonly Pattern[], texts: TextsByKey): string | undefined {
  for (const { key, expression, names } of patterns) {
    const found = expression.exec(sentence);
    const text = texts[key];
    if (found === null || text === undefined) continue;
    const values = Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? '']));
    return text.replaceAll(hole, (all, name: string) => values[name] ?? all);
  }
  return undefined;
}

export interface Translator {
  /** By its code, such as `not_found`. */
  reason: (code: string) => string | undefined;
  /** A sentence of the server; undefined: it stays as it is. */
  sentence: (text: string) => string | undefined;
}

export const english: Translator = { reason: () => undefined, sentence: () => undefined };

export function translatorOf(from: TextsByKey, to: TextsByKey): Translator {
  const patterns = patternsOf(from);
  return { reason: (code) => to[`problem.${code}`], sentence: (text) => translated(text, patterns, to) };
}

/** What a problem says: its own sentence, and what its code stands for where that cannot be translated. */
export function messageOf(problem: Readonly<Record<string, unknown>>, translator: Translator): string | undefined {
  const [title, detail] = [problem['title'], problem['detail']].map((v) => (typeof v === 'string' ? v : undefined));
  const reason = translator.reason(String(problem['reason'] ?? ''));
  if (detail === undefined || detail === title) return reason ?? title;
  return translator.sentence(detail) ?? (reason === undefined ? detail : `${reason} (${detail})`);
}
