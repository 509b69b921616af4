import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function packages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    // Nothing is installed, or an installation was interrupted.
    return {};
  }
}

/** Whether each package is installed in the version of the lock file; packages of other platforms may be missing. */
export function isInstalled(root) {
  const installed = packages(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(packages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** Installs what package-lock.json names and returns npm's exit code. */
export function install(root, ...more) {
  // If npm runs this, its options are inherited, and may forbid an installation here.
  const here = ['--no-global', '--no-dry-run', '--include=dev'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const shell = process.platform === 'win32';
  return spawnSync('npm', ['ci', ...here, ...quiet, ...more], { cwd: root, stdio: ['ignore', 2, 2], shell })
    .status;
}
