import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The gateway serves what is compressed here: one `.br` beside every text of the finished build. */
function brotli(): Plugin {
  return {
    name: 'brotli',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((n) => /\.(js|css|svg|json)$/.test(n))) {
        const packed = brotliCompressSync(await readFile(join(dir, name)), {
          params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
        });
        await writeFile(join(dir, `${name}.br`), packed);
      }
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [
    react(),
    { ...optimizeLocales.vite({ locales: ['en-US', 'zh-CN'] }), enforce: 'pre' },
    brotli(),
  ],
  build: {
    outDir: process.env['SLUICE_CONSOLE_OUT'] ?? 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: URLs, so that the content security policy can forbid them
    modulePreload: { polyfill: false },
    target: 'es2022',
    rollupOptions: {
      input: ['index.html', 'portal.html'],
      // what several screens use comes at once, not as twenty small files
      output: { codeSplitting: { groups: [{ name: 'parts', test: /\/console\/src\/(api|lib)\//, minShareCount: 2 }] } },
    },
  },
  server: { proxy: { '/api': process.env['SLUICE_ADMIN'] ?? 'http://127.0.0.1:9080' } },
});
