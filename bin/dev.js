#!/usr/bin/env node
// Builds the working tree, then runs it: always the code that you see.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const build = join(__dirname, '../scripts/build.mjs');
const built = spawnSync(process.execPath, [build, '--quiet'], { stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(built.status ?? 1);
const program = [join(__dirname, 'run.js'), ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, program, { stdio: 'inherit' }).status ?? 1);
