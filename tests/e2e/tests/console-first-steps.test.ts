/** The first minutes of a provider, on the home page: from a vendor's key to the traffic of an application. */
import { expect, test, vi } from 'vitest';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 120_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const mock = useMock();
const desk = useConsole();

test('seven steps are done on the page, and ticked off by what exists', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/');
  const { page } = watched;
  page.setDefaultTimeout(60_000);
  const card = page.getByRole('region', { name: 'First steps' });
  await card.getByText('0 of 7 done').waitFor();
  const step = (n: number) => card.locator('ol > li > details').nth(n - 1);
  const open = async (n: number): Promise<void> => step(n).locator('summary').first().click();

  await open(1);
  await mock.now.script({ key: 'sk-wrong', always: 'error=auth' });
  await step(1).getByLabel('The vendor\'s key').fill('sk-wrong');
  await step(1).getByLabel(/^Base URL/).fill(`${mock.now.url}/v1`);
  await step(1).getByLabel('Model to ask').fill('mock-1');
  await step(1).getByRole('button', { name: 'Add and test' }).click();
  await step(1).getByText(/^failed/).waitFor();
  await step(1).getByLabel('The vendor\'s key').fill('sk-a'); // once more, with the right one
  await step(1).getByRole('button', { name: 'Add and test' }).click();
  await step(1).getByText(/^works/).waitFor();

  await open(2);
  await step(2).getByRole('button', { name: 'Make a key for a day' }).click();
  await step(2).getByText('Made for the consumer').waitFor();
  const known = page.getByRole('option', { name: 'openai/gpt-4o-mini', exact: true });
  await eventually(
    async () => {
      await step(2).getByRole('combobox', { name: 'Model' }).fill('');
      await step(2).getByRole('combobox', { name: 'Model' }).fill('gpt-4o-m');
      return known.isVisible();
    },
    { within: 20_000, what: 'models of the account, before anything serves a list of them' },
  );
  await step(2).getByRole('combobox', { name: 'Model' }).fill('openai/mock-1');
  await page.keyboard.press('Tab'); // leaves the list of models, should it be open
  await step(2).getByRole('button', { name: 'Ask the model' }).click();
  await step(2).getByRole('region', { name: 'Answer' }).waitFor();
  await step(2).getByText(`${desk.gateway.url}/v1/chat/completions`).waitFor(); // in the sample

  await open(3);
  await step(3).getByRole('combobox', { name: 'Model' }).fill('openai/mock-1');
  await page.keyboard.press('Tab'); // leaves the list of models, should it be open
  await step(3).getByRole('button', { name: 'Make the API' }).click();
  await step(3).getByText(`It is served at ${desk.gateway.url}/prompt-summary/summary.`).waitFor();
  await step(3).getByLabel('Prompt, with').fill('Summarise in two words: {{text}}'); // made once more, it is changed
  await step(3).getByRole('button', { name: 'Make the API' }).click();
  await eventually(async () => (await desk.admin.get('/prompts/summary')).body.template.includes('two words'), { what: 'the new template' });

  await open(4);
  const document = { openapi: '3.1.0', info: { title: 'Pets', version: '1.0.0' }, servers: [{ url: mock.now.url }], paths: { '/echo': { get: { operationId: 'echo', responses: { 200: { description: 'said' } } } } } };
  await step(4).getByLabel('Document, or its address').fill(JSON.stringify(document));
  await step(4).getByRole('button', { name: 'Preview' }).click();
  await step(4).getByText('This would make pets@1.0.0.').waitFor();
  expect((await desk.admin.get('/services/pets@1.0.0')).status).toBe(404); // a look makes nothing
  await step(4).getByRole('button', { name: 'Import' }).click();
  await step(4).getByText('pets@1.0.0 was made, as a draft.').waitFor();

  await open(5);
  await step(5).getByRole('button', { name: 'Publish pets@1.0.0' }).click();
  await step(5).getByRole('button', { name: 'Publish pets@1.0.0' }).waitFor({ state: 'detached' });

  await open(6);
  await step(6).getByRole('button', { name: 'Subscribe and make a key' }).click();
  await step(6).getByText('The samples below have its key').waitFor();
  const sample = await eventually(async () => /'(http\S+)'[^]*Bearer (sl-\S+)'/.exec(await step(6).locator('pre').first().innerText()), { within: 20_000, what: 'the key in the sample' });
  const answer = await fetch(sample[1] ?? '', { headers: { authorization: `Bearer ${sample[2]}` } });
  expect(answer.status).toBe(200);

  await open(7);
  await step(7).getByText(/pets/).first().waitFor();
  await step(7).getByText('/api/v1/requests?limit=5').waitFor(); // each step says how it is done in code
  await step(4).getByText('/api/v1/import/openapi').waitFor();
  const seen = step(7).getByRole('link', { name: /pets/ }).first();
  expect(await seen.getAttribute('href')).toMatch(/^\/requests\?request=\S+/);
  await card.getByText('7 of 7 done').waitFor();
  await expectAccessible(page, 'the first steps');
  await page.reload(); // who comes back sees one line
  await card.getByText('7 of 7 done').waitFor();
  await step(1).waitFor({ state: 'detached' });
  await card.getByRole('button', { name: 'Show the steps' }).click();
  await step(7).waitFor();
  await card.getByRole('button', { name: 'Hide' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Show the first steps' }).waitFor();
  await leave(watched);
});

test('a document that cannot be read is told in place, in Chinese too', async () => {
  const watched = await signIn(desk.browser, desk.gateway, '/import', { locale: 'zh-CN' });
  const { page } = watched;
  await page.getByLabel('文档内容或地址').fill('openapi: 9.9.9');
  await page.getByRole('button', { name: '预览' }).click();
  await page.getByRole('alert').waitFor();
  await expectAccessible(page, 'an import');
  await leave(watched);
});
