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
    return { account, model: rest.join('/'), weight: 1, order: 1 };
  }
  const model = String(value['model'] ?? '');
  const slash = model.indexOf('/');
  const account = String(value['account'] ?? (slash > 0 ? model.slice(0, slash) : ''));
  return {
    account,
    model: value['account'] === undefined && slash > 0 ? model.slice(slash + 1) : model,
    weight: Number(value['weight'] ?? 1),
    order: Number(value['order'] ?? 1),
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
