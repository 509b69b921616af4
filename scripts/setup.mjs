/** Installs the dependencies and builds, unless everything in package-lock.json is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`kgit needs Node 20.19 or later; this is ${process.versions.node}\n`);
  process.exit(1);
}
const build = () =>
  spawnSync(process.execPath, ['scripts/build.mjs', '--quiet'], { cwd: root, stdio: ['ignore', 2, 2] })
    .status;
// An installation also builds, through the script `prepare`.
const status = isInstalled(root) ? existsSync(join(root, 'oclif.manifest.json')) || build() : install(root);
if (status !== true && status !== 0) process.exit(status ?? 1);
