import { expect, test } from 'vitest';
import errors from '../../src/base/err.def?raw';
import en from '../src/i18n/en.json';
import zh from '../src/i18n/zh-CN.json';
import table from '../../src/control/saying.def?raw';
import { english, messageOf, type TextsByKey, translatorOf } from '../src/lib/refusals.ts';

const sources = Object.values(import.meta.glob<string>('../../src/{base,codec,control,gate,snapshot,store}/**/*.c', { query: '?raw', import: 'default', eager: true }));
const inChinese = translatorOf(zh);
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

/** The sentences that have a code: it, the format, and the names of what stands in it. */
const sayings = [...table.matchAll(/^X\("(\w+)", "(.*)", "([\w ]*)"\)$/gm)].map(([, code = '', format = '', names = '']) => ({ code, format, names: names.split(' ').filter((n) => n !== '') }));

test('every sentence that has a code is one that the server says, as it stands in the table', () => {
  const said = sources.map((file) => file.replaceAll(/(?<!\\)"\s*\n\s*"/g, '')).join('\n'); // neighbours are one, as in C
  expect(sayings.length).toBeGreaterThan(80);
  for (const { code, format } of sayings) expect(said.includes(`"${format}"`), `${code}: ${format}`).toBe(true);
});

test('every code has its text in every language, with what stands in the sentence', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();
  for (const { code, format, names } of sayings) {
    let n = 0;
    const text = format.replaceAll(/%(?:\.\*s|s|d|u|zu|lld|llu)/g, () => `{${names[n++]}}`).replaceAll('%%', '%');
    expect((en as TextsByKey)[says + code], code).toBe(text);
    expect(holes((zh as TextsByKey)[says + code] ?? ''), code).toEqual([...names].sort());
    expect((zh as TextsByKey)[says + code], code).toMatch(/[\u4e00-\u9fff]|^\{side\}/);
  }
  const known = new Set(sayings.map(({ code }) => says + code));
  for (const key of Object.keys(en)) expect(!key.startsWith(says) || known.has(key), key).toBe(true);
});

test('a sentence is said in another language with what stood in it', () => {
  expect(inChinese.sentence('none', { kind: 'prompt', name: 'a b' })).toBe('没有名为“a b”的 prompt');
  expect(inChinese.sentence('unknown_near', { name: "it's {near}", near: 'name' })).toBe("未知成员“it's {near}”；是否指“name”？");
  expect(inChinese.sentence('bounds_counted', { side: 'at most', n: '64', counted: 'characters' })).toBe('至多 64 个字符');
  expect(inChinese.sentence('query_parameter', { name: 'q', why: 'must have at most 8 words' })).toContain('至多 8 个词');
  expect(inChinese.sentence('missing')).toBe('缺少此项');
  expect(inChinese.sentence('of_a_newer_server')).toBeUndefined();
  expect(inChinese.sentence(undefined)).toBeUndefined();
});

test('a problem is told by its sentence, or by what its reason stands for', () => {
  const of = (body: Record<string, unknown>) => [english, inChinese].map((language) => messageOf(body, language));
  expect(of({ reason: 'not_found', title: 'there is no such thing' })).toEqual(['there is no such thing', '不存在']);
  expect(of({ reason: 'conflict', title: 'it collides with something that exists', detail: 'it is not published', code: 'unpublished' })).toEqual(['it is not published', '尚未发布']);
  expect(of({ reason: 'invalid', title: 'x', detail: 'only this once' })).toEqual(['only this once', '资源无效 (only this once)']);
  expect(of({ reason: 'newer', title: 'of a newer server' })).toEqual(['of a newer server', 'of a newer server']);
  expect(of({})).toEqual([undefined, undefined]);
});

test('why an address could not be fetched is said in Chinese too', () => {
  const net = Object.values(import.meta.glob<string>('../../src/net/client_{dial,h1}.c', { query: '?raw', import: 'default', eager: true })).join('\n');
  const said = [...net.matchAll(/sl_outbound_fail\(c, [^,]+, "([^"]+)"\)/g), ...net.matchAll(/(?:return|:) "(no [^"]+|the [^"]+|handshake [^"]+)";/g)].map((m) => m[1] ?? '');
  const ours = said.filter((why) => !why.startsWith('no memory') && !why.startsWith('the request body')); // of requests with a body, and never without memory
  expect(ours.length).toBeGreaterThan(10);
  for (const why of ours) expect(inChinese.sentence('fetch_failed', { done: 'fetched', why }), why).toMatch(/^无法获取：[^a-z]*(TLS)?[^a-z]*$/);
});
