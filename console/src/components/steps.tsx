/** Progress of work that takes a while (lib/steps.ts): each step with its state, how far it is and what came of it. */
import { useLanguage } from '../i18n/index.tsx';
import { isFinished, isRunning, percentOf, type Step, type StepState } from '../lib/steps.ts';
import type { Progress } from '../lib/use-steps.ts';
import { Button, ErrorNote } from './ui.tsx';

const marks: Record<StepState, string> = { waiting: '○', running: '', done: '✓', warned: '!', failed: '✕', stopped: '■', skipped: '–' };

function Line({ step }: { step: Step }) {
  const { t } = useLanguage();
  const hasCount = step.state === 'running' && step.of !== undefined;
  return (
    <li className={`progress-step progress-step-${step.state}`} aria-current={step.state === 'running' ? 'step' : undefined}>
      <span className="progress-step-mark" aria-hidden="true">
        {marks[step.state]}
      </span>
      <div className="progress-step-body">
        <span className="progress-step-title">{step.title}</span> <span className="hidden">{t(`steps.${step.state}`)}</span> <span className="faint">{step.note}</span>
        {hasCount && <progress className="bar" aria-label={step.title} value={step.done ?? 0} max={step.of} />}
        {hasCount && <span className="faint progress-step-percent">{percentOf(step)} %</span>}
        {step.error !== undefined && <ErrorNote error={step.error} />}
      </div>
    </li>
  );
}

/** Said aloud once for each step, not for each per cent. */
function said(steps: readonly Step[], t: ReturnType<typeof useLanguage>['t']): string {
  const at = steps.findLastIndex((s) => s.state !== 'waiting' && s.state !== 'skipped');
  const step = steps[at];
  return step === undefined ? '' : t('steps.said', { n: at + 1, of: steps.length, title: step.title, state: t(`steps.${step.state}`), note: step.state === 'running' ? '' : step.note });
}

/** `isRetried`: it has the button that tries again what failed; left out, it has. */
export function StepList({ label, progress, isRetried = true }: { label: string; progress: Progress; isRetried?: boolean }) {
  const { t } = useLanguage();
  const { steps } = progress;
  if (steps.length === 0) return null;
  const mayStop = steps.some((s) => s.state === 'running' && s.isFinal !== true);
  const isBroken = isRetried && steps.some((s) => s.state === 'failed' || s.state === 'stopped');
  return (
    <section className="progress-steps" aria-label={label} aria-busy={isRunning(steps)}>
      <ol>
        {steps.map((s) => (
          <Line key={s.id} step={s} />
        ))}
      </ol>
      <p className="hidden" role="status">
        {said(steps, t)}
      </p>
      {(mayStop || isBroken) && !isFinished(steps) && (
        <div className="actions">
          {mayStop && <Button onPress={progress.stop}>{t('common.cancel')}</Button>}
          {isBroken && <Button onPress={() => void progress.goOn()}>{t('error.retry')}</Button>}
        </div>
      )}
    </section>
  );
}
