import { expect, test } from 'vitest';
import { Problem } from '../src/api/client.ts';
import { adviceOf, askedEvery, asSentence, faultsOf, isOffline, mayRetry, requestOf } from '../src/lib/failures.ts';

const problem = (status: number): Problem => new Problem(status, { title: 'x', request_id: 'r1' }, null);

test('a failure is told as a sentence', () => {
  expect(asSentence('the name or the password is wrong')).toBe('The name or the password is wrong.');
  expect(asSentence('Is it there?')).toBe('Is it there?');
  expect(asSentence('用户名或密码错误')).toBe('用户名或密码错误。');
  expect(asSentence('错误。')).toBe('错误。');
  expect(asSentence('')).toBe('');
});

test('with what can be done; a form says it at its fields', () => {
  expect([404, 409, 412, 429, 500, 503].map((status) => adviceOf(problem(status)))).toEqual(['error.do.404', undefined, 'error.do.412', 'error.do.429', 'error.do.500', 'error.do.500']);
  expect([400, 401, 422].map((status) => adviceOf(problem(status)))).toEqual([undefined, undefined, undefined]);
  expect(adviceOf(new TypeError('Failed to fetch'))).toBe('error.do.offline');
});

test('a missing permission is named, with who can give it; other refusals say it themselves, and none is tried again', () => {
  const missing = new Problem(403, { title: 'x', detail: 'this needs the permission audit:read', code: 'permission', params: { permission: 'audit:read' } }, null);
  expect([missing.permission, adviceOf(missing), mayRetry(missing)]).toEqual(['audit:read', 'error.do.403', false]);
  expect([problem(403).permission, adviceOf(problem(403)), mayRetry(problem(403))]).toEqual(['', undefined, false]);
  expect([problem(500), new TypeError('Failed to fetch')].map(mayRetry)).toEqual([true, true]);
  expect([missing, problem(500), null].map((error) => askedEvery(5000)({ state: { error } }))).toEqual([false, 5000, 5000]);
});

test('what a program did wrong is not the network', () => {
  expect(isOffline(new TypeError('NetworkError when attempting to fetch resource.'))).toBe(true);
  expect(isOffline(new TypeError('Failed to fetch dynamically imported module: /a.js'))).toBe(true);
  expect(isOffline(new TypeError('x is not a function'))).toBe(false);
  expect(isOffline(problem(500))).toBe(false);
});

test('the request is named where the gateway itself failed', () => {
  expect([403, 422, 500].map((status) => requestOf(problem(status)))).toEqual(['', '', 'r1']);
});

test('a fault is told once, with its place; a taken name says what to do', () => {
  const taken = { pointer: '/name', detail: "another account is named 'openai'" };
  const long = { pointer: '/policies/0/limit', detail: 'must be at most 10' };
  const one = new Problem(409, { detail: taken.detail, title: 'Conflict', errors: [taken] }, null);
  expect([faultsOf(one), adviceOf(one), asSentence(taken.detail, 'name')]).toEqual([{ place: 'name', others: [] }, 'error.do.taken', `${taken.detail}.`]);
  expect(faultsOf(new Problem(422, { detail: taken.detail, title: 'x', errors: [taken, long] }, null))).toEqual({ place: '', others: [taken, long] });
  expect(faultsOf(new Problem(422, { detail: 'two are wrong', title: 'x', errors: [long] }, null))).toEqual({ place: '', others: [long] });
  expect(faultsOf(new Error('x'))).toEqual({ place: '', others: [] });
});
