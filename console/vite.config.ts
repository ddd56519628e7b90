import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const compress = promisify(brotliCompress);

/** The gateway serves what is compressed here: one `.br` beside every text of the finished build. */
function brotli(): Plugin {
  return {
    name: 'brotli',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
      const pack = async (name: string): Promise<void> => writeFile(join(dir, `${name}.br`), await compress(await readFile(join(dir, name)), { params }));
      await Promise.all(Object.keys(bundle).filter((n) => /\.(js|css|svg|json)$/.test(n)).map(pack));
    },
  };
}

/** A small file that asks for what the screen needs (src/ahead.ts) is fetched and run before the program itself has come. */
function ahead(): Plugin {
  return {
    name: 'ahead',
    apply: 'build',
    transformIndexHtml(_html, { bundle = {} }) {
      const first = Object.values(bundle).find((c) => c.type === 'chunk' && c.name === 'ahead');
      if (first === undefined) throw new Error('nothing asks ahead: is src/ahead.ts a chunk of its own?');
      return [{ tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, fetchpriority: 'high', src: `/${first.fileName}` }, injectTo: 'head-prepend' }];
    },
  };
}

/** By the files that there are; of `en` the program itself has the texts. */
function locales(): string[] {
  const files = readdirSync(join(import.meta.dirname, 'src/i18n')).filter((f) => f.endsWith('.json') && !f.startsWith('forms.'));
  return files.map((f) => f.replace(/\.json$/, '')).map((id) => (id === 'en' ? 'en-US' : id));
}

export default defineConfig({
  base: '/',
  plugins: [
    react(),
    { ...optimizeLocales.vite({ locales: locales() }), enforce: 'pre' },
    ahead(),
    brotli(),
  ],
  build: {
    outDir: process.env['SLUICE_CONSOLE_OUT'] ?? 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: URLs, so that the content security policy can forbid them
    modulePreload: { polyfill: false },
    target: 'es2022',
    rollupOptions: {
      checks: { pluginTimings: false }, // compressing takes the longest, as it should
      input: ['index.html', 'portal.html'],
      // what several screens use comes at once, not as twenty small files
      output: {
        codeSplitting: {
          groups: [
            { name: 'ahead', test: /\/console\/src\/ahead\.ts$|preload-helper/, priority: 1 },
            { name: 'parts', test: /\/console\/src\/((api|lib)\/|components\/mark\.tsx|i18n\/forms\.ts$)/, minShareCount: 2 },
            { name: 'portal-parts', test: /\/console\/src\/portal\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': process.env['SLUICE_ADMIN'] ?? 'http://127.0.0.1:9080' } },
});
