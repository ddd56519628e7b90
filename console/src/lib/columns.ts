/** Which members of a noun its list shows: those that tell most of it, where the rows have something to say there. */
import type { Resource } from '../api/resources.ts';
import type { Noun, Schema } from '../api/openapi.ts';

/** What is asked first about each kind; others show what is telling of most. */
const ofNoun: Readonly<Record<string, readonly string[]>> = {
  alerts: ['metric', 'threshold', 'budget', 'description'],
  consumers: ['title', 'owner', 'team', 'description'],
  credentials: ['consumer', 'type', 'expires', 'username'],
  documents: ['service', 'format', 'operations', 'bytes'],
  'identity-providers': ['title', 'issuer'],
  'key-sets': ['url', 'description'],
  plans: ['title', 'description', 'approval'],
  policies: ['type', 'order', 'description'],
  prices: ['vendor', 'model', 'input', 'output'],
  prompts: ['model', 'description', 'template'],
  releases: ['service', 'number', 'reason', 'created_by'],
  roles: ['description', 'permissions'],
  subscriptions: ['consumer', 'service', 'plan'],
  teams: ['title', 'description'],
  upstreams: ['endpoints', 'balance', 'description'],
  vendors: ['title', 'base_url', 'dialect'],
  webhooks: ['url', 'events'],
  workspaces: ['title', 'approvals', 'description'],
};

const telling = [
  'kind', 'vendor', 'consumer', 'service', 'plan', 'prefix', 'url', 'type', 'role', 'roles', 'targets',
  'aliases', 'endpoints', 'model', 'team', 'display_name', 'title', 'description', 'email', 'expires',
];
/** The name is there already, and what is off is a state. */
const elsewhere: ReadonlySet<string> = new Set(['id', 'key', 'name', 'disabled', 'revision', 'workspace']);
const most = 3;

const isShort = (schema: Schema): boolean =>
  ['string', 'integer', 'boolean'].includes(String(schema.type)) &&
  schema.writeOnly !== true &&
  schema.format !== 'password' && // a handle, which tells nobody anything
  schema.readOnly !== true;

function candidates(noun: Noun): string[] {
  const members = { ...noun.shown.properties, ...noun.schema.properties };
  const short = Object.entries(noun.schema.properties ?? {}).flatMap(([name, schema]) => (isShort(schema) && !elsewhere.has(name) ? [name] : []));
  const wanted = [...(ofNoun[noun.plural] ?? telling), ...short];
  return [...new Set(wanted)].filter((name) => name in members);
}

const isTold = (row: Resource, name: string): boolean => textOf(row[name]) !== '';

/** Rows that are there decide; the workspace only tells something where there are several. */
export function columnsOf(noun: Noun | undefined, rows: readonly Resource[]): string[] {
  if (noun === undefined) return [];
  const chosen = candidates(noun).filter((name) => rows.some((r) => isTold(r, name))).slice(0, most);
  const hasSeveral = new Set(rows.map((r) => r.workspace)).size > 1;
  return hasSeveral ? [...chosen, 'workspace'] : chosen;
}

/** Whether any of them is in a state that is shown (components/state.tsx). */
export function haveStates(rows: readonly Resource[]): boolean {
  return rows.some((r) => typeof r.status?.['state'] === 'string' || r.status?.['has_draft'] === true || r['disabled'] === true);
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
