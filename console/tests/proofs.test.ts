import { expect, test } from 'vitest';
import { proven, type Taken } from '../src/lib/proofs.ts';

test('names of credentials and of fields are text to the shell, whatever is in them', () => {
  const id = "ann.$(a)`b`\"'$HOME\\";
  const taken: Taken = { type: 'hmac', signed: ['x-$(c)`d`'], requires_digest: true };
  const { before, headers } = proven('curl', { taken, id, secret: "it's" }, { method: 'POST', url: 'https://a.example/x', body: { a: 1 } });
  const unquoted = (text: string): string => text.replaceAll(/'[^']*'|\\'/g, '');
  expect(Object.fromEntries(headers.map(([name, text]) => [name, unquoted(text)]))).toEqual({
    'x-$(c)`d`': '"$x___c__d_"',
    'x-date': '"$x_date"',
    'x-nonce': '"$x_nonce"',
    digest: '"$digest"',
    Authorization: '"$mac"',
  });
  expect(headers.at(-1)?.[1]).toMatch(/^'Authorization: Signature keyId="ann\.\$\(a\)`b`"'\\''\$HOME\\",.*signature="'"\$mac"'"'$/);
  expect(unquoted(before.at(-1) ?? '')).toMatch(/^mac=\$\(printf {2}"\$x___c__d_" "\$x_date" "\$x_nonce" "\$digest" \| openssl /);
});
