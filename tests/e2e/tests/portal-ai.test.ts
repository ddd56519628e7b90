/** An AI service in the portal: its endpoints with samples, its models, and a message that is sent with a key of one's own. */
import { expect, test, vi } from 'vitest';
import { openPage } from '../harness/browser.ts';
import { expectAccessible, leave } from '../harness/console.ts';
import { useMock } from '../harness/gateway.ts';
import { useConsole } from '../harness/use-console.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const password = 'a long password';
const mock = useMock();
const desk = useConsole(async ({ admin }) => {
  await admin.create('accounts', { name: 'main', vendor: 'openai', base_url: `${mock.now.url}/v1`, serves_unlisted: true, keys: ['sk-a'] });
  await admin.create('models', { name: 'fast', targets: [{ account: 'main', model: 'mock-1' }] });
  await admin.create('services', { name: 'models', kind: 'ai', title: 'Language models', visibility: 'public', prefix: '/ai', policies: [{ type: 'key_auth' }] });
  await admin.publish('models');
  await admin.create('users', { name: 'ann' });
  expect((await admin.post('/users/ann/set-password', { password })).status).toBe(200);
  await admin.create('consumers', { name: 'ann.shop', owner: 'ann' });
  await admin.create('portals', { name: 'default', try_per_minute: 3 });
});

test('its endpoints are told by SDK, a model answers in place, and who tries too often is told to wait, in Chinese too', async () => {
  const watched = await openPage(desk.browser, desk.gateway.adminUrl);
  const { page } = watched;
  await page.goto('/portal/login');
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Language models' }).click();
  const card = page.getByRole('region', { name: 'Endpoints', exact: true });
  await card.getByText('POST', { exact: false }).filter({ hasText: '/ai/v1/chat/completions' }).first().waitFor();
  await page.getByRole('button', { name: 'Make a key for a day' }).click();
  const model = card.getByRole('combobox', { name: 'Model' });
  await eventually(async () => (await model.inputValue()) === 'fast', { within: 20_000, what: 'the model of the list' });
  await card.getByRole('button', { name: 'Send' }).click();
  await card.getByText('200', { exact: true }).waitFor();
  expect((await mock.now.lastSeen()).body).toContain('"Hello!"');
  for (const language of ['curl', 'Python', 'JavaScript', 'Go', 'Java']) await card.getByRole('tab', { name: language, exact: true }).waitFor();
  await card.getByRole('tab', { name: 'Python' }).click();
  await card.getByText('from openai import OpenAI').waitFor();
  await card.getByRole('tab', { name: 'Anthropic' }).click();
  await card.getByText('/ai/v1/messages').first().waitFor();
  await expectAccessible(page, 'endpoints');
  await page.evaluate(() => localStorage.setItem('sluice.language', 'zh-CN'));
  await page.reload();
  await page.getByRole('region', { name: '端点', exact: true }).getByRole('combobox').fill('fast');
  const send = page.getByRole('region', { name: '端点', exact: true }).getByRole('button', { name: '发送' });
  await eventually(
    async () => {
      await send.click();
      return page.getByText(/此处每分钟最多试用 3 个请求；请等待 \d+ 秒/).isVisible();
    },
    { within: 20_000, what: 'the limit' },
  );
  await leave(watched);
});
