import { describe, expect, test } from 'vitest';
import { conditionsOfRule, movedRule, nameOf, rulesOf } from '../src/lib/model-rules.ts';

describe('rules of a model route', () => {
  test('conditions are told as people read them', () => {
    const when = {
      has: ['images', 'tools'],
      consumers: ['shop', 'web'],
      input_tokens: { min: 100 },
      headers: [{ name: 'x-a' }, { name: 'x-b', value: '1' }, { name: 'x-c', regex: 'v.' }],
      tags: { tier: 'gold' },
      hours: { from: '08:00', until: '18:00', days: ['mon', 'tue'], time_zone: 'UTC' },
      users: [],
    };
    expect(conditionsOfRule({ when })).toEqual([
      { member: 'has', texts: ['images', 'tools'], joint: 'and' },
      { member: 'consumers', texts: ['shop', 'web'], joint: 'or' },
      { member: 'input_tokens', texts: ['≥ 100'], joint: 'or' },
      { member: 'headers', texts: ['x-a', 'x-b = 1', 'x-c ~ v.'], joint: 'and' },
      { member: 'tags', texts: ['tier = gold'], joint: 'and' },
      { member: 'hours', texts: ['08:00 – 18:00 · mon, tue · UTC'], joint: 'or' },
    ]);
    expect(conditionsOfRule({ when: { input_tokens: { max: 9 } } })[0]?.texts).toEqual(['≤ 9']);
    expect(conditionsOfRule({ when: { input_tokens: { min: 1, max: 9 } } })[0]?.texts).toEqual(['1 – 9']);
    expect(conditionsOfRule({})).toEqual([]);
  });

  test('names are those that the gateway gives', () => {
    expect(rulesOf([{ name: 'a' }, {}, 'x']).map(nameOf)).toEqual(['a', 'rule 2']);
  });

  test('a rule moves by one place, and not beyond the ends', () => {
    expect(movedRule(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(movedRule(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
    expect(movedRule(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(movedRule(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
  });
});
