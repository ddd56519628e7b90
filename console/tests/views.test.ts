import { expect, test } from 'vitest';
import { askedOf, isSame, newKey, searchOf } from '../src/lib/views.ts';

test('a view is what its address asks, as far as the server can keep it', () => {
  const asked = (text: string) => askedOf(new URLSearchParams(text));
  expect(asked('group=team,model&since=7d&measure=cost&service=orders&model=')).toEqual({ group_by: ['team', 'model'], since: '7d', measure: 'cost', filters: { service: 'orders', model: '' } });
  expect(asked('')).toEqual({});
  expect(asked('group=team,team,colour&since=soon&measure=joy&view=x&colour=red')).toEqual({ group_by: ['team'] });
});

test('its address is the same that it was kept from', () => {
  for (const text of ['group=team%2Cmodel&since=7d&measure=cost&service=orders', 'since=1h', '', 'group=status&status=404&model='])
    expect(searchOf(askedOf(new URLSearchParams(text))).toString()).toBe(text);
  expect(searchOf({ group_by: ['team'] }, 'mine').toString()).toBe('view=mine&group=team');
});

test('two views are told apart by what they ask', () => {
  expect(isSame({ group_by: ['team'], since: '1h' }, { since: '1h', group_by: ['team'] })).toBe(true);
  expect(isSame({ filters: { team: 'a' } }, { filters: { team: 'b' } })).toBe(false);
  expect(isSame({}, { group_by: [], filters: {} })).toBe(true);
});

test('names for the server differ, and are as it takes them', () => {
  expect(newKey()).toMatch(/^view-[0-9a-f]{16}$/);
  expect(newKey()).not.toBe(newKey());
  expect(newKey('ann')).toMatch(/^ann\.view-[0-9a-f]{16}$/);
});
