/**
 * What the server refuses with, in another language: its reasons (RFC 9457) and sentences have codes, and what stands in
 * a sentence comes beside it by its name. What has no code, or none that is known here, stays as the server said it.
 */
export type TextsByKey = Readonly<Record<string, string>>;
type Params = Readonly<Record<string, unknown>>;

export interface Translator {
  /** By its code, such as `not_found`. */
  reason: (code: string) => string | undefined;
  /** A sentence of the server by its code; undefined: it stays as it is. */
  sentence: (code: unknown, params?: unknown) => string | undefined;
}

export const english: Translator = { reason: () => undefined, sentence: () => undefined };

const hole = /\{(\w+)\}/g;

/** What stands in a sentence may be a word of ours: "at least". */
function filled(text: string, params: Params, texts: TextsByKey): string {
  return text.replaceAll(hole, (all, name: string) => {
    const value = params[name];
    return value === undefined ? all : (texts[`word.${String(value)}`] ?? String(value));
  });
}

export function translatorOf(texts: TextsByKey): Translator {
  return {
    reason: (code) => texts[`problem.${code}`],
    sentence: (code, params) => {
      const text = typeof code === 'string' ? texts[`says.${code}`] : undefined;
      return text === undefined ? undefined : filled(text, (params ?? {}) as Params, texts);
    },
  };
}

/** What a problem says: its own sentence, and what its reason stands for where that cannot be translated. */
export function messageOf(problem: Readonly<Record<string, unknown>>, translator: Translator): string | undefined {
  const [title, detail] = [problem['title'], problem['detail']].map((v) => (typeof v === 'string' ? v : undefined));
  const reason = translator.reason(String(problem['reason'] ?? ''));
  if (detail === undefined || detail === title) return reason ?? title;
  return translator.sentence(problem['code'], problem['params']) ?? (reason === undefined ? detail : `${reason} (${detail})`);
}
