/** Actions of a service by which callers see something else, as steps: done, then taken by the nodes. */
import { get, post } from '../api/client.ts';
import { may, useAction, useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { type Desk, nodesStep, outcomeOf, statusOf } from './release-steps.ts';
import { type Planned, type Step } from './steps.ts';
import { type Progress, useSteps } from './use-steps.ts';
import { wait } from './wait.ts';

export function useDesk(): Desk {
  const { t } = useLanguage();
  return { t, get, post, wait };
}

interface Release {
  progress: Progress;
  isDone: boolean; // the action itself
  run: (body: unknown, before?: readonly Planned[]) => Promise<Step[]>;
}

export function useRelease(service: string, action: string, title: string): Release {
  const { data: me } = useMe();
  const desk = useDesk();
  const progress = useSteps();
  const act = useAction('services', service, action);
  const run = (body: unknown, before: readonly Planned[] = []): Promise<Step[]> => {
    const done: Planned = { id: 'act', title, run: async () => outcomeOf(statusOf(await act.mutateAsync(body)), desk.t) };
    return progress.begin([...before, done, ...(may(me, 'nodes:read') ? [nodesStep(desk)] : [])]);
  };
  return { progress, isDone: act.isSuccess, run };
}
