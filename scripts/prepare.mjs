/**
 * Builds the program, as npm asks for it by `prepare`. `npm install --global .` asks for it in a fresh clone, too,
 * where nothing is installed: then what the build needs is installed first.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = [join(root, 'scripts/build.mjs'), '--quiet'];
// Without scripts, for this is one of them.
const installed = isInstalled(root) ? 0 : install(root, '--ignore-scripts');
const status = installed || spawnSync(process.execPath, build, { cwd: root, stdio: ['ignore', 2, 2] }).status;
process.exitCode = status ?? 1;
