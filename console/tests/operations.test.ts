import { expect, test } from 'vitest';
import { boundsOf, grouped, headersOf, operationsOf, sampleOf, searched, targetOf, typeOf, whole } from '../src/lib/operations.ts';

const schemas = {
  Pet: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 }, born: { type: 'string', format: 'date' }, children: { type: 'array', items: { $ref: '#/schemas/Pet' } } } },
  Loop: { $ref: '#/schemas/Loop' },
  Dog: { allOf: [{ $ref: '#/schemas/Pet' }, { properties: { barks: { type: 'boolean' } }, required: ['barks'] }] },
};

test('schemas are followed, put together, and never followed for ever', () => {
  expect(whole({ $ref: '#/schemas/Dog' }, schemas).required).toEqual(['name', 'barks']);
  expect(whole({ $ref: '#/schemas/Loop' }, schemas)).toEqual({});
  expect(whole({ $ref: '#/schemas/None' }, schemas)).toEqual({});
  expect(sampleOf({ $ref: '#/schemas/Dog' }, schemas)).toMatchObject({ name: 'text', born: '2026-01-31', barks: true });
  expect(JSON.stringify(sampleOf({ $ref: '#/schemas/Pet' }, schemas)).length).toBeLessThan(400);
});

test('samples take examples, defaults and choices first', () => {
  expect(sampleOf({ type: 'string', example: 'x', default: 'y' }, {})).toBe('x');
  expect(sampleOf({ type: 'integer', minimum: 5 }, {})).toBe(5);
  expect(sampleOf({ enum: ['a', 'b'] }, {})).toBe('a');
  expect(sampleOf({ oneOf: [{ type: 'null' }, { type: 'string' }] }, {})).toEqual({});
  expect(sampleOf(undefined, {})).toEqual({});
});

test('types and bounds as people read them', () => {
  expect(typeOf({ type: 'array', items: { $ref: '#/schemas/Pet' } }, schemas)).toBe('Pet[]');
  expect(typeOf({ type: ['string', 'null'], format: 'date' }, {})).toBe('string | null (date)');
  expect(typeOf({ enum: ['a', 1] }, {})).toBe('"a" | 1');
  expect(boundsOf({ minimum: 1, maximum: 9 }, {})).toBe('≥ 1, ≤ 9');
});

test('a request is made of what was entered', () => {
  const op = { id: 'one', method: 'GET', path: '/pets/{id}', parameters: [{ name: 'id', in: 'path' as const }, { name: 'limit', in: 'query' as const }, { name: 'X-Trace', in: 'header' as const }] };
  expect(targetOf('/v1', op, {})).toBe('/v1/pets/1');
  expect(targetOf('/v1', op, { 'path.id': 'a/b', 'query.limit': '5' })).toBe('/v1/pets/a%2Fb?limit=5');
  expect(headersOf(op, { 'header.X-Trace': 't' })).toEqual({ 'x-trace': 't' });
});

test('operations are found by their words and grouped by their first tag', () => {
  const all = operationsOf({ operations: [{ id: 'a', method: 'GET', path: '/a', summary: 'List all' }, { id: 'b', method: 'POST', path: '/b', tags: ['pets'] }] });
  expect(searched(all, 'list A').map((o) => o.id)).toEqual(['a']);
  expect(searched(all, 'pets post').map((o) => o.id)).toEqual(['b']);
  expect(grouped(all).map((g) => g.tag)).toEqual(['pets', '']);
  expect(operationsOf({})).toEqual([]);
});
