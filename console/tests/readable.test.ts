import { expect, test } from 'vitest';
import { placeBack, placeToSignIn } from '../src/lib/offered-places.ts';
import { readable } from '../src/lib/readable.ts';

test('JSON is shown in lines, unless something of it would be lost', () => {
  expect(readable('{"a":[1,"b c"]}')).toBe('{\n  "a": [\n    1,\n    "b c"\n  ]\n}');
  for (const text of ['', 'no json', '{"id":12345678901234567890}', '{"price":1.0}', '{"a":1,"a":2}']) expect(readable(text)).toBe(text);
});

test('who signs in comes back to a place of the portal, and to no other', () => {
  const place = '/services/a%40b?operation=c';
  expect(placeBack(placeToSignIn(place).replace('/login', ''))).toBe(place);
  expect(placeToSignIn('/')).toBe('/login');
  expect(placeToSignIn('/login?to=%2Fusage')).toBe('/login');
  for (const to of ['', '//evil.example', '/\\evil.example', 'https://evil.example', '~/login']) expect(placeBack(`?to=${encodeURIComponent(to)}`)).toBe('/');
});
