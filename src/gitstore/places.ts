import type { Revision } from '../store/state-store.js';
import type { Git } from './git.js';
import type { ObjectReader } from './object-reader.js';

/**
 * How many revisions stand, along first parents, before the one that added each file, found by halving: no file of
 * an event is ever taken away and put back, and where one was, any of the revisions that added it is given.
 * @param paths files of `revision`, without control characters
 */
export async function placesOf(
  git: Git,
  reader: ObjectReader,
  revision: Revision,
  paths: readonly string[],
): Promise<Map<string, number>> {
  const line = (await git.text(['rev-list', '--first-parent', '--end-of-options', revision, '--'])).split(
    '\n',
  );
  const placeOf = async (path: string): Promise<[string, number]> => {
    let [there, missing] = [0, line.length];
    while (missing - there > 1) {
      const middle = (there + missing) >> 1;
      if (await reader.read(`${line[middle]}:${path}`)) there = middle;
      else missing = middle;
    }
    return [path, there];
  };
  return new Map(await Promise.all(paths.map(placeOf)));
}
