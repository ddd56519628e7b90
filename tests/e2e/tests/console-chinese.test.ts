/** Forms in Chinese: everything that the API's description says of a field has its translation, and no translation is left over. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { nounsOf, type OpenApi, type Schema } from '../../../console/src/api/openapi.ts';
import { membersOf, plain } from '../../../console/src/lib/schema.ts';
import { leave, signIn } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const textsOf = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../../console/src/i18n/${name}`, import.meta.url), 'utf8')) as T;

const chinese = textsOf<Record<'helps' | 'labels' | 'choices' | 'policies', Record<string, string>>>('forms.zh-CN.json');
const common = textsOf<Record<string, string>>('zh-CN.json');

/** Members whose choices are names of the world outside, the same in every language. */
const untranslated = new Set(['algorithm', 'method', 'dialect', 'auth', 'max_tokens_field', 'reasoning', 'usage', 'codes', 'refuse_with', 'status']);

const shown = { helps: new Set<string>(), labels: new Set<string>(), choices: new Set<string>(), policies: new Set<string>() };
const desk = useConsole();

/** Names in their groups: only those that mean another thing there have a text. */
const grouped = new Set<string>();

function look(doc: OpenApi, schema: Schema, group = ''): void {
  for (const { name, widget, schema: member } of membersOf(doc, schema)) {
    grouped.add(`${group}.${name}`);
    if (member.description) shown.helps.add(member.description);
    if (common[`field.${name}`] === undefined) shown.labels.add(name);
    if (widget === 'choice' && !untranslated.has(name)) for (const value of member.enum ?? []) shown.choices.add(`${name}.${String(value)}`);
    if (widget === 'object') look(doc, member, name);
    if (widget === 'objects') look(doc, plain(doc, member.items), name);
  }
}

beforeAll(async () => {
  const doc = (await desk.admin.get('/openapi.json')).body as OpenApi;
  const types = (await desk.admin.get('/policy-types')).body.items as { name: string; summary: string; schema: Schema }[];
  for (const { plural, summary, schema, verbs, actions } of nounsOf(doc)) {
    if (verbs.has('create') && common[`what.${plural}`] === undefined) shown.helps.add(summary);
    if (verbs.has('create') || verbs.has('replace') || verbs.has('patch')) look(doc, schema);
    for (const action of actions) {
      shown.helps.add(action.summary);
      if (action.body !== undefined) look(doc, plain(doc, action.body));
    }
  }
  for (const type of types) {
    shown.policies.add(type.name);
    shown.helps.add(type.summary);
    look(doc, type.schema, 'policies');
  }
});

describe('forms in Chinese', () => {
  test.each(['helps', 'labels', 'choices', 'policies'] as const)('%s: each has its translation, each translation is of something', (what) => {
    expect(shown[what].size).toBeGreaterThan(10); // they were found
    expect([...shown[what]].filter((text) => (chinese[what][text] ?? '') === ''), 'to be translated in console/src/i18n/forms.zh-CN.json').toEqual([]);
    expect(Object.keys(chinese[what]).filter((text) => !shown[what].has(text) && !(what === 'labels' && grouped.has(text))), 'translations of nothing').toEqual([]);
  });

  test('what is chosen, allowed and decided is told in words, not as it is written', async () => {
    const { admin } = desk;
    await admin.create('consumers', { name: 'told' });
    await admin.create('services', { name: 'told', url: 'http://127.0.0.1:9', visibility: 'public' });
    await admin.create('plans', { name: 'told', approval: 'manual' });
    await admin.create('subscriptions', { consumer: 'told', service: 'told', plan: 'told' });
    await admin.publish('told');
    const watched = await signIn(desk.browser, desk.gateway, '/services/told', { locale: 'zh-CN' });
    const { page } = watched;
    await page.getByText('所有人', { exact: true }).waitFor();
    await page.goto('/services/told?tab=subscribers');
    await page.getByRole('tabpanel').getByText('已批准', { exact: true }).waitFor();
    await page.goto('/plans');
    await page.getByText('人工审批', { exact: true }).waitFor();
    await page.goto('/releases');
    await page.getByRole('columnheader', { name: '编号' }).waitFor();
    await page.goto('/roles/new');
    await page.getByRole('checkbox', { name: '审计日志: 查看' }).waitFor();
    await leave(watched);
  });

  test('help, name and choice stand at the field', async () => {
    const watched = await signIn(desk.browser, desk.gateway, '/upstreams/new', { locale: 'zh-CN' });
    const { page } = watched;
    await page.getByText('运行的位置。直接写文本即 {url: ...} 的简写。').waitFor();
    await page.getByRole('button', { name: /更多设置/ }).first().click();
    await page.getByText('按权重轮询；两者中较空闲的；').waitFor();
    await page.getByRole('button', { name: /负载均衡/ }).click();
    await page.getByRole('option', { name: 'ewma — 应答最快者' }).waitFor();
    await page.keyboard.press('Escape');
    await leave(watched);
  });
});
