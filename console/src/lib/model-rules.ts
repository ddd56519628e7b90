/** Rules of a model route as people read and order them. */
import { isPlainObject, listOf } from './schema.ts';
import { conditionOf } from './routes.ts';

/** What a request may need of a model; the names of the API. */
export const needs = ['images', 'documents', 'audio', 'tools', 'structured_output', 'reasoning', 'stream'] as const;

export type Rule = Record<string, unknown>;

export const rulesOf = (value: unknown): Rule[] => listOf(value).filter(isPlainObject);

/** As the gateway calls it when it has no name. */
export const nameOf = (rule: Rule, index: number): string => (typeof rule['name'] === 'string' && rule['name'] !== '' ? rule['name'] : `rule ${index + 1}`);

export interface Condition {
  member: string; // of `when`
  texts: string[];
  joint: 'and' | 'or';
}

const tokens = (value: unknown): string => {
  const { min, max } = isPlainObject(value) ? value : {};
  if (max === undefined) return `≥ ${String(min ?? 0)}`;
  return min === undefined ? `≤ ${String(max)}` : `${String(min)} – ${String(max)}`;
};

const hours = (value: unknown): string => {
  const { from, until, days, time_zone: zone } = isPlainObject(value) ? value : {};
  return [`${String(from ?? '')} – ${String(until ?? '')}`, listOf(days).map(String).join(', '), String(zone ?? '')].filter((text) => text !== '').join(' · ');
};

function textsOf(member: string, value: unknown): string[] {
  if (member === 'input_tokens') return [tokens(value)];
  if (member === 'hours') return [hours(value)];
  if (isPlainObject(value)) return Object.entries(value).map(([name, text]) => `${name} = ${String(text)}`);
  return listOf(value).map((one) => (isPlainObject(one) ? conditionOf(one) : String(one)));
}

const all = new Set(['has', 'headers', 'metadata', 'tags']);

export function conditionsOfRule(rule: Rule): Condition[] {
  const when = isPlainObject(rule['when']) ? rule['when'] : {};
  return Object.entries(when)
    .map(([member, value]): Condition => ({ member, texts: value === null || value === undefined ? [] : textsOf(member, value), joint: all.has(member) ? 'and' : 'or' }))
    .filter(({ texts }) => texts.length > 0);
}

/** A copy in which one stands a place sooner or later. */
export function movedRule<T>(rules: readonly T[], index: number, by: -1 | 1): T[] {
  const at = index + by;
  const rest = rules.filter((_, i) => i !== index);
  return at < 0 || at >= rules.length ? [...rules] : [...rest.slice(0, at), ...rules.slice(index, index + 1), ...rest.slice(at)];
}
