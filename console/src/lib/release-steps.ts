/** What happens when a service is released, in steps: rules, what breaks callers, the commit, and the nodes that take it. */
import type { TextKey } from '../i18n/index.tsx';
import type { Comparison } from './import.ts';
import { type NodesNow, type Served, servedBy } from './nodes.ts';
import type { Outcome, Planned } from './steps.ts';

export interface Desk {
  t: (key: TextKey, values?: Record<string, string | number>) => string;
  get: <T>(path: string, signal: AbortSignal) => Promise<T>;
  post: <T>(path: string) => Promise<T>;
  /** Until the next look; fails when the work is stopped. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Actions of services after which callers see something else. */
export const reachesCallers: ReadonlySet<string> = new Set([
  'publish', 'approve', 'promote', 'abandon', 'canary', 'rollback', 'online', 'offline', 'deprecate', 'retire', 'reinstate',
]);

const lookEveryMs = 500;
const looksMax = 60;

function nodesNote({ have, of, refusing, silent }: Served, t: Desk['t']): string {
  const parts = [t('steps.nodes.have', { have, of })];
  if (refusing.length > 0) parts.push(t('steps.nodes.refusing', { names: refusing.join(', ') }));
  if (silent.length > 0) parts.push(t('steps.nodes.silent', { names: silent.join(', ') }));
  return parts.join(' · ');
}

/** Looks at the nodes until each that speaks serves the store's last change, or refuses it. */
export function nodesStep({ t, get, wait }: Desk): Planned {
  return {
    id: 'nodes',
    title: t('steps.nodes'),
    run: async (tell, signal): Promise<Outcome> => {
      let now = await get<NodesNow>('/nodes', signal);
      const { change } = now;
      for (let looks = 1; ; looks++) {
        const served = servedBy(now.items, change);
        const note = nodesNote(served, t);
        if (served.isOver) return { note, isWarned: served.have < served.of };
        if (looks === looksMax) return { note: `${note} · ${t('steps.nodes.late')}`, isWarned: true };
        tell({ done: served.have, of: served.of, note });
        await wait(lookEveryMs, signal);
        now = await get<NodesNow>('/nodes', signal);
      }
    },
  };
}

interface Findings {
  errors: number;
  warnings: number;
}

/** Asks the service something; what only informs does not keep anybody from going on. */
function askStep<T>({ t, post }: Desk, service: string, action: 'check' | 'compare', read: (answer: T) => Outcome): Planned {
  return {
    id: action,
    title: t(`steps.${action}`),
    run: async (): Promise<Outcome> => {
      try {
        return read(await post<T>(`/services/${encodeURIComponent(service)}/${action}`));
      } catch (error) {
        return { note: error instanceof Error ? error.message : String(error), isWarned: true };
      }
    },
  };
}

export const checkStep = (desk: Desk, service: string): Planned =>
  askStep<Findings>(desk, service, 'check', ({ errors, warnings }) => ({ note: desk.t('checks.summary', { errors, warnings }), isWarned: errors > 0 }));

export const compareStep = (desk: Desk, service: string): Planned =>
  askStep<Comparison>(desk, service, 'compare', ({ breaking, total }) =>
    breaking > 0 ? { note: desk.t('compare.breaking', { n: breaking }), isWarned: true } : { note: desk.t('compare.total', { n: total }) },
  );

export function statusOf(answer: Record<string, unknown> | undefined): Record<string, unknown> {
  const status = answer?.['status'];
  return typeof status === 'object' && status !== null ? (status as Record<string, unknown>) : {};
}

/** What is asked for or set for later has not reached anybody yet. */
export function outcomeOf(status: Record<string, unknown>, t: Desk['t']): Outcome {
  if (typeof status['pending'] === 'object' && status['pending'] !== null) return { note: t('releases.pending'), isEnd: true };
  if (typeof status['scheduled'] === 'object' && status['scheduled'] !== null) return { note: t('releases.scheduled'), isEnd: true };
  const live = status['live_release'];
  return typeof live === 'number' && live > 0 ? { note: t('steps.release', { n: live }) } : {};
}
