import { expect, test } from 'vitest';
import en from '../src/i18n/en.json';
import { fill } from '../src/i18n/index.tsx';
import { bodyOf } from '../src/lib/import.ts';
import { servedBy } from '../src/lib/nodes.ts';
import { readText } from '../src/lib/read-file.ts';
import { checkStep, type Desk, nodesStep, outcomeOf } from '../src/lib/release-steps.ts';
import { failureOf, isFinished, isFlawless, nextOf, percentOf, type Planned, runSteps, type Step, waiting } from '../src/lib/steps.ts';
import { wait } from '../src/lib/wait.ts';

const never = (): AbortSignal => new AbortController().signal;
const good = (id: string): Planned => ({ id, title: id, run: async () => ({ note: `${id} is good` }) });
const states = (steps: readonly Step[]): string[] => steps.map((s) => s.state);

test('steps run one after the other; each tells how far it is', async () => {
  const shown: string[] = [];
  const counting: Planned = {
    id: 'count',
    title: 'count',
    run: async (tell) => {
      tell({ done: 1, of: 3 });
      tell({ done: 3, of: 3 });
      return { isWarned: true, note: 'three' };
    },
  };
  const plan = [good('a'), counting];
  const steps = await runSteps(plan, waiting(plan), never(), (now) => shown.push(now.map((s) => `${s.state}${s.of === undefined ? '' : percentOf(s)}`).join()));
  expect(shown).toEqual(['running,waiting', 'done,waiting', 'done,running', 'done,running33', 'done,running100', 'done,warned100']);
  expect(steps.map((s) => s.note)).toEqual(['a is good', 'three']);
  expect([isFinished(steps), isFlawless(steps), isFinished([])]).toEqual([true, false, false]);
  expect([percentOf({ done: 5, of: 0 }), percentOf({ done: 9, of: 3 })]).toEqual([0, 100]);
});

test('one that fails ends the work, and is tried again where it was', async () => {
  let tries = 0;
  const shaky: Planned = {
    id: 'shaky',
    title: 'shaky',
    run: async () => {
      if (tries++ === 0) throw new Error('the wire broke');
    },
  };
  const plan = [good('a'), shaky, good('b')];
  const failed = await runSteps(plan, waiting(plan), never(), () => undefined);
  expect(states(failed)).toEqual(['done', 'failed', 'waiting']);
  expect(failureOf(failed)).toEqual(new Error('the wire broke'));
  expect(nextOf(failed)).toBe(1);
  const again = await runSteps(plan, failed, never(), () => undefined);
  expect(states(again)).toEqual(['done', 'done', 'done']);
  expect([tries, failureOf(again)]).toEqual([2, undefined]);
});

test('one that has to be asked for waits, and one that ends the work leaves out the rest', async () => {
  const plan: Planned[] = [good('a'), { ...good('b'), isAsked: true }, { id: 'c', title: 'c', run: async () => ({ isEnd: true }) }, good('d')];
  const first = await runSteps(plan, waiting(plan), never(), () => undefined);
  expect(states(first)).toEqual(['done', 'waiting', 'waiting', 'waiting']);
  expect(states(await runSteps(plan, first, never(), () => undefined))).toEqual(['done', 'done', 'done', 'skipped']);
});

test('what is stopped says so, hears no more of it, and begins that step anew', async () => {
  const control = new AbortController();
  const endless: Planned = {
    id: 'endless',
    title: 'endless',
    run: async (tell, signal) => {
      tell({ done: 1, of: 2 });
      control.abort();
      tell({ done: 2, of: 2 });
      await wait(60_000, signal);
    },
  };
  const steps = await runSteps([endless], waiting([endless]), control.signal, () => undefined);
  expect(steps).toMatchObject([{ state: 'stopped', done: 1 }]);
  expect(states(await runSteps([good('endless')], steps, never(), () => undefined))).toEqual(['done']);
});

test('nodes that serve a change are counted, those that cannot are named', () => {
  const nodes = [{ name: 'a', change: 7, state: 'serving' }, { name: 'b', change: 6, state: 'behind' }, { id: '3', change: 6, state: 'refusing' }, { name: 'd', state: 'silent' }] as const;
  expect(servedBy(nodes, 7)).toEqual({ have: 1, of: 4, refusing: ['3'], silent: ['d'], isOver: false });
  expect(servedBy(nodes, 6)).toEqual({ have: 3, of: 4, refusing: [], silent: ['d'], isOver: true });
  expect(servedBy([{ name: 'a', id: '1', state: 'silent' }, { name: 'a', id: '2', change: 6, state: 'serving' }], 6).silent).toEqual(['a (1)']); // two of one host
  expect(servedBy([], 6)).toMatchObject({ have: 0, of: 0, isOver: true });
});

const desk = (answers: unknown[]): Desk => ({
  t: (key, values) => fill(en[key], values),
  get: async <T>() => answers.shift() as T,
  post: async <T>() => answers.shift() as T,
  wait: async () => undefined,
});

test('a release is looked for on the nodes until all of them serve it, whatever changes meanwhile', async () => {
  const at = (change: number, ...served: number[]) => ({ change, items: served.map((n, i) => ({ name: `n${i}`, change: n, state: n < change ? 'behind' : 'serving' })) });
  const plan = [nodesStep(desk([at(5, 5, 4, 3), at(9, 5, 5, 4), at(9, 9, 5, 6)]))];
  const told: string[] = [];
  const steps = await runSteps(plan, waiting(plan), never(), ([s]) => s?.note && told.push(`${s.state}: ${s.note}`));
  expect(told).toEqual(['running: 1 of 3 nodes serve it', 'running: 2 of 3 nodes serve it', 'done: 3 of 3 nodes serve it']);
  expect(steps[0]?.error).toBeUndefined();
});

test('a node that refuses a release is named; one that never takes it does not keep anybody for ever', async () => {
  const refusing = [nodesStep(desk([{ change: 5, items: [{ name: 'a', change: 5, state: 'serving' }, { name: 'b', change: 4, state: 'refusing' }] }]))];
  expect((await runSteps(refusing, waiting(refusing), never(), () => undefined))[0]).toMatchObject({ state: 'warned', note: '1 of 2 nodes serve it · refused by b' });
  const slow = { change: 5, items: [{ name: 'a', change: 4, state: 'behind' }] };
  const endless = [nodesStep({ ...desk([]), get: async <T>() => slow as T })];
  expect((await runSteps(endless, waiting(endless), never(), () => undefined))[0]).toMatchObject({ state: 'warned' });
});

test('rules that find something warn, and what cannot be checked keeps nobody', async () => {
  const plan = [checkStep(desk([{ errors: 1, warnings: 2 }]), 'shop@v1')];
  expect((await runSteps(plan, waiting(plan), never(), () => undefined))[0]).toMatchObject({ state: 'warned', note: 'Checks: 1 errors, 2 warnings' });
  const broken = [checkStep({ ...desk([]), post: () => Promise.reject(new Error('no such right')) }, 'shop')];
  expect((await runSteps(broken, waiting(broken), never(), () => undefined))[0]).toMatchObject({ state: 'warned', note: 'no such right' });
});

test('what is only asked for is served by nobody yet', () => {
  const { t } = desk([]);
  expect(outcomeOf({ pending: { requested_by: 'user:a' } }, t)).toEqual({ note: 'waits for approval', isEnd: true });
  expect(outcomeOf({ scheduled: { at: 'x' } }, t)).toEqual({ note: 'scheduled', isEnd: true });
  expect(outcomeOf({ live_release: 3, pending: null }, t)).toEqual({ note: 'release 3' });
  expect(outcomeOf({}, t)).toEqual({});
});

test('a file is read to its end, counted, also where a piece ends within a letter', async () => {
  const text = 'é漢'.repeat(100_000);
  const counts: number[] = [];
  expect(await readText(new Blob([text]), never(), (n) => counts.push(n))).toBe(text);
  expect(counts.at(-1)).toBe(500_000);
  const stopped = new AbortController();
  stopped.abort();
  await expect(readText(new Blob([text]), stopped.signal, () => undefined)).rejects.toThrow();
});

test('a document is sent as text, or as the address it is fetched from', () => {
  expect(bodyOf('openapi: 3.1.0', { url: '', name: 'a' })).toEqual({ document: 'openapi: 3.1.0', name: 'a', replace: true });
  expect(bodyOf(' https://x.example/a.yaml ', { prefix: '/p' })).toEqual({ document_url: 'https://x.example/a.yaml', prefix: '/p', replace: true });
});
