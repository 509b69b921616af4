import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { MUTANTS, mutated, plant } from '../support/campaign/mutants.js';
import { isLong, seed } from '../support/campaign/size.js';

/** Runs, in copies of the project, of which one has to show the damage: a race has to be lost for it. */
const TRIES = 3;

describe('the program broken on purpose', () => {
  it.each(MUTANTS)('where $what: the places are where they were', (mutant) => {
    expect(mutated(mutant)).not.toBe('');
  });

  // Each builds the program anew and runs the stress campaign with it: minutes.
  for (const mutant of isLong ? MUTANTS : [])
    it(`where ${mutant.what}: a test sees it`, () => {
      const folder = plant(mutant);
      const calls = mutant.calls === undefined ? {} : { CAMPAIGN_CALLS: String(mutant.calls) };
      const args = ['node_modules/vitest/vitest.mjs', 'run', mutant.test ?? 'test/campaign/stress.test.ts'];
      const told: string[] = [];
      for (let i = 0; i < TRIES && !mutant.says.test(told.join('')); i++) {
        const env = { ...process.env, CAMPAIGN: '', CAMPAIGN_SEED: String(seed + i), ...calls };
        const run = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
        told.push(run.stdout, run.stderr);
      }
      expect(told.join('')).toMatch(mutant.says);
    }, 1_800_000);
});
