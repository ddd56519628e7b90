import { expect, test } from 'vitest';
import apidiff from '../../src/control/apidiff.c?raw';
import en from '../src/i18n/en.json';
import { sayingOf } from '../src/lib/news.ts';

test('what a comparison says is said in the languages', () => {
  expect(sayingOf('was added, and is required')).toEqual({ key: 'news.says.added.required', values: {} });
  expect(sayingOf('maxLength: 5, was none')).toEqual({ key: 'news.says.value', values: { what: 'maxLength', now: '5', was: 'none' } });
  expect(sayingOf('type: "string", was "a", was "b"').values).toEqual({ what: 'type', now: '"string", was "a"', was: '"b"' });
  expect(sayingOf('has 2 alternatives, was 1')).toEqual({ key: 'news.says.alternatives', values: { now: '2', was: '1' } });
  expect(sayingOf('is listAll, was list')).toEqual({ key: 'news.says.id', values: { now: 'listAll', was: 'list' } });
  expect(sayingOf('something else')).toEqual({ values: {} });
  expect(sayingOf(undefined)).toEqual({ values: {} });
});

test('each sentence that the server has for a detail is known', () => {
  const added = [...apidiff.matchAll(/\badd\(([^;]+)\);/gs)].map((m) => m[1] ?? '');
  const sentences = added.flatMap((args) => [...args.matchAll(/SL_STR\("([^"]{3,})"\)/g)].map((m) => m[1] ?? '')).filter((text) => text.includes(' '));
  expect(sentences.length).toBeGreaterThan(10);
  const unknown = sentences.filter((text) => sayingOf(text).key === undefined);
  expect(unknown).toEqual([]);
  for (const text of sentences) expect(en).toHaveProperty([sayingOf(text).key ?? '']);
});
