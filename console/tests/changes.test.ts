import { expect, test } from 'vitest';
import { changesOf } from '../src/lib/changes.ts';

test('what is the same is no change, in whatever order', () => {
  expect(changesOf({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toEqual([]);
});

test('each member that became another is told by its path', () => {
  const before = { title: 'a', grants: [{ role: 'viewer' }], old: true, limit: { n: 1 } };
  const after = { title: 'b', grants: [{ role: 'editor' }, { role: 'x' }], limit: 'none' };
  expect(changesOf(before, after)).toEqual([
    { path: 'title', before: '"a"', after: '"b"' },
    { path: 'grants[0].role', before: '"viewer"', after: '"editor"' },
    { path: 'grants[1]', before: undefined, after: '{"role":"x"}' },
    { path: 'old', before: 'true', after: undefined },
    { path: 'limit', before: '{"n":1}', after: '"none"' },
  ]);
});
