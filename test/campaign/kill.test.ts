import { describe, expect, it } from 'vitest';
import { KillLane, type KillPoint } from '../support/campaign/kill-lane.js';
import { Random } from '../support/campaign/random.js';
import { count, isLong, seed } from '../support/campaign/size.js';

const LANES = 2;
const AT_EACH = count('CAMPAIGN_KILLS', 1, 40);
/** How often a write is to be killed at a part of the time that the shortest one took: it may end sooner. */
const TRIES = 5;
const AT_RANDOM = count('CAMPAIGN_RANDOM_KILLS', 2, 300);
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

/** As many kills at each point: of one that both ways pass, half on each of them. */
function killsAt(points: readonly KillPoint[]): KillPoint[] {
  const byName = new Map<string, KillPoint[]>();
  for (const point of points) byName.set(point.name, [...(byName.get(point.name) ?? []), point]);
  return [...byName.values()].flatMap((ways, i) =>
    Array.from({ length: AT_EACH }, (_, n) => ways[(i + n + seed) % ways.length] as KillPoint),
  );
}

/** One kill at each point takes a run of all tests too long: a sixth of them, and the seed says which sixth. */
const isSixth = AT_EACH === 1;
const sixth = (points: readonly KillPoint[]) =>
  isSixth ? points.filter((_, i) => (i + (seed >> 1)) % 6 === 0) : points;

describe('kill campaign', () => {
  it(`kgit killed ${AT_EACH} times at ${isSixth ? 'every sixth point' : 'each point'} of a write loses nothing and doubles nothing (${NOTE})`, async () => {
    const watched = await KillLane.open('watched');
    const points = [...(await watched.points('write', false)), ...(await watched.points('write', true))];
    await watched.close(NOTE);
    // The points of docs/write-path.md: outbox, lock, fetch, push, tracking ref, journal, branch, files, result.
    const names = points.map(({ name }) => name).join('\n');
    for (const step of [
      ...['(outbox)', '(publish)', '(pack)', '(fetched-at)', '(checkout)', '(results)'],
      ...['push 2', 'fetch 1', 'update-ref 1', 'restore 1'],
    ])
      expect(names).toContain(step);
    const rounds = sixth(killsAt(points));
    const missed: string[] = [];
    await inLanes(rounds, async (lane, point) => {
      if (!(await lane.killAt('write', point)))
        missed.push(`${point.name}${point.isCut ? ', answer cut' : ''}`);
    });
    const places = (of: readonly KillPoint[]) => new Set(of.map(({ name }) => name)).size;
    console.info(
      `${rounds.length} kills at ${places(rounds)} of ${places(points)} points, ${missed.length} missed (${NOTE})`,
    );
    expect(missed).toEqual([]);
  }, 7_200_000);

  it(`kgit unlock --force killed ${AT_EACH} times at each point leaves the lease ended and told, or neither (${NOTE})`, async () => {
    const lane = await KillLane.open('unlock');
    const all = [...(await lane.points('break', false)), ...(await lane.points('break', true))];
    // In the small form the pushes alone: between lock and branch there is nothing else.
    const points = isLong ? all : all.filter(({ name }) => name.startsWith('git push'));
    expect(points.map(({ name }) => name)).toContain('git push 2: sent');
    const rounds = killsAt(points);
    const missed: string[] = [];
    for (const point of rounds)
      if (!(await lane.killAt('break', point)))
        missed.push(`${point.name}${point.isCut ? ', answer cut' : ''}`);
    await lane.close(NOTE);
    console.info(`${rounds.length} kills of unlock, ${missed.length} missed (${NOTE})`);
    expect(missed).toEqual([]);
  }, 7_200_000);

  it(`kgit killed at ${AT_RANDOM} random moments loses nothing and doubles nothing (${NOTE})`, async () => {
    const random = new Random(seed);
    const lane = await KillLane.open('timed');
    await lane.killAfter(600_000, false, {});
    // A machine that has less to do than a moment ago ends its writes sooner.
    let whole = lane.lastMs;
    await lane.close(NOTE);
    const rounds = Array.from({ length: AT_RANDOM }, (_, i) => ({
      part: random.next(),
      isCut: i % 2 === 0,
      isConditional: random.next() < 0.5,
    }));
    let killed = 0;
    await inLanes(rounds, async (own, { part, isCut, isConditional }) => {
      for (let tries = 0; tries < TRIES; tries++) {
        if (await own.killAfter(part * whole, isCut, isConditional ? { expected: own.last } : {})) {
          killed += 1;
          return;
        }
        whole = Math.min(whole, own.lastMs);
      }
    });
    console.info(`${killed} of ${AT_RANDOM} killed before their end, of ${Math.round(whole)} ms (${NOTE})`);
    expect(killed).toBeGreaterThan(isLong ? AT_RANDOM / 4 : 0);
  }, 7_200_000);
});
