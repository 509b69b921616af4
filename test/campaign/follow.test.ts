import { describe, expect, it } from 'vitest';
import { FollowLane, KINDS } from '../support/campaign/follow-lane.js';
import type { MoveStep } from '../support/campaign/move-steps.js';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { USER_ACTIONS } from '../support/campaign/user-actions.js';

const NOTE = `CAMPAIGN_SEED=${seed}`;
const ACTIONS = Object.keys(USER_ACTIONS);
/** Moves of each kind: one; in the long form several at each step. */
const MOVES = count('CAMPAIGN_MOVES', 1, 400);
const ROUNDS = count('CAMPAIGN_ROUNDS', 2, 1_000);

interface Case {
  readonly step: MoveStep;
  readonly action: string;
}

function casesOf(steps: readonly MoveStep[], random: Random): Case[] {
  // What goes is gone from the folder, what replaces it is new there: the moment at which a wrong order loses events.
  const crucial = steps
    .filter(({ name, does }) => name === 'after git read-tree' && does === 'kill')
    .map((step) => ({ step, action: 'commits all edits' }));
  const first = random.below(steps.length);
  const some = Array.from({ length: MOVES }, (_, i) => ({
    // One step after the other, so that enough moves pass all; apart from each other where they are few.
    step: steps[(first + i * Math.max(1, Math.floor(steps.length / MOVES))) % steps.length] as MoveStep,
    action: random.pick(ACTIONS),
  }));
  return [...crucial, ...some];
}

describe('a checkout that follows', () => {
  it.each(KINDS)(
    `%s: a user's git at a step of the move, or after a kill there, takes no event away (${NOTE})`,
    async (kind) => {
      const random = new Random(seed);
      const lane = await FollowLane.open(kind);
      const steps = [...(await lane.steps('act')), ...(await lane.steps('kill'))];
      const names = steps.map(({ name }) => name).join('\n');
      for (const name of ['link index.lock', 'rename index', 'update-ref commit', 'unlink index.lock'])
        expect(names).toContain(name);
      const cases = casesOf(steps, random);
      for (const { step, action } of cases) await lane.at(step, action, random.next() < 0.3);
      const moves = await lane.close(NOTE);
      const passed = new Set(cases.map(({ step }) => step)).size;
      console.info(`${kind}: ${moves} moves, ${passed} of ${steps.length} steps (${NOTE})`);
    },
    36_000_000,
  );

  it(`loses no event in ${ROUNDS} rounds of writes beside a user who commits, merges, rebases and stashes (${NOTE})`, async () => {
    const random = new Random(seed);
    const lane = await FollowLane.open('write');
    for (let round = 1; round <= ROUNDS; round++) {
      await lane.beside(random);
      if (round % 100 === 0) console.info(`${round} rounds`);
    }
    const rounds = await lane.close(NOTE);
    console.info(`${rounds} rounds beside a user, ${lane.size} events, 0 lost (${NOTE})`);
    expect(rounds).toBe(ROUNDS);
  }, 36_000_000);
});
