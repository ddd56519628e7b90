/** How a failure is told to people: one sentence, and what they can do. No DOM in here. */
import { Problem } from '../api/client.ts';
import type { TextKey } from '../i18n/index.tsx';

const cjk = /[\u3400-\u9fff]/;

/** With a capital and a full stop, as servers' sentences often are not. */
export function asSentence(text: string): string {
  const whole = text.trim();
  const begun = whole.charAt(0).toUpperCase() + whole.slice(1);
  if (begun === '' || /[.!?…。！？:：]$/.test(begun)) return begun;
  return begun + (cjk.test(begun) ? '。' : '.');
}

/** Nothing answered: as the three engines say it, also of a file of this program. */
export const isOffline = (error: unknown): boolean => error instanceof TypeError && /fetch|network|load failed|dynamically imported/i.test(error.message);

const byStatus: Readonly<Record<number, TextKey>> = {
  403: 'error.do.403',
  404: 'error.do.404',
  409: 'error.do.409',
  412: 'error.do.409',
  429: 'error.do.429',
};

/** Nothing for what a form says at its fields. */
export function adviceOf(error: unknown): TextKey | undefined {
  if (isOffline(error)) return 'error.do.offline';
  if (!(error instanceof Problem)) return undefined;
  return error.status >= 500 ? 'error.do.500' : byStatus[error.status];
}

/** By which the log of the gateway has it: of use only where the gateway itself failed. */
export const requestOf = (error: unknown): string => (error instanceof Problem && error.status >= 500 ? error.requestId : '');
