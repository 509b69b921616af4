/**
 * Builds the program for npm's `prepare`. In a fresh clone, `npm install --global .` runs it before anything is
 * installed, so it first installs what the build needs.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = [join(root, 'scripts/build.mjs'), '--quiet'];
// Without scripts, because this is one of them.
const installed = isInstalled(root) ? 0 : install(root, '--ignore-scripts');
const status = installed || spawnSync(process.execPath, build, { cwd: root, stdio: ['ignore', 2, 2] }).status;
process.exitCode = status ?? 1;
