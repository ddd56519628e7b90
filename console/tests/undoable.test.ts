import { expect, test } from 'vitest';
import { isUndoable } from '../src/lib/undoable.ts';

test('only what is whole in its settings is made again', () => {
  expect(isUndoable('teams', { name: 'blue' })).toBe(true);
  expect(isUndoable('upstreams', { name: 'x', tls: { key: 'sealed:abc' } })).toBe(false);
  expect(isUndoable('credentials', { name: 'a key' })).toBe(false);
  expect(isUndoable('users', { name: 'ann' })).toBe(false);
});
