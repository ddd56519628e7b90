/** Which members of a noun its list shows: the telling ones, by name, else the first short ones. */
import type { Noun, Schema } from '../api/openapi.ts';

const telling = [
  'kind', 'vendor', 'consumer', 'service', 'plan', 'prefix', 'url', 'type', 'role', 'roles', 'targets',
  'aliases', 'endpoints', 'model', 'team', 'display_name', 'description', 'email', 'expires',
];
const most = 3;

const isShort = (schema: Schema): boolean =>
  ['string', 'integer', 'boolean'].includes(String(schema.type)) &&
  schema.writeOnly !== true &&
  schema.format !== 'password' && // a handle, which tells nobody anything
  schema.readOnly !== true;

export function columnsOf(noun: Noun | undefined): string[] {
  const members = noun?.schema.properties ?? {};
  const chosen = telling.filter((name) => name in members);
  const short = Object.entries(members)
    .filter(([name, schema]) => isShort(schema) && name !== 'name' && !chosen.includes(name))
    .map(([name]) => name);
  return [...chosen, ...short].slice(0, most);
}

export function titleOfColumn(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

/** A value in one line. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value !== 'object') return String(value);
  const map = value as Record<string, unknown>;
  const name = map['name'] ?? map['model'] ?? map['url'] ?? map['address'] ?? map['label'];
  return name === undefined ? JSON.stringify(value) : textOf(name);
}
