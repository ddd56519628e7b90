import { expect, test } from 'vitest';
import type { Noun, Schema } from '../src/api/openapi.ts';
import type { Resource } from '../src/api/resources.ts';
import { columnsOf, haveStates, textOf } from '../src/lib/columns.ts';

const text: Schema = { type: 'string' };
const noun = (plural: string, written: Record<string, Schema>, shown: Record<string, Schema> = {}): Noun => ({
  plural,
  summary: '',
  schema: { properties: written },
  shown: { properties: shown },
  verbs: new Set(),
  actions: [],
});
const row = (members: Record<string, unknown>): Resource => ({ id: 'x', key: 'x', revision: 1, created_at: '', created_by: 'user:a', updated_at: '', updated_by: '', ...members });

test('columns are those that tell most of a kind, where a row says something', () => {
  const consumers = noun('consumers', { name: text, team: text, owner: text, note: text, secret: { ...text, format: 'password' } });
  expect(columnsOf(consumers, [row({ owner: 'ann' }), row({ note: 'vip', secret: 'sealed:x' })])).toEqual(['owner', 'note']);
  expect(columnsOf(consumers, [row({})])).toEqual([]);
  expect(columnsOf(undefined, [row({ owner: 'ann' })])).toEqual([]);
});

test('what only the program writes is a column where the kind asks for it, never an id', () => {
  const releases = noun('releases', {}, { id: text, key: text, service: text, number: { type: 'integer' }, created_by: text });
  expect(columnsOf(releases, [row({ service: 'shop', number: 3 })])).toEqual(['service', 'number', 'created_by']);
});

test('a kind that nobody has thought of shows what is short, three at most; the workspace where there are several', () => {
  const news = noun('gadgets', { name: text, vendor: text, a: text, b: text, c: text, big: { type: 'object' }, disabled: { type: 'boolean' } });
  const rows = [row({ a: '1', b: '2', c: '3', vendor: 'v', big: {}, disabled: true, workspace: 'one' }), row({ workspace: 'two' })];
  expect(columnsOf(news, rows)).toEqual(['vendor', 'a', 'b', 'workspace']);
  expect(columnsOf(news, rows.slice(0, 1))).toEqual(['vendor', 'a', 'b']);
});

test('states have a column where there is one', () => {
  expect(haveStates([row({}), row({ status: { state: 'draft' } })])).toBe(true);
  expect(haveStates([row({ disabled: true })])).toBe(true);
  expect(haveStates([row({ disabled: false, status: null })])).toBe(false);
});

test('a value is told in one line', () => {
  expect(textOf([{ url: 'http://a' }, { account: 'b', model: 'c' }, 'd'])).toBe('http://a, c, d');
  expect([textOf(null), textOf(false), textOf([])]).toEqual(['', 'false', '']);
});
