/** Steps of work (steps.ts) as a page has them: begun, gone on with, stopped, begun anew. They stop with the page. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, isRunning, nextOf, type Planned, runSteps, type Step, waiting } from './steps.ts';

export interface Progress {
  steps: Step[];
  isRunning: boolean;
  isAsking: boolean; // the next step waits for somebody to say so
  error: unknown; // of the step that failed
  begin: (plan: readonly Planned[]) => Promise<Step[]>;
  /** Go on with the step that waits to be asked for, or try the one again that failed. */
  goOn: () => Promise<Step[]>;
  stop: () => void;
  reset: () => void;
}

export function useSteps(): Progress {
  const [steps, setSteps] = useState<Step[]>([]);
  const now = useRef<{ plan: readonly Planned[]; steps: Step[]; control: AbortController }>(undefined);
  const run = useCallback(async (plan: readonly Planned[], begin: readonly Step[]) => {
    now.current?.control.abort();
    const mine = { plan, steps: [...begin], control: new AbortController() };
    now.current = mine;
    return runSteps(plan, begin, mine.control.signal, (next) => {
      if (now.current !== mine) return; // something else was begun meanwhile
      mine.steps = next;
      setSteps(next);
    });
  }, []);
  const begin = useCallback((plan: readonly Planned[]) => run(plan, waiting(plan)), [run]);
  const goOn = useCallback(() => run(now.current?.plan ?? [], now.current?.steps ?? []), [run]);
  const stop = useCallback(() => now.current?.control.abort(), []);
  const reset = useCallback(() => {
    now.current?.control.abort();
    now.current = undefined;
    setSteps([]);
  }, []);
  useEffect(() => () => now.current?.control.abort(), []);
  return { steps, isRunning: isRunning(steps), isAsking: steps[nextOf(steps)]?.state === 'waiting', error: failureOf(steps), begin, goOn, stop, reset };
}
