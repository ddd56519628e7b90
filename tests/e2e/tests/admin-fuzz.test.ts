/**
 * The admin API against itself: requests made from its own description by fast-check. Whatever is sent, no
 * answer is a 5xx, every problem is one of RFC 9457, and what a success says has the shape that was promised.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Admin, adminPassword, type Answer } from '../harness/admin.ts';
import type { Json } from '../harness/sluice.ts';
import { Sluice } from '../harness/sluice.ts';

type Schema = any;

const runs = Number(process.env['E2E_FUZZ_RUNS'] ?? 25);
/** The same requests each time, unless told otherwise. */
const seed = Number(process.env['E2E_FUZZ_SEED'] ?? 20261126);
let gateway: Sluice;
let admin: Admin;
let api: any;
let ajv: any;

beforeAll(async () => {
  gateway = await Sluice.start({}, { env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
  admin = await Admin.login(gateway);
  api = (await admin.get('/openapi.json')).body;
  ajv = new Ajv2020({ strict: false, allErrors: false });
  // The plug-in's types lag behind its CommonJS export.
  (addFormats as unknown as (a: unknown) => void)(ajv);
  ajv.addFormat('password', true);
  ajv.addFormat('regex', true);
  ajv.addSchema({ $id: 'api', components: api.components });
});

afterAll(() => gateway.stop());

/** Texts that trip parsers: empty, long, other scripts, bidi marks, control characters, look-alikes of our syntax. */
const nasty = fc.constantFrom(
  '', ' ', 'a'.repeat(300), 'café', '‮gnp', 'a/b', '../..', '%00', '\u0000', '\n', 'sealed:0123456789abcdef',
  '${env:HOME}', 'null', '1e999', '-1', '*', '~^(', 'http://', 'http://[::1', 'http://h:99999', '1d', '9999999d', 'default',
);

/** A value of a schema or, now and then, of none. */
function valueOf(schema: Schema, depth = 0): fc.Arbitrary<Json> {
  const wild: fc.Arbitrary<Json> = fc.oneof(nasty, fc.integer(), fc.constantFrom<Json>(null, true, [], {}, [null], { a: 1 }));
  const fitting: fc.Arbitrary<Json> = goodValue(schema, depth);
  const usual = schema.default === undefined ? fitting : fc.oneof(fc.constant<Json>(schema.default), fitting);
  return fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: wild });
}

function goodValue(schema: Schema, depth: number): fc.Arbitrary<Json> {
  if (schema.enum) return fc.constantFrom(...(schema.enum as Json[]));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return fc.oneof({ weight: 9, arbitrary: fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1) }) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, 2 ** 53) });
  if (type === 'array') return depth > 3 ? fc.constant([]) : fc.array(valueOf(schema.items ?? {}, depth + 1), { maxLength: 3 });
  if (type === 'object') return depth > 3 ? fc.constant({}) : objectOf(schema, depth);
  if (type === 'string' && schema.format === 'uri') return fc.oneof({ weight: 9, arbitrary: fc.constantFrom('http://127.0.0.1:1', 'https://e.example/x') }, { weight: 1, arbitrary: nasty });
  if (type === 'string' && schema.format === 'date-time') return fc.constantFrom('2026-01-31T12:00:00Z', '2099-12-31T23:59:60Z', '1970-01-01T00:00:00-23:59');
  if (type === 'string' && schema.pattern) return fc.oneof({ weight: 9, arbitrary: fc.constantFrom('5s', '1m', '64KiB', '0.25', '1') }, { weight: 1, arbitrary: nasty });
  if (type === 'string') return fc.oneof({ weight: 9, arbitrary: fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/) }, { weight: 1, arbitrary: nasty });
  return fc.oneof(fc.constant<Json>([{ type: 'key_auth' }]), fc.constant<Json>([{ type: 'rate_limit', limit: 5, window: '1m' }]), nasty);
}

function objectOf(schema: Schema, depth: number): fc.Arbitrary<Json> {
  const properties: Record<string, Schema> = schema.properties ?? {};
  const members: Record<string, fc.Arbitrary<Json>> = {};
  for (const [name, member] of Object.entries(properties)) members[name] = valueOf(member, depth + 1);
  const required = (schema.required ?? []).filter((name: string) => name in members);
  return fc.record(members, { requiredKeys: required as never[] }).map((o) => o as Json);
}

function check(answer: Answer, schema: Schema, what: string): void {
  expect(answer.status, `${what}: ${JSON.stringify(answer.body)}`).toBeLessThan(500);
  const wanted = answer.status >= 400 ? { $ref: 'api#/components/schemas/Problem' } : schema;
  if (wanted === undefined || answer.status === 204 || answer.status === 304) return;
  const isValid = ajv.validate(wanted, answer.body);
  expect(isValid, `${what}: ${ajv.errorsText()} in ${JSON.stringify(answer.body)}`).toBe(true);
  if (answer.status >= 400) expect(answer.headers.get('content-type')).toBe('application/problem+json');
}

const local = (schema: Schema): Schema => JSON.parse(JSON.stringify(schema ?? null)?.replaceAll('"#/components', '"api#/components') ?? 'null') ?? undefined;
const resultOf = (operation: any): Schema => {
  const status = Object.keys(operation.responses).find((s) => s !== 'default') ?? '';
  return local(operation.responses[status].content?.['application/json']?.schema);
};

/** Key sets are fetched in between, and their status says how that went. */
const asSent = (short: string, body: Record<string, unknown>) => (short === '/key-sets' ? { ...body, status: undefined } : body);

test('creations, changes and reads made from the description', async () => {
  const created = new Map<string, number>();
  const nouns = Object.entries<any>(api.paths).filter(([path, item]) => item.post && item.get && !path.includes('{'));
  for (const [path, item] of nouns) {
    const reference: string | undefined = item.post.requestBody?.content['application/json'].schema.$ref;
    if (reference === undefined) continue;
    const input = api.components.schemas[reference.split('/').at(-1) ?? ''];
    const short = path.replace('/api/v1', '');
    const one = api.paths[`${path}/{key}`];
    await fc.assert(
      fc.asyncProperty(objectOf(input, 0), objectOf(input, 0), async (body, patch) => {
        const made = await admin.post(short, body);
        check(made, resultOf(item.post), `POST ${short} ${JSON.stringify(body)}`);
        if (made.status !== 201) return;
        created.set(short, (created.get(short) ?? 0) + 1);
        const key = encodeURIComponent(made.body.key);
        const got = await admin.get(`${short}/${key}`);
        check(got, resultOf(one.get), `GET ${short}/${key}`);
        expect(got.status).toBe(200);
        // What was got can be put, and is the same then.
        const put = await admin.put(`${short}/${key}`, got.body);
        check(put, resultOf(one.put), `PUT ${short}/${key}`);
        expect(asSent(short, put.body), JSON.stringify(body)).toEqual(asSent(short, got.body));
        check(await admin.patch(`${short}/${key}`, patch), resultOf(one.patch), `PATCH ${short} ${JSON.stringify(patch)}`);
        check(await admin.get(`${short}?limit=3`), resultOf(item.get), `GET ${short}`);
        check(await admin.delete(`${short}/${key}`), undefined, `DELETE ${short}/${key}`);
      }),
      { numRuns: runs, seed },
    );
  }
  // Some must get through, or nothing was tried.
  expect([...created.values()].filter((n) => n >= 3).length).toBeGreaterThanOrEqual(4);
  expect((await admin.get('/audit/verify')).body.is_whole).toBe(true);
}, 300_000);

test('operations with bodies, keys and queries of any kind', async () => {
  const operations = Object.entries<any>(api.paths).flatMap(([path, item]) =>
    Object.entries<any>(item).map(([method, operation]) => ({ path: path.replace('/api/v1', ''), method: method.toUpperCase(), operation })),
  );
  const harmless = operations.filter(({ path }) => !['/login', '/logout', '/me/password'].includes(path));
  const text = fc.oneof(nasty, fc.string({ maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...harmless), text, text, fc.json({ maxDepth: 3 }), async (target, key, query, body) => {
      const path = target.path.replace('{key}', encodeURIComponent(key) || 'x');
      const suffix = fcQuery(query);
      const hasBody = target.method !== 'GET' && target.method !== 'DELETE';
      const answer = await admin.call(target.method, path + suffix, hasBody ? (JSON.parse(body) as Json) : undefined, { 'if-match': '*' });
      expect(answer.status, `${target.method} ${path}${suffix} ${body}`).toBeLessThan(500);
      if (answer.status >= 400) check(answer, undefined, `${target.method} ${path}`);
    }),
    { numRuns: runs * 20, seed },
  );
}, 300_000);

const fcQuery = (text: string): string => `?limit=${encodeURIComponent(text)}&q=${encodeURIComponent(text)}&cursor=${encodeURIComponent(text)}`;
