/** What a comparison of releases says of a parameter, a body or an answer, as texts of the languages. */
import type { TextKey } from '../i18n/index.tsx';

export interface Saying {
  key?: TextKey; // undefined: a sentence that is not known here
  values: Record<string, string>;
}

const sayings: [RegExp, TextKey, string[]][] = [
  [/^was added$/, 'news.says.added', []],
  [/^was removed$/, 'news.says.removed', []],
  [/^was added, and is required$/, 'news.says.added.required', []],
  [/^is required now$/, 'news.says.required', []],
  [/^is required no more$/, 'news.says.optional', []],
  [/^takes no other members any more$/, 'news.says.closed', []],
  [/^the media type was removed$/, 'news.says.media.removed', []],
  [/^the media type was added$/, 'news.says.media.added', []],
  [/^has (\d+) alternatives, was (\d+)$/, 'news.says.alternatives', ['now', 'was']],
  [/^(\w+): (.*), was (.*)$/s, 'news.says.value', ['what', 'now', 'was']],
  [/^is (.*), was (.*)$/s, 'news.says.id', ['now', 'was']],
];

export function sayingOf(detail = ''): Saying {
  for (const [pattern, key, names] of sayings) {
    const found = pattern.exec(detail);
    if (found !== null) return { key, values: Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? ''])) };
  }
  return { values: {} };
}

const stored = 'sluice.portal.seen';

/** Until when this browser has seen what was new; who comes for the first time has seen it all. */
export function seenUntil(): string {
  const seen = localStorage.getItem(stored);
  if (seen !== null && !Number.isNaN(Date.parse(seen))) return seen;
  const now = new Date().toISOString();
  localStorage.setItem(stored, now);
  return now;
}

export function seeAll(): void {
  localStorage.setItem(stored, new Date().toISOString());
}
