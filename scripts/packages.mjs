import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function packages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    // Nothing was installed, or an installation was cut off.
    return {};
  }
}

/** Whether each package stands in the version that the lock file names; those of other platforms may be missing. */
export function isInstalled(root) {
  const installed = packages(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(packages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** Installs what package-lock.json names; gives the exit code of npm. */
export function install(root, ...more) {
  // An npm that runs this hands its own options down, which may say that nothing is installed here.
  const here = ['--no-global', '--no-dry-run', '--include=dev'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const shell = process.platform === 'win32';
  return spawnSync('npm', ['ci', ...here, ...quiet, ...more], { cwd: root, stdio: ['ignore', 2, 2], shell })
    .status;
}
