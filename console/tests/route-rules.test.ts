import { expect, test } from 'vitest';
import { conditionKindOf, pathKindOf, sampleOf, withConditionKind, withPathKind } from '../src/lib/route-rules.ts';

test('paths have a kind, and get another', () => {
  expect(['/a', '/a/*', '/a/{id}', '~^/a', '/*'].map(pathKindOf)).toEqual(['exact', 'prefix', 'parameters', 'regex', 'prefix']);
  expect(withPathKind('/a/{id}', 'parameters')).toBe('/a/{id}');
  expect((['exact', 'prefix', 'parameters', 'regex'] as const).map((kind) => withPathKind('/a/*', kind))).toEqual(['/a', '/a/*', '/a/{id}', '~^/a']);
  expect((['exact', 'prefix', 'parameters', 'regex'] as const).map((kind) => withPathKind('~^/a', kind))).toEqual(['/a', '/a/*', '/a/{id}', '~^/a']);
  expect((['exact', 'parameters', 'regex'] as const).map((kind) => withPathKind('/*', kind))).toEqual(['/', '/{id}', '~^/']);
});

test('conditions keep what they compare with', () => {
  expect(withConditionKind({ name: 'x', value: 'v' }, 'regex')).toEqual({ name: 'x', regex: 'v' });
  expect(withConditionKind({ name: 'x', regex: 'v' }, 'present')).toEqual({ name: 'x' });
  expect(withConditionKind({ name: 'x' }, 'value')).toEqual({ name: 'x', value: '' });
  expect([{ value: '' }, { regex: '' }, {}].map(conditionKindOf)).toEqual(['value', 'regex', 'present']);
});

test('a request that a route is for', () => {
  const service = { name: 's', prefix: '/p', hosts: ['*.example.com'], operations: [{ path: '/other' }] };
  expect(sampleOf(service, { path: '/a/{id}', methods: ['PUT'], headers: [{ name: 'x', value: 'y' }, { name: 'z' }], queries: [{ name: 'q', value: 'a b' }] })).toEqual({
    method: 'PUT',
    url: 'http://www.example.com/p/a/1?q=a+b',
    headers: { x: 'y', z: '1' },
  });
  expect(sampleOf({ name: 's' }, {})).toEqual({ method: 'GET', url: '/', headers: {} });
  expect(sampleOf({ name: 's' }, { path: '~^/v[0-9]' })).toBeUndefined();
  expect(sampleOf({ name: 's' }, { path: '/a', headers: [{ name: 'x', regex: 'v.' }] })).toBeUndefined();
});
