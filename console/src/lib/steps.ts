/** Work that takes a while, in steps that can be shown: what was done, what runs and how far, what failed. No DOM in here. */

export type StepState = 'waiting' | 'running' | 'done' | 'warned' | 'failed' | 'stopped' | 'skipped';

export interface Step {
  id: string;
  title: string;
  state: StepState;
  note: string; // what came of it, or what is happening
  done?: number;
  of?: number;
  isFinal?: boolean; // it cannot be stopped any more
  error?: unknown;
}

export type News = Partial<Pick<Step, 'note' | 'done' | 'of' | 'isFinal'>>;

export interface Outcome {
  note?: string;
  isWarned?: boolean;
  isEnd?: boolean; // what follows is not needed
}

export interface Planned {
  id: string;
  title: string;
  isAsked?: boolean; // begins when somebody says so, not because the one before it is done
  run: (tell: (news: News) => void, signal: AbortSignal) => Promise<Outcome | void>;
}

export const waiting = (plan: readonly Planned[]): Step[] => plan.map(({ id, title }) => ({ id, title, state: 'waiting', note: '' }));

const isOver = (state: StepState): boolean => state === 'done' || state === 'warned' || state === 'skipped';

/** Which comes next; -1: all are over. */
export const nextOf = (steps: readonly Step[]): number => steps.findIndex((s) => !isOver(s.state));

export const isRunning = (steps: readonly Step[]): boolean => steps.some((s) => s.state === 'running');
export const isFinished = (steps: readonly Step[]): boolean => steps.length > 0 && nextOf(steps) === -1;
export const isFlawless = (steps: readonly Step[]): boolean => isFinished(steps) && steps.every((s) => s.state !== 'warned');
export const failureOf = (steps: readonly Step[]): unknown => steps.find((s) => s.state === 'failed')?.error;
/** Bytes and the like as a whole number of hundredths. */
export const percentOf = ({ done = 0, of = 0 }: Pick<Step, 'done' | 'of'>): number => (of > 0 ? Math.floor((Math.min(done, of) / of) * 100) : 0);

/**
 * Run them from the first that is not over, until one fails, is stopped, or has to be asked for first. `show` is given
 * a new list whenever something has happened; the last of these is the answer.
 */
export async function runSteps(plan: readonly Planned[], begin: readonly Step[], signal: AbortSignal, show: (steps: Step[]) => void): Promise<Step[]> {
  let steps = [...begin];
  const put = (at: number, change: Partial<Step>): void => {
    steps = steps.map((s, i) => (i === at ? { ...s, ...change } : s));
    show(steps);
  };
  const first = nextOf(steps);
  for (let at = first; at !== -1 && at < plan.length; at++) {
    const planned = plan[at];
    if (planned === undefined || (planned.isAsked === true && at !== first)) break;
    const { error: _, done: _done, of: _of, ...fresh } = steps[at] as Step;
    steps = steps.map((s, i) => (i === at ? { ...fresh, note: '' } : s));
    put(at, { state: 'running' });
    try {
      const outcome = (await planned.run((news) => !signal.aborted && put(at, news), signal)) ?? {};
      put(at, { state: outcome.isWarned === true ? 'warned' : 'done', ...(outcome.note === undefined ? {} : { note: outcome.note }) });
      if (outcome.isEnd !== true) continue;
      steps = steps.map((s, i) => (i > at ? { ...s, state: 'skipped' } : s));
      show(steps);
      break;
    } catch (error) {
      put(at, signal.aborted ? { state: 'stopped', note: '' } : { state: 'failed', note: '', error });
      break;
    }
  }
  return steps;
}
