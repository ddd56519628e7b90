/// <reference types="vite/client" />
import { expect, test } from 'vitest';
import server from '../../src/control/look.c?raw';
import css from '../src/theme.css?raw';
import { hueOf, initialsOf } from '../src/components/mark.tsx';
import { colourTokens } from '../src/lib/look.ts';
import { countdown } from '../src/lib/format.ts';
import { covers, permissionsOf, toggled } from '../src/lib/permissions.ts';
import { examplesOf, filled } from '../src/lib/routes.ts';
import { healthOf, sparkOf } from '../src/lib/services.ts';
import { draftOf, stepsOf, stepsOfDraft, targetsOf, withStep } from '../src/lib/targets.ts';

test('targets in their steps, each with its share', () => {
  const steps = stepsOf([
    { account: 'a', model: 'x', weight: 90 },
    { account: 'b', model: 'y', weight: 10 },
    { model: 'c/z/1', order: 2 },
  ]);
  expect(steps.map((s) => s.targets.map((t) => [t.account, t.model, t.share]))).toEqual([
    [['a', 'x', 0.9], ['b', 'y', 0.1]],
    [['c', 'z/1', 1]],
  ]);
  expect(stepsOf('a/b')[0]?.targets[0]).toMatchObject({ account: 'a', model: 'b', share: 1 });
  expect(stepsOf(undefined)).toEqual([]);
  expect(stepsOf([{ account: 'a', model: 'x', weight: 0 }])[0]?.targets[0]?.share).toBe(0);
});

test('requests that a service takes, made of its routes', () => {
  expect(filled('/orders/{id}/items/*')).toBe('/orders/1/items/');
  expect(examplesOf({ name: 'shop' })[0]?.path).toBe('/shop/');
  expect(examplesOf({ name: 'ai', kind: 'ai' })[0]?.path).toBe('/v1/models');
  expect(examplesOf({ prefix: '/p', operations: [{ method: 'POST', path: '/pets/{id}' }] })[0]).toMatchObject({ method: 'POST', path: '/p/pets/1' });
  const routes = examplesOf({
    prefix: '/v2',
    hosts: ['*.example.com'],
    routes: [{ path: '/a', methods: ['POST', 'PUT'] }, { paths: ['/b', '/c/{x}'], hosts: ['h'] }],
  });
  expect(routes.map((r) => `${r.method} ${r.host}${r.path} ${r.methods}`)).toEqual([
    'POST www.example.com/v2/a POST PUT',
    'GET h/v2/b *',
    'GET h/v2/c/1 *',
  ]);
});

test('routes: what a request must have beside its path', () => {
  const [a, b] = examplesOf({ name: 's', routes: [{ path: '/a', hosts: ['h'], headers: [{ name: 'x', value: 'y' }, { name: 'z' }], queries: [{ name: 'q', regex: 'v.' }] }, { name: 'rest' }] });
  expect(a).toMatchObject({ name: '/a', conditions: ['h', 'x = y', 'z', '?q ~ v.'] });
  expect(b).toMatchObject({ name: 'rest', pattern: '/*', conditions: [] });
});

test('permissions: what is covered, and what a tick leaves', () => {
  const doc = {
    info: { title: '', version: '' },
    paths: {
      '/a': { get: { 'x-permission': 'a:read' }, post: { 'x-permission': 'a:create' } },
      '/b': { get: { 'x-permission': 'b:read' }, put: {} },
    },
  };
  const all = permissionsOf(doc as never);
  expect([...all]).toEqual([['a', ['read', 'create']], ['b', ['read']]]);
  expect(covers(['*:read'], 'b:read')).toBe(true);
  expect(covers(['a:*'], 'b:read')).toBe(false);
  expect(toggled([], 'a:read', all)).toEqual(['a:read']);
  expect(toggled(['a:read'], 'a:read', all)).toEqual([]);
  expect(toggled(['*:*'], 'a:create', all)).toEqual(['a:read', 'b:read']);
  expect(toggled(['*:read', 'a:create', 'x:y'], 'a:read', all)).toEqual(['b:read', 'a:create', 'x:y']);
});

test('initials and colours of names', () => {
  expect(['OpenAI', 'Mistral AI', 'Alibaba Cloud (Qwen) CN', '302.AI', ''].map(initialsOf)).toEqual(['OP', 'MA', 'AC', '3A', '']);
  expect(hueOf('OpenAI')).toBe(hueOf('OpenAI'));
  expect(hueOf('深度求索')).toBeLessThan(8);
});

test('a look sets only what it has', () => {
  expect(colourTokens({})).toEqual({});
  expect(Object.keys(colourTokens({ accent: '#7a2ea0' }))).toEqual(['--accent-light', '--accent-tint']);
});

test('the grounds that colours are checked against are those of the pages', () => {
  const [light, dark] = [...server.matchAll(/\.grounds = \{(.+)\},/g)].map((m) => (m[1] ?? '').replaceAll(/[{} ]|0x/g, '').replaceAll(',', ''));
  const grounds = ['ground', 'surface', 'raised'].map((name) => new RegExp(`--${name}: light-dark\\(#(\\w+), #(\\w+)\\)`).exec(css));
  expect(light).toBe(grounds.map((m) => m?.[1]).join(''));
  expect(dark).toBe(grounds.map((m) => m?.[2]).join(''));
});

test('what is left of a time', () => {
  expect([7000, 6001, 299_000, 3_600_000, 3_661_000, 0, -5].map(countdown)).toEqual(['0:07', '0:07', '4:59', '1:00:00', '1:01:01', '', '']);
});

test('targets come out of their form as they went in, and stand a step sooner or later', () => {
  const written = [{ account: 'a', model: 'x' }, { account: 'b', model: 'y', weight: 3 }, { account: 'c', model: 'z', order: 2, stream: 'never' }];
  const drafts = draftOf(written);
  expect(targetsOf(drafts)).toEqual(written);
  expect(targetsOf(draftOf(['a/x']))).toEqual([{ account: 'a', model: 'x' }]);
  expect(stepsOfDraft(drafts).map((s) => s.targets.map((t) => t.share))).toEqual([[0.25, 0.75], [1]]);
  expect(withStep(drafts, 1, 1).map((d) => d.order)).toEqual([0, 2, 2]);
  expect(withStep(drafts, 2, 1).map((d) => d.order)).toEqual([0, 0, 3]);
  expect(withStep(drafts, 0, -1).map((d) => d.order)).toEqual([0, 0, 2]);
});

test('the health of a service is that of its endpoints and its requests', () => {
  const of = (states: string[], failures = 0, requests = 100) => healthOf(states.map((state) => ({ state })), { requests, failures }).id;
  expect(of(['up', 'drained'])).toBe('good');
  expect(of(['up', 'ejected'])).toBe('partly');
  expect(of(['down', 'ejected'])).toBe('down');
  expect(of(['up'], 5)).toBe('failing');
  expect(of([], 0, 0)).toBe('idle');
  expect(healthOf([], undefined).id).toBe('idle');
});

test('a line of numbers is as high as its greatest', () => {
  expect(sparkOf([0, 4])).toBe('0.0,23.0 100.0,1.0');
  expect(sparkOf([])).toBe('');
});
