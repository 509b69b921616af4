import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../git-fixtures.js';
import type { KgitOptions } from '../kgit.js';

const PRELOAD = new URL('move-steps.mjs', import.meta.url).href;

/** What happens to kgit at a step: it pauses while a user acts, or it is killed. */
export type Does = 'act' | 'kill';

/** A step of a move, counted from its beginning. */
export interface MoveStep {
  readonly at: number;
  readonly name: string;
  readonly does: Does;
}

/** @param begin name of the step that the move begins with */
function options(begin: string, does: Does, more: object): KgitOptions {
  const value = JSON.stringify({ begin, does, ...more });
  return { env: { NODE_OPTIONS: `--import=${fileURLToPath(PRELOAD)}`, KGIT_MOVE_STEPS: value } };
}

/** Runs kgit and records the steps of its move. */
export function countedSteps(begin: string, does: Does): KgitOptions & { steps(): MoveStep[] } {
  const log = join(temporaryFolder('kgit-steps-'), 'log');
  return {
    ...options(begin, does, { log, at: -1 }),
    steps: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((name, at) => ({ at, name, does })),
  };
}

/** Runs kgit so that it pauses at a step, while a user runs a shell script, or is killed there. */
export function atStep(begin: string, { at, does }: MoveStep, script: string): KgitOptions {
  return options(begin, does, { at, script });
}
