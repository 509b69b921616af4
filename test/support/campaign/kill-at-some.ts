import { expect } from 'vitest';
import type { Random } from './random.js';

/** How many points are drawn for each kill, at most. */
const TRIES = 10;

/**
 * Has a process killed at points drawn at random, until `wanted` kills were made; at each point once, if there are no more.
 * Not every run comes to every point, since other threads make some of the calls.
 * @param killAt returns whether the process came to the point
 * @returns the kills in words
 */
export async function killAtSome<T>(
  points: readonly T[],
  wanted: number,
  random: Random,
  killAt: (point: T) => Promise<boolean>,
): Promise<string> {
  const isEach = points.length <= wanted;
  const [kills, tries] = isEach ? [points.length / 2, points.length] : [wanted, wanted * TRIES];
  let killed = 0;
  let tried = 0;
  for (; tried < tries && (isEach || killed < wanted); tried++)
    if (await killAt(isEach ? (points[tried] as T) : random.pick(points))) killed += 1;
  expect(killed).toBeGreaterThanOrEqual(kills);
  return `${killed} kills in ${tried} runs, at ${points.length} points`;
}
