/** Installs the dependencies and builds, unless what package-lock.json asks for is there already. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function packages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    // Nothing was installed, or an installation was cut off.
    return {};
  }
}

/** Whether each package stands in the version that the lock file names; those of other platforms may be missing. */
function isInstalled() {
  const installed = packages('node_modules/.package-lock.json');
  return Object.entries(packages('package-lock.json')).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`kgit needs Node 20.19 or later; this is ${process.versions.node}\n`);
  process.exit(1);
}
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
    .status;
// npm ci builds, too, by the script `prepare`.
const status = isInstalled()
  ? existsSync(join(root, 'oclif.manifest.json')) || run(process.execPath, ['scripts/build.mjs', '--quiet'])
  : run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
if (status !== true && status !== 0) process.exit(status ?? 1);
