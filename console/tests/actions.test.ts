import { expect, test } from 'vitest';
import { arranged } from '../src/lib/actions.ts';

const names = (list: { name: string }[]): string => list.map((c) => c.name).join(' ');

test('what the state waits for are buttons, at most two, and the rest is in the menu', () => {
  const { first, rest, refused } = arranged([
    { name: 'a', is_awaited: true },
    { name: 'b' },
    { name: 'c', refused: 'it is no c' },
    { name: 'd', is_awaited: true },
    { name: 'e', is_awaited: true },
  ]);
  expect([first, rest, refused].map(names)).toEqual(['a d', 'b e', 'c']);
});

test('one or two actions need no menu, many that nothing waits for do', () => {
  expect(names(arranged([{ name: 'rotate' }]).first)).toBe('rotate');
  const many = arranged([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  expect([many.first, many.rest].map(names)).toEqual(['', 'a b c']);
  expect(arranged([])).toEqual({ first: [], rest: [], refused: [] });
});
