import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// One program and one style, with names that do not change: the one-file page has both put inside it.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    outDir: '../harmattan/page/built',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 100_000,
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/review.js',
        assetFileNames: 'assets/review[extname]',
      },
    },
  },
  test: { include: ['tests/**/*.test.ts'] },
});
