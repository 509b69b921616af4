/** Measures all figures, or some (`npm run bench -- START GROWTH`), and rewrites results and pages. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--quiet'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const outdir = join(root, 'node_modules/.cache/kgit/bench');
await build({
  absWorkingDir: root,
  entryPoints: {
    bench: 'bench/main.ts',
    'cluster-server': 'bench/cluster-server.ts',
    'git-server': 'bench/git-server.ts',
    pages: 'scripts/docs/pages.ts',
  },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
});
const load = (name) => import(pathToFileURL(join(outdir, `${name}.mjs`)).href);
const [{ runBenchmarks }, { renderPage }] = [await load('bench'), await load('pages')];
await runBenchmarks(root, process.argv.slice(2));
for (const page of ['docs/benchmarks.md', 'docs/costs.md'])
  writeFileSync(join(root, page), renderPage(root, page));
