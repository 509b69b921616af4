/** Regenerates pages and parts of pages, including the README's tour: `npm run docs`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--quiet'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const outfile = join(root, 'node_modules/.cache/kgit/docs.mjs');
await build({
  entryPoints: [join(root, 'scripts/docs/write-pages.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
  banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
});
const { writePages } = await import(pathToFileURL(outfile).href);
await writePages(root);
