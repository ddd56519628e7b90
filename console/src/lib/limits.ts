/** Limits of plans in words: what is limited, to how much, in how long. */
import { dollars } from './format.ts';

/** What policies that count count; others are named as they are. */
export const counted = ['rate_limit', 'token_limit', 'budget'] as const;
export type Counted = (typeof counted)[number];

export function isCounted(type: string): type is Counted {
  return (counted as readonly string[]).includes(type);
}

const units: Readonly<Record<string, string>> = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };

/** "1 day" of "1d", and "month" as it is. */
export function spanText(span: string, locale: string): string {
  const [, n, unit = ''] = /^(\d+)(ms|[smhdw])$/.exec(span) ?? [];
  const name = units[unit];
  if (n === undefined || name === undefined) return span;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' }).format(Number(n));
}

const spans: Readonly<Record<Counted, string>> = { rate_limit: '1s', token_limit: '1m', budget: 'month' }; // when none is said

/** "minute" of "1m": what is said per minute, not per 1 minute. */
function singleUnit(span: string): string | undefined {
  return /^1[smhdw]$/.test(span) ? units[span.slice(1)] : undefined;
}

/** Of a policy of a plan, as it was written; its `span` is a unit where it is one of it. */
export function limitOf(policy: Record<string, unknown>, locale: string): { amount: string; span: string } {
  const type = String(policy['type']);
  const money = policy['amount'];
  const many = policy['limit'] ?? policy['tokens'];
  const span = policy['window'] ?? policy['period'] ?? (isCounted(type) ? spans[type] : '');
  const amount = typeof money === 'string' || typeof money === 'number' ? dollars(money, locale) : new Intl.NumberFormat(locale).format(Number(many ?? 0));
  return { amount, span: singleUnit(String(span)) ?? spanText(String(span), locale) };
}
