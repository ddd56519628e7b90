/** The console's pages of certificates and of nodes, against the real program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { issue } from '../harness/certificate.ts';
import { expectAccessible, leave, signIn } from '../harness/console.ts';
import { useConsole } from '../harness/use-console.ts';

vi.setConfig({ testTimeout: 90_000 }); // a browser, and a gateway under a sanitizer, on a machine that is busy

const desk = useConsole();

describe('certificates', () => {
  test('one is added as text, refused with the wrong key, and renewed from a file that has both', async () => {
    const { browser, gateway, admin } = desk;
    const dir = gateway.dataDir;
    const [old, other, next] = [issue(dir, 'old', 'DNS:shop.example', { days: 3 }), issue(dir, 'other', 'DNS:other.example'), issue(dir, 'next', 'DNS:shop.example')];
    const watched = await signIn(browser, gateway, '/certificates');
    const { page } = watched;
    await page.getByText('No certificate yet').waitFor();
    await page.getByRole('button', { name: 'Add a certificate' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('shop');
    await dialog.getByLabel('Certificate and chain (PEM)').fill(old.certificate);
    await dialog.getByLabel('Private key (PEM)').fill(other.key);
    await dialog.getByRole('button', { name: 'Add a certificate' }).click();
    await dialog.getByText(/is not the key of the \(first\) certificate/).waitFor();
    await expectAccessible(page, 'a certificate that is refused');
    await dialog.getByLabel('Private key (PEM)').fill(old.key);
    await dialog.getByRole('button', { name: 'Add a certificate' }).click();
    await page.getByText('shop is served.').waitFor();
    const row = page.getByRole('table', { name: 'Certificates' }).getByRole('row').nth(1);
    await row.getByText(/^[23] days$/).waitFor();
    expect(await row.textContent()).toContain('shop.example');
    await expectAccessible(page, 'certificates');

    const both = join(dir, 'both.pem');
    writeFileSync(both, next.key + next.certificate);
    await row.getByRole('button', { name: 'Renew: shop' }).click();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), dialog.getByRole('button', { name: 'Choose files' }).click()]);
    await chooser.setFiles(both);
    await expect.poll(() => dialog.getByLabel('Private key (PEM)').inputValue(), { timeout: 15_000 }).toBe(next.key);
    expect(await dialog.getByLabel('Certificate and chain (PEM)').inputValue()).toBe(next.certificate);
    await dialog.getByRole('button', { name: 'Renew' }).click();
    await row.getByText(/^(89|90) days$/).waitFor();
    expect((await admin.get('/certificates/shop')).body.status.subject).toBe('CN=next');
    await leave(watched);
  });
});

describe('nodes', () => {
  test('each tells what it serves and how busy it is, in Chinese, too', async () => {
    const { browser, gateway, admin } = desk;
    const watched = await signIn(browser, gateway, '/nodes');
    const { page } = watched;
    await page.getByText('serving', { exact: true }).waitFor();
    for (const name of ['Processors', 'Memory', 'Connections']) expect(await page.getByRole('meter', { name }).count(), name).toBe(1);
    await page.getByText(/^[\d.,]+ a second, \d+ in flight$/).waitFor();
    const [node] = (await admin.get('/nodes')).body.items;
    await page.getByText(node.hash).waitFor();
    expect(await page.getByText('drift', { exact: true }).count()).toBe(0);
    await expectAccessible(page, 'nodes');
    await leave(watched);

    const chinese = await signIn(browser, gateway, '/nodes', { locale: 'zh-CN' });
    await chinese.page.getByText('运行中').waitFor();
    await chinese.page.getByText(/^每秒 [\d.,]+ 个，处理中 \d+ 个$/).waitFor();
    await leave(chinese);
  });
});
