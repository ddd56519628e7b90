import { expect, test } from 'vitest';
import en from '../src/i18n/en.json';
import forms from '../src/i18n/forms.zh-CN.json';
import zh from '../src/i18n/zh-CN.json';
import { formTextsOf } from '../src/i18n/forms.ts';
import { idOf, languageOf, languages, languagesOf } from '../src/i18n/languages.ts';
import { ago, axisTimes, count, dollars, milliseconds, size } from '../src/lib/format.ts';
import { toYaml } from '../src/lib/yaml.ts';

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();

const files = import.meta.glob<{ default: object }>('../src/i18n/*.json', { eager: true });
const translated = Object.entries(files).filter(([path]) => !path.includes('/forms.') && !path.endsWith('/en.json'));
const tables = Object.entries(files).filter(([path]) => path.includes('/forms.'));

test.each(translated)('%s has every text, with the same holes', (_path, { default: texts }) => {
  expect(Object.keys(texts)).toEqual(Object.keys(en));
  for (const [key, text] of Object.entries(en))
    expect(holes((texts as Record<string, string>)[key] ?? ''), key).toEqual(holes(text));
});

test('a language is a file: its tag tells the rest', async () => {
  const texts = { default: { ...en, language: 'Sprache' } };
  const [first, ...others] = languagesOf({ './de.json': async () => texts, './pt-BR.json': async () => texts, './zh-CN.json': async () => texts });
  expect([first?.id, ...others.map((l) => [l.id, l.name, l.mark, l.locale])]).toEqual([
    'en',
    ['de', 'Deutsch', 'DE', 'de'],
    ['pt-BR', 'Português (Brasil)', 'PT', 'pt-BR'],
    ['zh-CN', '简体中文', '中', 'zh-CN'],
  ]);
  expect((await others[0]?.file?.fetch())?.default.language).toBe('Sprache');
  const among = languagesOf({ './de.json': async () => texts, './zh-CN.json': async () => texts });
  expect(['de', 'de-AT', 'zh-TW', 'en-GB', 'den', 'fr'].map((wish) => languageOf(wish, among).id)).toEqual(['de', 'de', 'zh-CN', 'en', 'en', 'en']);
  expect(['./de.json', './forms.de.json', './forms.zh-CN.json'].map(idOf)).toEqual(['de', 'de', 'zh-CN']);
});

test('the languages are those that have a file, and nothing but the files names one', () => {
  const ids = translated.map(([path]) => path.replace(/^.*\/|\.json$/g, ''));
  expect(languages.map((l) => l.id).sort()).toEqual(['en', ...ids].sort());
  const sources = import.meta.glob<string>(['../src/**/*.{ts,tsx}', '../vite.config.ts'], { eager: true, query: '?raw', import: 'default' });
  expect(Object.keys(sources).length).toBeGreaterThan(100);
  expect(Object.entries(sources).filter(([, text]) => ids.some((id) => text.includes(`'${id}'`) || text.includes(`/${id}.json`) || text.includes(`.${id}.json`))).map(([path]) => path)).toEqual([]);
});

const codes = (text: string): string[] => [...new Set([...text.matchAll(/`[^`]+`/g)].map((m) => m[0]))].sort();

test('what forms show: the same words of the program in both languages, and as the server has it without a translation', () => {
  for (const [path, { default: table }] of tables)
    for (const [english, text] of Object.entries((table as typeof forms).helps)) expect(codes(text), `${path}: ${english}`).toEqual(codes(english));
  const { help, label, labelAt, choice, policy } = formTextsOf(forms);
  expect([help('Refuse it.'), label('burst'), choice('period', 'day'), policy('rate_limit')]).toEqual(['拒绝它。', '突发上限', 'day — 每天', '请求限流']);
  expect([labelAt('/routes/0/policies/1', 'key'), labelAt('/tls', 'key'), labelAt('/keys/0', 'key'), labelAt('', 'key')]).toEqual(['按谁计数', '私钥', undefined, undefined]);
  expect([help('Of `x`.'), help(undefined), label('x'), choice('x', 'y'), policy('x')]).toEqual(['Of x.', '', undefined, 'y', undefined]);
});

test('numbers, money and times for people', () => {
  expect(count(1234, 'en-US')).toBe('1,234');
  expect(count(1_250_000, 'en-US')).toBe('1.3M');
  expect(dollars('0.000123', 'en-US')).toBe('$0.000123');
  expect(dollars('12.5', 'en-US')).toBe('$12.50');
  expect(dollars(null, 'en-US')).toBe('—');
  expect(milliseconds(12.34, 'en-US')).toBe('12.3 ms');
  expect(milliseconds(0.04, 'en-US')).toBe('0.04 ms'); // half of what is quick must not be nothing
  expect([size(933, 'en-US'), size(6300, 'en-US')]).toEqual(['933 B', '6.3 kB']);
  expect(milliseconds(2500, 'en-US')).toBe('2.5 s');
  expect(ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:03:00Z'), 'en-US')).toBe('3 minutes ago');
  expect(ago('never', 0, 'en-US')).toBe('never');
});

test('an axis of time speaks the language, and says each day once', () => {
  const at = (hour: number): number => new Date(2026, 0, 1, hour).getTime() / 1000;
  expect(axisTimes([at(18), at(21), at(24)], 3 * 3600, 'zh-CN')).toEqual(['18时\n1月1日', '21时', '0时\n1月2日']);
  expect(axisTimes([at(18), at(21)], 3 * 3600, 'en-US').map((text) => text.replaceAll('\u202f', ' '))).toEqual(['6 PM\nJan 1', '9 PM']);
  expect(axisTimes([at(0), at(48)], 2 * 86400, 'zh-CN')).toEqual(['1月1日', '1月3日']);
});

test('YAML that reads back as what it was', () => {
  expect(toYaml({ a: [{ b: 'x y', c: [1, true, null] }, 'yes', '1.5'], d: {}, e: [] })).toBe(
    'a:\n  - b: x y\n    c:\n      - 1\n      - true\n      - null\n  - "yes"\n  - "1.5"\nd: {}\ne: []\n',
  );
  expect(toYaml('a: b')).toBe('"a: b"\n');
});

/** One word for each thing in Chinese: the word that is not used, and that which is. */
const words: readonly (readonly [RegExp, string])[] = [
  [/工作空间/, '工作区'],
  [/[账帐]号|帐户/, '账户'],
  [/凭据/, '凭证'],
  [/登陆/, '登录'],
  [/厂商|提供商/, '供应商; 提供方 of identities'],
  [/令牌数|(?:输入|输出|上下文|首个)令牌|令牌\/秒/, '词元, of models; 令牌 are those that one signs in with'],
  [/你(?!好)/, '您'],
];

/** What is said to a model. */
const isOfModels = (key: string): boolean => key === 'playground.system.example';

test('Chinese has one word for each thing', () => {
  const all = [...Object.entries(zh), ...Object.values(forms).flatMap((part) => Object.entries(part))];
  for (const [wrong, right] of words) {
    expect(all.filter(([key, text]) => wrong.test(text) && !isOfModels(key)).map(([key]) => key), right).toEqual([]);
  }
  const ofModels = all.filter(([key]) => /^(?:home|playground|catalogue|trail|budgets|analytics)\./.test(key));
  expect(ofModels.length).toBeGreaterThan(100);
  expect(ofModels.filter(([, text]) => text.includes('令牌')).map(([key]) => key), '词元').toEqual([]);
});
