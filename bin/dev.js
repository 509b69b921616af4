#!/usr/bin/env node
// Builds the working tree, then runs it: always the code that you see.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = (path) => fileURLToPath(new URL(path, import.meta.url));
const built = spawnSync(process.execPath, [script('../scripts/build.mjs'), '--quiet'], {
  stdio: ['ignore', 2, 2],
});
if (built.status !== 0) process.exit(built.status ?? 1);
const ran = spawnSync(process.execPath, [script('run.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(ran.status ?? 1);
