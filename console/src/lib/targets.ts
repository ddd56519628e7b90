/** The targets of a model route as people think of them: who is asked first, who shares, who stands in. */
import { isPlainObject, listOf } from './schema.ts';

export interface Target {
  account: string;
  model: string;
  weight: number;
  share: number; // of its step, 0 to 1
}

export interface Step {
  order: number;
  targets: Target[];
}

/** A target is a map, or short for one: "account/model". */
function targetOf(value: unknown): Omit<Target, 'share'> & { order: number } {
  if (!isPlainObject(value)) {
    const [account = '', ...rest] = String(value).split('/');
    return { account, model: rest.join('/'), weight: 1, order: 0 };
  }
  const model = String(value['model'] ?? '');
  const slash = model.indexOf('/');
  const account = String(value['account'] ?? (slash > 0 ? model.slice(0, slash) : ''));
  return {
    account,
    model: value['account'] === undefined && slash > 0 ? model.slice(slash + 1) : model,
    weight: Number(value['weight'] ?? 1),
    order: Number(value['order'] ?? 0),
  };
}

export function stepsOf(targets: unknown): Step[] {
  const all = listOf(targets).map(targetOf);
  const orders = [...new Set(all.map((t) => t.order))].sort((a, b) => a - b);
  return orders.map((order) => {
    const mine = all.filter((t) => t.order === order);
    const sum = mine.reduce((s, t) => s + t.weight, 0);
    return { order, targets: mine.map(({ order: _, ...t }) => ({ ...t, share: sum === 0 ? 0 : t.weight / sum })) };
  });
}

/** A target as it is edited; `rest` is what this form has no input for. */
export interface Draft {
  account: string;
  model: string;
  weight: number;
  order: number;
  rest: Record<string, unknown>;
}

export function draftOf(targets: unknown): Draft[] {
  return listOf(targets).map((value) => {
    const { account: _a, model: _m, weight: _w, order: _o, ...rest } = isPlainObject(value) ? value : {};
    return { ...targetOf(value), rest };
  });
}

/** As they are sent: what is as by default is left out. */
export function targetsOf(drafts: readonly Draft[]): Record<string, unknown>[] {
  return drafts.map(({ account, model, weight, order, rest }) => ({
    ...(account === '' ? {} : { account }),
    model,
    ...(weight === 1 ? {} : { weight }),
    ...(order === 0 ? {} : { order }),
    ...rest,
  }));
}

export interface DraftStep {
  order: number;
  targets: { index: number; draft: Draft; share: number }[];
}

export function stepsOfDraft(drafts: readonly Draft[]): DraftStep[] {
  const orders = [...new Set(drafts.map((d) => d.order))].sort((a, b) => a - b);
  return orders.map((order) => {
    const mine = drafts.map((draft, index) => ({ draft, index })).filter(({ draft }) => draft.order === order);
    const sum = mine.reduce((s, { draft }) => s + draft.weight, 0);
    return { order, targets: mine.map((m) => ({ ...m, share: sum === 0 ? 0 : m.draft.weight / sum })) };
  });
}

/** A copy in which one stands a step sooner or later; behind the last one begins a new step. */
export function withStep(drafts: readonly Draft[], index: number, by: -1 | 1): Draft[] {
  const orders = stepsOfDraft(drafts).map((s) => s.order);
  const at = orders.indexOf(drafts[index]?.order ?? 0) + by;
  const order = orders[at] ?? Math.max(0, (orders.at(-1) ?? 0) + 1);
  return at < 0 ? [...drafts] : drafts.map((d, i) => (i === index ? { ...d, order } : d));
}
