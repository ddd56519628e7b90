/** The first minutes: each step is done here, says how it is done in code, and is ticked off by what exists. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { get } from '../api/client.ts';
import { type Report, reportPath } from '../api/reports.ts';
import { type Me, may, type Page, type Resource, useMe } from '../api/resources.ts';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { askedEvery } from '../lib/failures.ts';
import type { StepId } from '../lib/first-steps.ts';
import { Badge, Button, Spinner } from './ui.tsx';

const FirstStep = lazy(() => import('./first-step.tsx'));

const stored = 'sluice.first-steps';
const storedDone = 'sluice.first-steps.done';
const kinds = ['accounts', 'prompts', 'documents', 'releases', 'subscriptions'] as const;

/** What there is, asked of the server: nothing is remembered here. */
function useDone(isShown: boolean) {
  return useQuery({
    queryKey: ['list', 'first-steps'],
    enabled: isShown,
    queryFn: async ({ signal }) => {
      const lists = Promise.all(kinds.map((k) => get<Page<Resource>>(`/${k}?limit=1&fields=key`, signal)));
      const [pages, report] = await Promise.all([lists, get<Report>(reportPath({ group: ['vendor'], since: '30d', limit: 20 }), signal)]);
      const done = new Set<string>(kinds.filter((_, i) => (pages[i]?.items.length ?? 0) > 0));
      if (report.rows.some((r) => r.vendor)) done.add('call');
      if (report.total.requests > 0) done.add('traffic');
      return done;
    },
    refetchInterval: askedEvery(5000),
  });
}

interface StepOf {
  id: StepId; // what useDone says
  title: TextKey;
  permission: string;
}

const steps: StepOf[] = [
  { id: 'accounts', title: 'start.account', permission: 'accounts:create' },
  { id: 'call', title: 'start.call', permission: 'playground:call' },
  { id: 'prompts', title: 'start.prompt', permission: 'prompts:create' },
  { id: 'documents', title: 'start.import', permission: 'services:create' },
  { id: 'releases', title: 'start.publish', permission: 'services:publish' },
  { id: 'subscriptions', title: 'start.subscribe', permission: 'subscriptions:create' },
  { id: 'traffic', title: 'start.traffic', permission: 'usage:read' },
];

function OneStep({ step, isDone, isNext, isOpen, me, onToggle }: { step: StepOf; isDone: boolean; isNext: boolean; isOpen: boolean; me: Me | undefined; onToggle: (open: boolean) => void }) {
  const { t } = useLanguage();
  return (
    <li>
      <details className="operation" open={isOpen} onToggle={(e) => onToggle(e.currentTarget.open)}>
        <summary>
          {t(step.title)} {isDone && <Badge tone="good">{t('home.start.done')}</Badge>}
          {isNext && <Badge tone="warn">{t('start.next')}</Badge>}
        </summary>
        {isOpen && (
          <div className="operation-body">
            <Suspense fallback={<Spinner />}>
              <FirstStep id={step.id} me={me} />
            </Suspense>
          </div>
        )}
      </details>
    </li>
  );
}

function Steps({ open, done, me }: { open: StepOf[]; done: ReadonlySet<string> | undefined; me: Me | undefined }) {
  const next = done === undefined ? undefined : open.find((s) => !done.has(s.id))?.id;
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const put = (id: string, isOpen: boolean): void =>
    setShown((old) => (old.has(id) === isOpen ? old : new Set(isOpen ? [...old, id] : [...old].filter((x) => x !== id))));
  return (
    <ol className="plain-list">
      {open.map((s) => (
        <OneStep key={s.id} step={s} isDone={done?.has(s.id) === true} isNext={s.id === next} isOpen={shown.has(s.id)} me={me} onToggle={(isOpen) => put(s.id, isOpen)} />
      ))}
    </ol>
  );
}

/** Who comes back when all is done sees one line; who is at it keeps the steps. Until it is known, as it was last, so that nothing jumps. */
function useFolded(isAllDone: boolean | undefined): [boolean, (folded: boolean) => void] {
  const [folded, setFolded] = useState<boolean>();
  if (folded === undefined && isAllDone !== undefined) setFolded(isAllDone);
  useEffect(() => {
    if (isAllDone !== undefined) localStorage.setItem(storedDone, String(isAllDone));
  }, [isAllDone]);
  return [folded ?? localStorage.getItem(storedDone) === 'true', setFolded];
}

export function FirstSteps() {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [isGone, setGone] = useState(() => localStorage.getItem(stored) === 'dismissed');
  const { data: done } = useDone(!isGone);
  const open = steps.filter((s) => may(me, s.permission));
  const doneCount = done === undefined ? undefined : open.filter((s) => done.has(s.id)).length;
  const isAllDone = doneCount === undefined ? undefined : doneCount === open.length;
  const [isFolded, setFolded] = useFolded(isAllDone);
  const put = (gone: boolean): void => {
    if (gone) localStorage.setItem(stored, 'dismissed');
    else localStorage.removeItem(stored);
    setGone(gone);
  };
  if (open.length === 0) return null;
  if (isGone)
    return (
      <Button look="quiet" onPress={() => put(false)}>
        {t('start.show')}
      </Button>
    );
  return (
    <section className="card" aria-label={t('home.start')}>
      <div className="head">
        <h2 className="section-title">{t('home.start')}</h2>
        {doneCount !== undefined && (
          <>
            <meter className="bar bar-short" min={0} max={open.length} value={doneCount} aria-hidden="true" />
            <span className="faint">{t('start.count', { done: doneCount, all: open.length })}</span>
          </>
        )}
        <span className="grow" />
        {isAllDone === true && (
          <Button look="quiet" onPress={() => setFolded(!isFolded)}>
            {t(isFolded ? 'start.open' : 'start.close')}
          </Button>
        )}
        <Button look="quiet" onPress={() => put(true)}>
          {t('start.dismiss')}
        </Button>
      </div>
      {!isFolded && <Steps open={open} done={done} me={me} />}
    </section>
  );
}
