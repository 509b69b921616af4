/** Bundles the program: one entry and one chunk per command, so that a command loads what it needs alone. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';
import { libraryBuild } from './library-build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const commands = readdirSync(join(root, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src/commands', file));

rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, 'oclif.manifest.json'), { force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', ...commands],
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // oclif looks for the TypeScript compiler to run plugins from source; a bundle never does.
  external: ['typescript'],
  banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
  logLevel: process.argv.includes('--quiet') ? 'warning' : 'info',
});
await build(libraryBuild);

// The manifest spares oclif from loading every command to find one.
const plugin = new Plugin({ root, ignoreManifest: true });
await plugin.load();
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest)}\n`);
