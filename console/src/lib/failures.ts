/** How a failure is told to people: one sentence, and what they can do. No DOM in here. */
import { type FieldError, Problem } from '../api/client.ts';
import type { TextKey } from '../i18n/index.tsx';
import { placeOf } from './schema.ts';

const cjk = /[\u3400-\u9fff]/;

/** With a capital, unless something stands `before` it, and a full stop, as servers' sentences often are not. */
export function asSentence(text: string, before = ''): string {
  const whole = text.trim();
  const begun = before === '' ? whole.charAt(0).toUpperCase() + whole.slice(1) : whole;
  if (begun === '' || /[.!?…。！？:：]$/.test(begun)) return begun;
  return begun + (cjk.test(begun) ? '。' : '.');
}

/** Nothing answered: as the three engines say it, also of a file of this program. */
export const isOffline = (error: unknown): boolean => error instanceof TypeError && /fetch|network|load failed|dynamically imported/i.test(error.message);

const byStatus: Readonly<Record<number, TextKey>> = {
  404: 'error.do.404',
  412: 'error.do.412',
  429: 'error.do.429',
};

/** Nothing for what a form says at its fields, nor for a state that its own sentence tells. */
export function adviceOf(error: unknown): TextKey | undefined {
  if (isOffline(error)) return 'error.do.offline';
  if (!(error instanceof Problem)) return undefined;
  if (error.status === 409 && error.errors.some((e) => e.pointer === '/name')) return 'error.do.taken';
  if (error.status === 403) return error.permission === '' ? undefined : 'error.do.403';
  return error.status >= 500 ? 'error.do.500' : byStatus[error.status];
}

/** Whoever may not do it may not do it a second time. */
export const mayRetry = (error: unknown): boolean => !(error instanceof Problem && error.status === 403);

/** How often something is asked again, in ms: not once it is refused. Who comes back to the window asks anew. */
export const askedEvery =
  (ms: number) =>
  ({ state }: { state: { error: Error | null } }): number | false =>
    mayRetry(state.error) && ms;

/** By which the log of the gateway has it: of use only where the gateway itself failed. */
export const requestOf = (error: unknown): string => (error instanceof Problem && error.status >= 500 ? error.requestId : '');

/** Each fault once: the place of the only one stands before the sentence, those that it does not tell below it. */
export function faultsOf(error: unknown): { place: string; others: readonly FieldError[] } {
  const [first, ...more] = error instanceof Problem ? error.errors : [];
  const isOnly = first !== undefined && more.length === 0 && first.detail === (error as Problem).message;
  if (isOnly) return { place: placeOf(first.pointer), others: [] };
  return { place: '', others: error instanceof Problem ? error.errors.filter((e) => e.pointer !== '' || e.detail !== error.message) : [] };
}
