/** The editor of prompts: written, tried against a model, saved, and called as the API that it becomes. */
import { expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-a'] });
  await admin.create('models', { name: 'fast', targets: [{ account: 'main', model: 'mock-1' }] });
  await admin.create('services', { name: 'ai', kind: 'ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('ai');
  await admin.create('prompts', { name: 'mood', model: 'fast', template: 'Mood of {{text}}', variables: [{ name: 'text' }, { name: 'times', type: 'integer', default: '2' }] });
  await admin.create('services', { name: 'texts', kind: 'prompt', prefix: '/texts', prompts: ['mood'], policies: [{ type: 'key_auth' }] });
  await admin.publish('texts');
});

const asked = async (text: string): Promise<unknown> =>
  eventually(async () => (await mock.now.seen()).find((r) => r.body.includes(text)), { within: 20_000, what: `a request with "${text}"` });

test('a prompt is written with its variables, asked before it is saved, and made', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/prompts/new');
  const { page } = watched;
  await page.getByLabel(/^Name/).fill('greeting');
  await page.getByRole('combobox', { name: /^Model/ }).fill('fast');
  await page.keyboard.press('Escape');
  await page.getByLabel('Template', { exact: true }).fill('Greet {{who}} in {{language}}, not \\{{this}}');
  const variables = page.getByRole('group', { name: 'Variables' });
  await variables.locator('summary', { hasText: 'language' }).click();
  await variables.getByRole('button', { name: /More settings/ }).click();
  await variables.getByRole('textbox', { name: 'Default' }).fill('Latin');
  await variables.getByText('optional', { exact: true }).first().waitFor();
  const bench = page.getByRole('complementary', { name: 'Try it' });
  await bench.getByLabel('who').fill('Marcus');
  await bench.getByText('Greet Marcus in Latin, not {{this}}').waitFor();
  await expectAccessible(page, 'a new prompt');
  await bench.getByRole('button', { name: 'Make a key for a day' }).click();
  await bench.getByText('Made for the consumer').waitFor();
  await bench.getByRole('button', { name: 'Ask the model' }).click();
  await bench.getByText(/^200 /).waitFor();
  await asked('Greet Marcus in Latin, not {{this}}');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'greeting', level: 1 }).waitFor();
  const made = (await desk.admin.get('/prompts/greeting')).body;
  expect(made.variables).toEqual([{ name: 'who' }, { name: 'language', default: 'Latin' }]);
  await leave(watched);
});

test('what is saved is called as the API that publishes it, and gets another version', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/prompts/mood');
  const { page } = watched;
  const bench = page.getByRole('complementary', { name: 'Try it' });
  await page.getByRole('group', { name: 'Variables' }).getByText('in none of the texts').waitFor();
  await bench.getByRole('button', { name: 'Make a key for a day' }).click();
  await bench.getByText('Made for the consumer').waitFor();
  await bench.getByLabel('text', { exact: true }).fill('a sunny day');
  const api = bench.getByRole('region', { name: 'Published by texts' });
  await api.getByText(`'${desk.gateway.url}/texts/mood'`).waitFor();
  await api.getByText(`-d '{"text":"a sunny day","times":2}'`).waitFor();
  await api.getByRole('button', { name: 'Send' }).click();
  await api.getByText(/^200 /).waitFor();
  await asked('Mood of a sunny day');
  await expectAccessible(page, 'a prompt');
  await bench.getByRole('link', { name: 'New version' }).click();
  await page.waitForURL(/prompts\/new\?from=mood/);
  await page.getByRole('heading', { name: 'Create: Prompts', level: 1 }).waitFor();
  await page.getByRole('textbox', { name: /^Version/ }).fill('v2');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'mood@v2', level: 1 }).waitFor();
  await page.getByRole('list', { name: 'Versions' }).getByRole('link', { name: 'v2' }).waitFor();
  expect((await desk.admin.get('/prompts/mood@v2')).body.template).toBe('Mood of {{text}}');
  await leave(watched);
});

test('two versions share the calls, are compared, and one is promoted', async () => {
  const prompt = { name: 'tale', model: 'fast', template: 'Tale of {{text}}', variables: [{ name: 'text' }] };
  await desk.admin.create('prompts', prompt);
  await desk.admin.create('services', { name: 'tales', kind: 'prompt', prefix: '/tales', prompts: ['tale'] });
  await desk.admin.publish('tales');
  const watched = await signIn(desk.browser, desk.gateway, '/prompts/tale?tab=trial');
  const { page } = watched;
  await page.getByText('There is one version only.').waitFor();
  await desk.admin.create('prompts', { ...prompt, version: 'v2', template: 'Short tale of {{text}}' });
  await page.reload();
  await page.getByLabel('Its share (percent)').fill('100');
  await expectAccessible(page, 'an A/B to be started');
  await page.getByRole('button', { name: 'Start the A/B' }).click();
  const table = page.getByRole('region', { name: 'Versions compared: tales' });
  await table.getByRole('row', { name: /^tale@v2 100 %/ }).waitFor();
  const ask = async (): Promise<string | null> =>
    (await fetch(`${desk.gateway.url}/tales/tale`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"sea"}' })).headers.get('x-sluice-prompt');
  await eventually(async () => (await ask()) === 'tale@v2', { within: 20_000, what: 'the other version' });
  await table.getByRole('row', { name: /^tale@v2 100 % [1-9]/ }).waitFor();
  await page.getByLabel('Share of tale@v2 (percent)').fill('40');
  await page.getByRole('button', { name: 'Change the shares' }).click();
  await table.getByRole('row', { name: /^tale 60 %/ }).waitFor();
  await expectAccessible(page, 'an A/B');
  const undo = page.getByRole('button', { name: 'Undo' });
  await undo.click(); // of the shares
  await table.getByRole('row', { name: /^tale@v2 100 %/ }).waitFor();
  await undo.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'End it: only tale' }).click();
  await page.getByRole('button', { name: 'Start the A/B' }).waitFor();
  await undo.click(); // of the end
  await table.getByRole('row', { name: /^tale@v2 100 %/ }).waitFor();
  await undo.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Promote tale@v2' }).click();
  await page.getByRole('button', { name: 'Start the A/B' }).waitFor();
  await undo.click(); // of the promotion
  await table.getByRole('row', { name: /^tale@v2 100 %/ }).waitFor();
  expect((await desk.admin.get('/prompts/tale')).body).toMatchObject({ template: 'Tale of {{text}}', trial: { arms: [{ prompt: 'tale@v2', percent: 100 }] } });
  await undo.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Promote tale@v2' }).click();
  await page.getByRole('button', { name: 'Start the A/B' }).waitFor();
  expect((await desk.admin.get('/prompts/tale')).body.template).toBe('Short tale of {{text}}');
  await leave(watched);
});

test('in Chinese, too', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/prompts/mood', { locale: 'zh-CN' });
  await watched.page.getByLabel('模板').waitFor();
  await watched.page.getByRole('button', { name: '询问模型' }).waitFor();
  await leave(watched);
});
