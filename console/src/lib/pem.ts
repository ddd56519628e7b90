/** Certificates and keys as PEM text: what people paste or choose as files, often both in one. */
import { dayMs } from './expiry.ts';

export interface Pem {
  certificate: string;
  key: string;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks of certificates and the one of a private key; what stands around them is left out. */
export function splitPem(text: string): Pem {
  const blocks = [...text.matchAll(block)].map(([whole, label = '']) => ({ whole, label }));
  const of = (ending: string): string =>
    blocks
      .filter((b) => b.label.endsWith(ending))
      .map((b) => `${b.whole}\n`)
      .join('');
  return { certificate: of('CERTIFICATE'), key: of('PRIVATE KEY') };
}

/** "a.example, *.a.example" as people write lists of names. */
export function namesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((name) => name !== '');
}

/** Whole days until then; negative when it is over; undefined when it is no time. */
export function daysLeft(time: unknown, now: number): number | undefined {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.floor((at - now) / dayMs);
}

export function toneOf(days: number | undefined): 'plain' | 'good' | 'warn' | 'bad' {
  if (days === undefined) return 'plain';
  if (days < 7) return 'bad';
  return days < 30 ? 'warn' : 'good';
}
