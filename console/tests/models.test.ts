import { expect, test } from 'vitest';
import flags from '../../src/ai/model_flag.def?raw';
import modes from '../../src/ai/model_mode.def?raw';
import en from '../src/i18n/en.json';
import zh from '../src/i18n/zh-CN.json';
import { modelAbilities, modelModes } from '../src/lib/models.ts';

const wordsOf = (table: string): string[] => [...table.matchAll(/^X\(\w+, "(\w+)"/gm)].map((m) => m[1] ?? '');

test('abilities and kinds of models are those of the program, with a text in every language', () => {
  expect([...modelAbilities]).toEqual(wordsOf(flags));
  expect([...modelModes]).toEqual(wordsOf(modes));
  for (const key of [...modelAbilities.map((a) => `ability.${a}`), ...modelModes.map((m) => `mode.${m}`)]) {
    expect(en).toHaveProperty([key]);
    expect(zh).toHaveProperty([key]);
  }
});
