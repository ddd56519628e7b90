import { expect, test } from 'vitest';
import errors from '../../src/base/err.def?raw';
import en from '../src/i18n/en.json';
import zh from '../src/i18n/zh-CN.json';
import { english, messageOf, type TextsByKey, translated, translatorOf, patternsOf } from '../src/lib/refusals.ts';

const sources = Object.values(import.meta.glob<string>('../../src/{base,control,gate,snapshot,store}/**/*.c', { query: '?raw', import: 'default', eager: true }));
const inChinese = translatorOf(en, zh);
const problem = 'problem.';
const says = 'says.';

/** Every way to fail that the server has: its code, and its text. */
function codes(): [string, string][] {
  const rows = errors.matchAll(/^X\(\w+, \w+, \d+, \w+, "(\w+)",\s*"([^"]*)"\)/gm);
  return [...rows].map((m) => [m[1] ?? '', m[2] ?? '']);
}

test('every code that the server refuses with has its text in every language', () => {
  expect(codes().length).toBeGreaterThan(70);
  for (const [code, text] of codes()) {
    expect((en as TextsByKey)[problem + code], code).toBe(text);
    expect(inChinese.reason(code) ?? '', code).toMatch(/[\u4e00-\u9fff]/);
  }
  const known = new Set(codes().map(([code]) => problem + code));
  for (const key of Object.keys(en)) expect(!key.startsWith(problem) || known.has(key), key).toBe(true);
});

/** The texts in the program's own files, as formats: neighbours are one, as in C. */
function formats(): RegExp[] {
  const texts = sources.flatMap((file) => {
    const joined = file.replaceAll(/(?<!\\)"\s*\n\s*"/g, '');
    return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((m) => (m[1] ?? '').replaceAll('\\"', '"'));
  });
  const conversion = /%(?:\.\*s|s|zu|d|u|lld|llu|PRI\w+)/g;
  return [...new Set(texts)]
    .filter((t) => /[a-z]{2}/.test(t.replaceAll(conversion, '')))
    .map((t) => new RegExp(`^${t.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/%(?:\\\.\\\*s|s|zu|d|u|lld|llu)/g, '.*').replaceAll('%%', '%')}$`));
}

test('every sentence that is translated is one that the server says', () => {
  const said = formats();
  for (const [key, text] of Object.entries(en).filter(([k]) => k.startsWith(says)))
    expect(said.some((format) => format.test(text)), `${key}: ${text}`).toBe(true);
});

test('a sentence is said in another language with what stood in it', () => {
  expect(inChinese.sentence("there is no prompt 'a b'")).toBe('没有名为“a b”的 prompt');
  expect(inChinese.sentence("unknown member 'nam'; did you mean 'name'?")).toBe('未知成员“nam”；是否指“name”？');
  expect(inChinese.sentence('must have at most 64 characters')).toBe('最多 64 个字符');
  expect(inChinese.sentence('is missing')).toBe('缺少此项');
  expect(inChinese.sentence('what nobody has translated')).toBeUndefined();
  expect(translated('a $& b', patternsOf({ 'says.x': 'a {n} b' }), { 'says.x': 'b {n} {m}' })).toBe('b $& {m}');
});

test('a problem is told by its sentence, or by what its code stands for', () => {
  const of = (body: Record<string, unknown>) => [english, inChinese].map((language) => messageOf(body, language));
  expect(of({ reason: 'not_found', title: 'there is no such thing' })).toEqual(['there is no such thing', '不存在']);
  expect(of({ reason: 'conflict', title: 'it collides with something that exists', detail: 'it is not published' })).toEqual(['it is not published', '尚未发布']);
  expect(of({ reason: 'invalid', title: 'x', detail: 'only this once' })).toEqual(['only this once', '资源无效 (only this once)']);
  expect(of({ reason: 'newer', title: 'of a newer server' })).toEqual(['of a newer server', 'of a newer server']);
  expect(of({})).toEqual([undefined, undefined]);
});
