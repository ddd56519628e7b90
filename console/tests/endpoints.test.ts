import { expect, test } from 'vitest';
import served from '../../src/snapshot/build_rest.c?raw';
import { dialects } from '../src/lib/endpoints.ts';

/** The table of the gateway: method and path of each. */
const operations = [...served.matchAll(/\{"[\w-]+", "(\/[^"]+)", SL_PATH_(\w+), SL_METHOD_(\w+),/g)].map((m) => ({ path: m[1] ?? '', isPrefix: m[2] === 'PREFIX', method: m[3] }));

test('every endpoint that the portal names is one that the gateway serves', () => {
  expect(operations.length).toBeGreaterThan(15);
  for (const e of dialects.flatMap((d) => d.endpoints))
    expect(operations.some((o) => o.method === e.method && (o.isPrefix ? e.path === o.path || e.path.startsWith(`${o.path}/`) : e.path === o.path)), e.path).toBe(true);
});

test('each sample has the address, the key and the model, with quotes that hold', () => {
  for (const { id, snippets } of dialects) {
    const samples = snippets('https://api.example.com/ai', 'sl-"key', 'fast', "it's");
    for (const { title, text } of samples) {
      expect(text, title).toContain('https://api.example.com/ai');
      expect(text, title).toContain('fast');
      if (title !== 'curl') expect(text, title).toContain(id === 'ollama' ? String.raw`"Bearer sl-\"key"` : String.raw`"sl-\"key"`);
      else expect(text).toContain(String.raw`it'\''s`);
    }
    const languages = ['curl', 'python', 'javascript', 'go', 'java'];
    expect(samples.map((s) => s.id)).toEqual(id === 'cohere' || id === 'ollama' ? languages.slice(0, 3) : languages);
  }
});
