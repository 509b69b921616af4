import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sourceDate } from './source-commit.mjs';

/** Writes the manual pages of the built program to `dist/man`, and returns their number. Needs `oclif.manifest.json`. */
export async function writeManPages(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `export { manPages } from './scripts/docs/man-pages.ts'; export { readCommands } from './scripts/docs/manifest.ts';`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    banner: {
      js: `import { createRequire as $r } from 'node:module'; const require = $r(${JSON.stringify(import.meta.url)});`,
    },
  });
  const [{ contents }] = outputFiles;
  const bundle = `data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`;
  const { manPages, readCommands } = await import(bundle);
  const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const seconds = sourceDate(root);
  const date = seconds === undefined ? '""' : new Date(seconds * 1000).toISOString().slice(0, 10);
  const pages = manPages({ commands: readCommands(root), version, description, date });
  const folder = join(root, 'dist/man');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  return pages.size;
}
