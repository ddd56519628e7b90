import { expect, test } from 'vitest';
import { daysLeft, namesOf, splitPem, toneOf } from '../src/lib/pem.ts';

const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const [own, issuer, key] = [pem('CERTIFICATE', 'b3du'), pem('CERTIFICATE', 'aXNzdWVy'), pem('EC PRIVATE KEY', 'a2V5')];

test('a text with certificates and a key is taken apart, in order, without what stands around them', () => {
  expect(splitPem(`subject=CN = a\n${own}\n${key}issuer\n${issuer}`)).toEqual({ certificate: own + issuer, key });
  expect(splitPem(own)).toEqual({ certificate: own, key: '' });
  expect(splitPem(pem('PRIVATE KEY', 'x'))).toEqual({ certificate: '', key: pem('PRIVATE KEY', 'x') });
  expect(splitPem(`${own.trimEnd()}`)).toEqual({ certificate: own, key: '' });
  expect(splitPem('-----BEGIN CERTIFICATE-----\nb3du')).toEqual({ certificate: '', key: '' });
  expect(splitPem(pem('EC PARAMETERS', 'x'))).toEqual({ certificate: '', key: '' });
  expect(splitPem('')).toEqual({ certificate: '', key: '' });
});

test('names are told apart however they are listed', () => {
  expect(namesOf('a.example, *.a.example\nb.example;c.example')).toEqual(['a.example', '*.a.example', 'b.example', 'c.example']);
  expect(namesOf(' ')).toEqual([]);
});

test('days are whole ones, and the fewer the louder', () => {
  const now = Date.parse('2026-11-27T12:00:00Z');
  expect(daysLeft('2026-11-28T11:00:00Z', now)).toBe(0);
  expect(daysLeft('2026-12-27T12:00:00Z', now)).toBe(30);
  expect(daysLeft('2026-11-27T11:00:00Z', now)).toBe(-1);
  expect(daysLeft('soon', now)).toBeUndefined();
  expect(daysLeft(undefined, now)).toBeUndefined();
  expect([undefined, -1, 6, 7, 29, 30].map((days) => toneOf(days))).toEqual(['plain', 'bad', 'bad', 'warn', 'warn', 'good']);
});
