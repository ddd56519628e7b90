import { expect, test } from 'vitest';
import en from '../src/i18n/en.json';
import zh from '../src/i18n/zh-CN.json';
import { ago, count, dollars, milliseconds } from '../src/lib/format.ts';
import { toYaml } from '../src/lib/yaml.ts';

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();

test('every language has every text, with the same holes', () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  for (const [key, text] of Object.entries(en))
    expect(holes((zh as Record<string, string>)[key] ?? ''), key).toEqual(holes(text));
});

test('numbers, money and times for people', () => {
  expect(count(1234, 'en-US')).toBe('1,234');
  expect(count(1_250_000, 'en-US')).toBe('1.3M');
  expect(dollars('0.000123', 'en-US')).toBe('$0.000123');
  expect(dollars('12.5', 'en-US')).toBe('$12.50');
  expect(dollars(null, 'en-US')).toBe('—');
  expect(milliseconds(12.34, 'en-US')).toBe('12.3 ms');
  expect(milliseconds(2500, 'en-US')).toBe('2.5 s');
  expect(ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:03:00Z'), 'en-US')).toBe('3 minutes ago');
  expect(ago('never', 0, 'en-US')).toBe('never');
});

test('YAML that reads back as what it was', () => {
  expect(toYaml({ a: [{ b: 'x y', c: [1, true, null] }, 'yes', '1.5'], d: {}, e: [] })).toBe(
    'a:\n  - b: x y\n    c:\n      - 1\n      - true\n      - null\n  - "yes"\n  - "1.5"\nd: {}\ne: []\n',
  );
  expect(toYaml('a: b')).toBe('"a: b"\n');
});
