/** One action of a resource: what it needs to be told, what is done then, step by step, and what it answers. */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Problem } from '../api/client.ts';
import type { Action, Noun } from '../api/openapi.ts';
import { type Me, may, type Resource, useAction, useInverse, useDescription, useMe } from '../api/resources.ts';
import { SchemaFields } from '../forms/schema-form.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { useActionTitle, useLanguage } from '../i18n/index.tsx';
import { operationsOf } from '../lib/operations.ts';
import { checkStep, compareStep, type Desk, nodesStep, outcomeOf, reachesCallers, statusOf } from '../lib/release-steps.ts';
import { isFinished, isFlawless, type Outcome, type Planned } from '../lib/steps.ts';
import { useDesk } from '../lib/use-release.ts';
import { useSteps } from '../lib/use-steps.ts';
import { inverseOf } from '../lib/undoable.ts';
import { toYaml } from '../lib/yaml.ts';
import { SecretWindow, secretOf } from './secret-window.tsx';
import { StepList } from './steps.tsx';
import { useUndo } from './undo.tsx';
import { Button, Code, Note, Window } from './ui.tsx';

/** What can be known before a service is published. */
function stepsBefore(desk: Desk, service: Resource, me: Me | undefined): Planned[] {
  const hasLive = Number(service.status?.['live_release'] ?? 0) > 0;
  const mayCompare = hasLive && operationsOf(service).length > 0 && may(me, 'services:compare');
  return [...(may(me, 'services:check') ? [checkStep(desk, service.key)] : []), ...(mayCompare ? [compareStep(desk, service.key)] : [])];
}

/** Keys that were fetched, or why they could not be. */
function outcomeOfFetch(status: Record<string, unknown>, t: Desk['t']): Outcome {
  const problem = status['problem'];
  if (typeof problem === 'string' && problem !== '') return { note: problem, isWarned: true };
  return typeof status['keys'] === 'number' ? { note: t('steps.keys', { n: status['keys'] }) } : {};
}

export interface ActionWindowProps {
  noun: Noun;
  resource: Resource;
  action: Action;
  onClose: () => void;
  isBrief?: boolean; // what is behind it shows what was done
}

export default function ActionWindow({ noun, resource, action, onClose, isBrief = false }: ActionWindowProps) {
  const { t } = useLanguage();
  const { help } = useFormTexts();
  const { data: doc } = useDescription();
  const { data: me } = useMe();
  const [body, setBody] = useState<Record<string, unknown>>({});
  const run = useAction(noun.plural, resource.key, action.name);
  const back = useInverse(noun.plural, resource.key);
  const offer = useUndo();
  const progress = useSteps();
  const title = useActionTitle()(action.name);
  const secret = secretOf(run.data);
  const isQuery = run.data !== undefined && run.data['id'] === undefined;
  const desk = useDesk();
  const isPublic = noun.plural === 'services' && reachesCallers.has(action.name);
  const isPublish = noun.plural === 'services' && action.name === 'publish';
  const told = useRef(body); // when it runs, not when it was planned
  told.current = body;
  const act: Planned = {
    id: 'act',
    title,
    isAsked: true,
    run: async (tell): Promise<Outcome> => {
      tell({ isFinal: true });
      const answer = await run.mutateAsync(told.current);
      const status = statusOf(answer);
      const inverse = inverseOf(noun.plural, action.name, resource, status);
      if (inverse !== undefined) offer({ text: t('undo.done', { what: title, name: resource.key }), undo: () => back.mutateAsync(inverse) });
      return isPublic ? outcomeOf(status, t) : outcomeOfFetch(status, t);
    },
  };
  const plan = [...(isPublish ? stepsBefore(desk, resource, me) : []), act, ...(isPublic && may(me, 'nodes:read') ? [nodesStep(desk)] : [])];
  useEffect(() => {
    if (isPublish) void progress.begin(plan); // what can be known before is looked up at once
  }, []);
  const submit = async (e: FormEvent): Promise<void> => {
    e.preventDefault();
    const steps = await (isPublish ? progress.goOn() : progress.begin(plan));
    if (isBrief && !isPublish && isFlawless(steps)) onClose();
  };
  const isDone = run.isSuccess;
  return (
    <>
      <Window title={`${title}: ${resource.key}`} isOpen={secret === undefined} onClose={onClose}>
        <p className="faint">{help(action.summary)}</p>
        <form className="form" onSubmit={(e) => void submit(e)}>
          {doc !== undefined && action.body !== undefined && !isDone && (
            <SchemaFields doc={doc} schema={action.body} isShort value={body} onChange={setBody} errors={run.error instanceof Problem ? run.error.errors : []} />
          )}
          <StepList label={t('steps.of', { what: title })} progress={progress} isRetried={isDone} />
          {isDone && isFinished(progress.steps) && <Note kind="good">{t('common.done', { what: title })}</Note>}
          {isDone && isQuery && <Code label={title} text={toYaml(run.data)} />}
          <div className="actions">
            {!isDone && (
              <Button look="primary" type="submit" isPending={run.isPending} isDisabled={progress.isRunning}>
                {t('common.run')}
              </Button>
            )}
            <Button onPress={onClose}>{t('common.close')}</Button>
          </div>
        </form>
      </Window>
      <SecretWindow secret={secret} onClose={onClose} />
    </>
  );
}
