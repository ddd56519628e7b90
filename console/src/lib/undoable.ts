/** What can be taken back, and how. No DOM in here. */
import type { Resource } from '../api/resources.ts';

/** Nouns that are all in what people wrote of them: no hash, no release, nothing that counts goes with one. */
const whole: ReadonlySet<string> = new Set(['alerts', 'budgets', 'models', 'plans', 'policies', 'prices', 'roles', 'teams', 'upstreams', 'views']);

/** Whether what is deleted can be made again as it was. A secret is shown as its handle, which ends with the resource. */
export function isUndoable(plural: string, spec: Record<string, unknown>): boolean {
  return whole.has(plural) && !JSON.stringify(spec).includes('"sealed:');
}

const handlesOf = (spec: unknown): string => [...JSON.stringify(spec).matchAll(/"sealed:[^"]*"/g)].map((m) => m[0]).sort().join();

/** Whether what it was before a change can be written again: a secret that was changed is gone. */
export function isReversible(before: Record<string, unknown>, after: Record<string, unknown>): boolean {
  return handlesOf(before) === handlesOf(after);
}

interface Inverse {
  action: string;
  body: Record<string, unknown>;
}

const inverses: Record<string, Record<string, string>> = {
  services: { offline: 'online', online: 'offline', deprecate: 'reinstate' },
  subscriptions: { suspend: 'resume', resume: 'suspend' },
};

const numberOf = (status: Record<string, unknown> | null | undefined, member: string): number => Number(status?.[member] ?? 0);

/** What takes a release back: a request is withdrawn; else what was served before is served again, or nothing. */
function inverseOfPublish(before: Resource, status: Record<string, unknown>): Inverse {
  if ((status['pending'] ?? status['scheduled'] ?? null) !== null) return { action: 'withdraw', body: {} };
  const live = numberOf(before.status, 'live_release');
  return live > 0 ? { action: 'rollback', body: { release: live } } : { action: 'offline', body: {} };
}

/** The action that takes this one back, by what the resource was and what its status is now. */
export function inverseOf(plural: string, action: string, before: Resource, status: Record<string, unknown>): Inverse | undefined {
  if (plural === 'services' && action === 'publish') return inverseOfPublish(before, status);
  const isMore = action === 'deprecate' && before.status?.['lifecycle'] === 'deprecated'; // only its dates were changed
  const inverse = isMore ? undefined : inverses[plural]?.[action];
  return inverse === undefined ? undefined : { action: inverse, body: {} };
}
