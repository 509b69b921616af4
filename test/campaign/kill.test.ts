import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { KillLane, type KillPoint } from '../support/campaign/kill-lane.js';
import { Random } from '../support/campaign/random.js';
import { count, isLong, seed } from '../support/campaign/size.js';

const LANES = 2;
const AT_EACH = count('CAMPAIGN_KILLS', 1, 40);
const AT_RANDOM = count('CAMPAIGN_RANDOM_KILLS', 10, 300);
// However slow the machine is, no write looks for the tip before its time: the points stay where they are.
process.env['KGIT_READ_MAX_AGE'] = '1d';
const NOTE = `CAMPAIGN_SEED=${seed}`;

/** Runs the rounds in lanes of their own, side by side. */
async function inLanes<T>(
  rounds: readonly T[],
  run: (lane: KillLane, round: T) => Promise<void>,
): Promise<void> {
  const work = async (number: number) => {
    const lane = await KillLane.open(`lane${number}`);
    for (const round of rounds.filter((_round, i) => i % LANES === number)) await run(lane, round);
    await lane.close(NOTE);
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => work(number)));
}

describe('kill campaign', () => {
  it(`kgit killed ${AT_EACH} times at each point of a write loses nothing and doubles nothing (${NOTE})`, async () => {
    const watched = await KillLane.open('watched');
    const points = await watched.points();
    await watched.close(NOTE);
    // The points of docs/write-path.md: outbox, lock, fetch, push, tracking ref, journal, branch, files, result.
    const names = points.map(({ name }) => name).join('\n');
    for (const step of [
      ...['(outbox)', '(publish)', '(fetched-at)', '(checkout)', '(results)'],
      ...['fast-import 2', 'push 2', 'fetch 1', 'update-ref 1', 'read-tree 2'],
    ])
      expect(names).toContain(step);
    const rounds = points.flatMap((point, i) =>
      Array.from({ length: AT_EACH }, (_, n) => ({ point, isCut: (i + n + seed) % 2 === 0 })),
    );
    const missed: KillPoint[] = [];
    await inLanes(rounds, async (lane, { point, isCut }) => {
      // A push whose answer is cut takes another way, which does not pass all points.
      if (!(await lane.killAt(point, isCut)) && !isCut) missed.push(point);
    });
    // A write that needs one file less on its way does not pass the last points of the one that was watched.
    const told = missed.map(({ name }) => name).join(', ');
    expect(missed.length, told).toBeLessThan(rounds.length / 10);
  }, 7_200_000);

  it(`kgit killed at ${AT_RANDOM} random moments loses nothing and doubles nothing (${NOTE})`, async () => {
    const random = new Random(seed);
    const lane = await KillLane.open('timed');
    const began = performance.now();
    await lane.killAfter(60_000, false, {});
    const whole = performance.now() - began;
    await lane.close(NOTE);
    const rounds = Array.from({ length: AT_RANDOM }, (_, i) => ({
      ms: random.next() * whole,
      isCut: i % 2 === 0,
      isConditional: random.next() < 0.5,
    }));
    let killed = 0;
    await inLanes(rounds, async (own, { ms, isCut, isConditional }) => {
      if (await own.killAfter(ms, isCut, isConditional ? { expected: own.last } : {})) killed += 1;
    });
    expect(killed).toBeGreaterThan(0);
    if (isLong) expect(killed).toBeGreaterThan(AT_RANDOM / 4);
  }, 7_200_000);
});
