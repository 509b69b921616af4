/**
 * Runs the long stress campaign, one seed after another until one fails: `npm run stress`, or `npm run stress -- 11 12` for
 * these seeds. CAMPAIGN_WORKERS, CAMPAIGN_CLONES and CAMPAIGN_CALLS change its size. `npm run stress -- --judge FILE` has the
 * checker judge again the calls and answers that a failure saved.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const cwd = fileURLToPath(new URL('..', import.meta.url));

/** Runs only the checker and exits with its code. */
async function judge(files) {
  if (files.length === 0) throw new Error('which history? --judge FILE');
  const program = join(cwd, 'node_modules/.cache/kgit/judge.mjs');
  await build({
    absWorkingDir: cwd,
    entryPoints: ['test/support/campaign/judge.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    packages: 'external',
  });
  process.exit(spawnSync(process.execPath, [program, ...files], { stdio: 'inherit' }).status ?? 1);
}

const [first, ...files] = process.argv.slice(2);
if (first === '--judge') await judge(files);
const asked = process.argv.slice(2).map(Number);
if (asked.some((seed) => !Number.isSafeInteger(seed) || seed < 0)) throw new Error('seeds are whole numbers');

function* seeds() {
  if (asked.length > 0) return yield* asked;
  for (let seed = Date.now() % 1_000_000; ; seed++) yield seed;
}

for (const seed of seeds()) {
  const env = { ...process.env, CAMPAIGN: 'long', CAMPAIGN_SEED: String(seed) };
  const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/campaign/stress.test.ts'];
  const began = Date.now();
  const { status } = spawnSync(process.execPath, args, { cwd, env, stdio: 'inherit' });
  process.stderr.write(
    `seed ${seed}: ${status === 0 ? 'kept' : 'BROKEN'} in ${Math.round((Date.now() - began) / 1000)} s\n`,
  );
  if (status !== 0) {
    process.stderr.write(`the same choices again: npm run stress -- ${seed}\n`);
    process.exit(1);
  }
}
