/** What a form has to know of a JSON Schema, and values that have been said and not. No DOM in here. */
import { type OpenApi, resolve, type Schema } from '../api/openapi.ts';

export type Widget =
  | 'text'
  | 'secret'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'texts'
  | 'object'
  | 'objects'
  | 'json';

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(schema: Schema): string | undefined {
  return Array.isArray(schema.type) ? schema.type.find((t) => t !== 'null') : schema.type;
}

/** Of several forms the fullest: short forms ("a plain string is short for…") are for files. */
export function plain(doc: OpenApi, schema: Schema | undefined): Schema {
  const found = resolve(doc, schema);
  const forms = (found.oneOf ?? found.anyOf ?? []).map((form) => resolve(doc, form));
  const best =
    forms.find((form) => form.properties !== undefined) ??
    forms.find((form) => form.type === 'array') ??
    forms[0];
  return best === undefined ? found : { ...found, ...best, description: found.description ?? best.description ?? '' };
}

export function widgetOf(doc: OpenApi, schema: Schema): Widget {
  if (schema.enum !== undefined) return 'choice';
  switch (typeOf(schema)) {
    case 'string':
      return schema.writeOnly === true || schema.format === 'password' ? 'secret' : 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'object':
      return schema.properties === undefined ? 'json' : 'object';
    case 'array': {
      const item = plain(doc, schema.items);
      const inner = widgetOf(doc, item);
      if (inner === 'object') return 'objects';
      return inner === 'text' || inner === 'choice' ? 'texts' : 'json';
    }
    default:
      return 'json';
  }
}

export interface Member {
  name: string;
  schema: Schema;
  widget: Widget;
  isRequired: boolean;
}

/** Members that people may write, the required ones first, otherwise in the schema's order. */
export function membersOf(doc: OpenApi, schema: Schema): Member[] {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties ?? {})
    .map(([name, raw]) => ({ name, schema: plain(doc, raw) }))
    .filter(({ schema: s }) => s.readOnly !== true)
    .map(({ name, schema: s }) => ({
      name,
      schema: s,
      widget: widgetOf(doc, s),
      isRequired: required.has(name),
    }));
  return [...members.filter((m) => m.isRequired), ...members.filter((m) => !m.isRequired)];
}

/** The schema of some of the members. */
export function partOf(schema: Schema, isIn: (name: string) => boolean): Schema {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => isIn(name));
  return { ...schema, required: (schema.required ?? []).filter(isIn), properties: Object.fromEntries(properties) };
}

/** A copy of `value` with `name` set, or taken out when it is undefined. */
export function withMember(
  value: unknown,
  name: string,
  member: unknown,
): Record<string, unknown> {
  const copy = { ...(isPlainObject(value) ? value : {}) };
  if (member === undefined) delete copy[name];
  else copy[name] = member;
  return copy;
}

export function memberOf(value: unknown, name: string): unknown {
  return isPlainObject(value) ? value[name] : undefined;
}

export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

export function pointer(parent: string, step: string | number): string {
  return `${parent}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Texts for the problem list: "/targets/0/model" -> "targets[0].model". */
export function placeOf(at: string): string {
  return at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}

/** Does the value say anything, in any depth? What says nothing is not sent. */
export function saysAnything(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return isPlainObject(value) ? Object.keys(value).length > 0 : true;
}

export { isPlainObject };

/** A form's schema without members that have fields of their own, or none. */
export function without(schema: Schema, names: readonly string[]): Schema {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...schema, properties: Object.fromEntries(properties), required: [] };
}
