import { expect, test } from 'vitest';
import { limitOf, spanText } from '../src/lib/limits.ts';

test('spans are words, in the language of the page; others stay as they are', () => {
  expect(['1d', '90s', '500ms', '2w', 'month', '1y'].map((s) => spanText(s, 'en'))).toEqual(['1 day', '90 seconds', '500 milliseconds', '2 weeks', 'month', '1y']);
  expect(spanText('1d', 'zh-CN')).toBe('1天');
});

test('limits tell how much in how long, with what holds when nothing is said', () => {
  expect(limitOf({ type: 'rate_limit', limit: 100000, window: '1h' }, 'en')).toEqual({ amount: '100,000', span: 'hour' });
  expect(limitOf({ type: 'rate_limit', limit: 5 }, 'en')).toEqual({ amount: '5', span: 'second' });
  expect(limitOf({ type: 'token_limit', limit: 5 }, 'en').span).toBe('minute');
  expect(limitOf({ type: 'rate_limit', limit: 5, window: '10s' }, 'en').span).toBe('10 seconds');
  expect(limitOf({ type: 'budget', amount: '20', period: 'day' }, 'en')).toEqual({ amount: '$20.00', span: 'day' });
  expect(limitOf({ type: 'budget', tokens: 1000 }, 'en')).toEqual({ amount: '1,000', span: 'month' });
});
