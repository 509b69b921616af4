/**
 * The long stress campaign, one seed after another until one fails: `npm run stress`, or `npm run stress -- 11 12` for these
 * seeds. CAMPAIGN_WORKERS, CAMPAIGN_CLONES and CAMPAIGN_CALLS change its size.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('..', import.meta.url));
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
