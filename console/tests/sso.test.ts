import { expect, test } from 'vitest';
import { failureOf, returnTo } from '../src/lib/sso.ts';

test('where single sign-on leads back to: here, but never to the door', () => {
  expect(returnTo({ pathname: '/services/a%2Fb', search: '?tab=routes&sso_error=busy' })).toBe('/services/a%2Fb?tab=routes');
  expect(returnTo({ pathname: '/services', search: '' })).toBe('/services');
  expect(returnTo({ pathname: '/login', search: '?sso_error=busy' })).toBe('/');
  expect(returnTo({ pathname: '/portal/login', search: '' })).toBe('/portal');
  expect(returnTo({ pathname: '/portal/applications', search: '' })).toBe('/portal/applications');
});

test('why it came to nothing', () => {
  expect(failureOf({ search: '?sso_error=name_taken' })).toBe('name_taken');
  expect(failureOf({ search: '' })).toBeUndefined();
});
