import { expect, test } from 'vitest';
import { inOrder, withPolicy } from '../src/lib/policies.ts';

const order: Record<string, number> = { ip_filter: 300, rate_limit: 500, token_limit: 500 };

test('policies stand as they run, those of one order as they are written', () => {
  const list = [{ type: 'token_limit' }, { type: 'rate_limit' }, { type: 'ip_filter' }, { type: 'unheard_of' }];
  expect(inOrder(list, (t) => order[t] ?? 0).map((p) => p.index)).toEqual([3, 2, 0, 1]);
});

test('one is put in place of another, or taken out', () => {
  const list = [{ type: 'a' }, { type: 'b' }];
  expect(withPolicy(list, 1, { type: 'b', limit: 1 })).toEqual([{ type: 'a' }, { type: 'b', limit: 1 }]);
  expect(withPolicy(list, 0, undefined)).toEqual([{ type: 'b' }]);
});
