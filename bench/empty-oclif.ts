import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Surroundings } from './surroundings.js';

const BANNER = "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);";
const MANIFEST = {
  commands: {
    noop: {
      ...{ aliases: [], args: {}, flags: {}, hiddenAliases: [], id: 'noop', strict: true },
      ...{ pluginAlias: 'empty', pluginName: 'empty', pluginType: 'core', isESM: true },
      relativePath: ['commands', 'noop.js'],
    },
  },
  version: '0.0.0',
};

/** Builds an oclif program with one empty command, bundled like kgit, and returns the path of its entry. */
export function emptyOclif(surroundings: Surroundings): string {
  const folder = surroundings.folder('empty-oclif');
  buildSync({
    absWorkingDir: surroundings.baseline('empty-oclif'),
    entryPoints: ['main.js', 'commands/noop.js'],
    outdir: folder,
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20.19' },
    ...{ external: ['typescript'], banner: { js: BANNER }, logLevel: 'error' },
  });
  const oclif = { bin: 'empty', commands: { strategy: 'pattern', target: './commands' } };
  const about = { name: 'empty', version: '0.0.0', type: 'module', oclif };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
  writeFileSync(join(folder, 'oclif.manifest.json'), JSON.stringify(MANIFEST));
  const program = join(folder, 'main.js');
  execFileSync(process.execPath, [program, 'noop'], { stdio: 'pipe' });
  return program;
}
