import { expect, test } from 'vitest';
import { headersOf } from '../src/lib/headers.ts';

test('one field a line, without what stands around', () => {
  expect(headersOf(' Host: a.example:80 \n\nx-beta:yes\r\n')).toEqual({ Host: 'a.example:80', 'x-beta': 'yes' });
  expect(headersOf('')).toEqual({});
});

test('a name alone has no value', () => {
  expect(headersOf('x-a')).toEqual({ 'x-a': '' });
});
