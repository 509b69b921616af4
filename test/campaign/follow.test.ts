import { describe, expect, it } from 'vitest';
import { FollowLane, KINDS, type Kind } from '../support/campaign/follow-lane.js';
import type { Does, MoveStep } from '../support/campaign/move-steps.js';
import { Random } from '../support/campaign/random.js';
import { count, isLong, seed } from '../support/campaign/size.js';
import { USER_ACTIONS } from '../support/campaign/user-actions.js';

const NOTE = `CAMPAIGN_SEED=${seed}`;
const ACTIONS = Object.keys(USER_ACTIONS);
/** Moves of each kind; the long form has each action at each step. */
const MOVES = count('CAMPAIGN_MOVES', 4, Number.POSITIVE_INFINITY);
const ROUNDS = count('CAMPAIGN_ROUNDS', 5, 1_000);

interface Case {
  readonly step: MoveStep;
  readonly action: string;
}

function casesOf(steps: readonly MoveStep[], random: Random): Case[] {
  const all = steps.flatMap((step) => ACTIONS.map((action) => ({ step, action })));
  if (MOVES >= all.length) return all;
  // What goes is gone from the folder, what replaces it is new there: the one moment that is lost by a wrong order.
  const crucial = all.filter(
    ({ step, action }) => /after git read-tree/.test(step.name) && action === 'commits all edits',
  );
  return [...crucial, ...Array.from({ length: MOVES }, () => random.pick(all))];
}

describe('a checkout that follows', () => {
  it.each(KINDS.flatMap((kind) => (['act', 'kill'] as const).map((does): [Kind, Does] => [kind, does])))(
    `%s: a user's git at a step of the move (%s) takes no event away (${NOTE})`,
    async (kind, does) => {
      const random = new Random(seed);
      const lane = await FollowLane.open(kind);
      const steps = await lane.steps(does);
      const names = steps.map(({ name }) => name).join('\n');
      for (const name of ['link index.lock', 'rename index', 'update-ref commit', 'unlink index.lock'])
        expect(names).toContain(name);
      const cases = casesOf(steps, random);
      for (const { step, action } of cases) await lane.at(step, action, random.next() < 0.3);
      const rounds = await lane.close(NOTE);
      console.info(
        `${kind}, ${does}: ${rounds} moves, ${steps.length} steps${isLong ? '' : ', a few of them'} (${NOTE})`,
      );
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
