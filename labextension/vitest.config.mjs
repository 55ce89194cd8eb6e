import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // As the JupyterLab builder does: an imported SVG is its source.
      name: 'svg-source',
      enforce: 'pre',
      async load(id) {
        const file = id.split('?')[0] ?? id;
        return file.endsWith('.svg')
          ? `export default ${JSON.stringify(await readFile(file, 'utf8'))}`
          : null;
      }
    }
  ],
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/native.mjs', 'tests/setup.ts'],
    restoreMocks: true,
    // Published as modules for bundlers: Node cannot load their extensionless imports by itself.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//, /@rjsf\//] } }
  }
});
