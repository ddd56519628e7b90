import { describe, expect, test } from 'vitest';
import { nounsOf, type OpenApi, resolve } from '../src/api/openapi.ts';
import { membersOf, placeOf, plain, pointer, saysAnything, widgetOf, withMember } from '../src/lib/schema.ts';

const doc: OpenApi = {
  info: { title: 't', version: '1' },
  components: {
    schemas: {
      Account: {
        type: 'object',
        required: ['vendor'],
        properties: {
          note: { type: 'string' },
          vendor: { type: 'string', enum: ['openai', 'anthropic'] },
          keys: {
            type: 'array',
            items: { oneOf: [{ type: 'string' }, { $ref: '#/components/schemas/Key' }] },
          },
          id: { type: 'string', readOnly: true },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      Key: { type: 'object', properties: { key: { type: 'string', writeOnly: true } } },
      Loop: { $ref: '#/components/schemas/Loop' },
    },
  },
  paths: {
    '/api/v1/accounts': {
      get: { summary: 'Accounts.' },
      post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Account' } } } } },
    },
    '/api/v1/accounts/{key}': { get: {}, delete: {} },
    '/api/v1/accounts/{key}/test': { post: { summary: 'Call the vendor.' } },
    '/api/v1/me': { get: {} },
  },
};

describe('the API describes itself', () => {
  test('nouns have both a list and a single resource', () => {
    const nouns = nounsOf(doc);
    expect(nouns.map((n) => n.plural)).toEqual(['accounts']);
    expect([...(nouns[0]?.verbs ?? [])].sort()).toEqual(['create', 'delete', 'get', 'list']);
    expect(nouns[0]?.actions.map((a) => a.name)).toEqual(['test']);
    expect(nouns[0]?.schema.required).toEqual(['vendor']);
  });
  test('a reference to itself ends', () => {
    expect(resolve(doc, { $ref: '#/components/schemas/Loop' })).toBeDefined();
  });
  test('a reference to nothing takes anything', () => {
    expect(resolve(doc, { $ref: '#/components/schemas/None' })).toEqual({});
  });
});

describe('forms from schemas', () => {
  const members = membersOf(doc, plain(doc, { $ref: '#/components/schemas/Account' }));
  test('what is required comes first, what is read-only not at all', () => {
    expect(members.map((m) => m.name)).toEqual(['vendor', 'note', 'keys', 'labels']);
  });
  test('widgets', () => {
    expect(members.map((m) => m.widget)).toEqual(['choice', 'text', 'objects', 'json']);
    expect(widgetOf(doc, { type: ['integer', 'null'] })).toBe('number');
    expect(widgetOf(doc, { type: 'string', writeOnly: true })).toBe('secret');
    expect(widgetOf(doc, {})).toBe('json');
  });
  test('values: set, taken out, empty', () => {
    expect(withMember({ a: 1 }, 'b', 2)).toEqual({ a: 1, b: 2 });
    expect(withMember({ a: 1 }, 'a', undefined)).toEqual({});
    expect([undefined, null, '', [], {}, 0, false, 'x'].map(saysAnything)).toEqual([
      false, false, false, false, false, true, true, true,
    ]);
  });
  test('places of problems', () => {
    expect(pointer(pointer('', 'a/b'), 0)).toBe('/a~1b/0');
    expect(placeOf('/targets/0/model')).toBe('targets[0].model');
    expect(placeOf('')).toBe('');
  });
});
