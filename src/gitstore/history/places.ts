import { eventIdOfName } from '../../model/subject/layout.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Objects } from '../objects/object-reader.js';
import { type Git, gitFailed } from '../process/git.js';

/**
 * Index of the revision that added each file, among the first parents of `revision`, newest first. Files of events are
 * never removed and put back; if one was, this finds one of the revisions that added it.
 * @param paths files of `revision`, without control characters
 */
export async function placesOf(
  git: Git,
  reader: Objects,
  revision: Revision,
  paths: readonly string[],
): Promise<Map<string, number>> {
  const args = ['rev-list', '--first-parent', '--timestamp', '--end-of-options', revision, '--'];
  const line = (await git.text(args)).split('\n').map((text) => text.split(' ') as [string, Revision]);
  return placesOn(line, reader, paths);
}

/**
 * Index of the revision on a line that added each file.
 * @param line the times of its revisions, in seconds since the epoch, and their ids, newest first
 */
export async function placesOn(
  line: readonly (readonly [string, Revision])[],
  reader: Objects,
  paths: readonly string[],
): Promise<Map<string, number>> {
  const placeOf = async (path: string): Promise<[string, number]> => {
    const isThere = async (place: number) => (await reader.read(`${line[place]?.[1]}:${path}`)) !== null;
    return [path, await lastPlace(line.length, guess(line, path), isThere)];
  };
  return new Map(await Promise.all(paths.map(placeOf)));
}

/** Index at which a file was probably added: most events are published when they happen, or soon after. */
function guess(line: readonly (readonly [string, Revision])[], path: string): number {
  const id = eventIdOfName(path.slice(path.lastIndexOf('/') + 1));
  const time = id === null ? 0 : Math.floor(ulidTime(id) / 1000);
  let [from, to] = [0, line.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (Number(line[middle]?.[0]) >= time) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/**
 * Largest index for which `isThere` holds. It holds at 0 and, once false, stays false; the search starts near `first`.
 */
async function lastPlace(
  count: number,
  first: number,
  isThere: (place: number) => Promise<boolean>,
): Promise<number> {
  let [there, missing, at, step] = [0, count, first, 1];
  while (missing - there > 1) {
    if (at <= there || at >= missing) at = (there + missing) >> 1;
    if (await isThere(at)) {
      there = at;
      at += step;
    } else {
      missing = at;
      at -= step;
    }
    step *= 2;
  }
  return there;
}

const GREP = [
  ...['grep', '--name-only', '--null', '--full-name', '--no-color', '--no-recurse-submodules'],
  ...['--text', '--ignore-case', '--fixed-strings'],
];

/** The files of a revision that contain any of the texts, ignoring case. Throws EnvironmentError. */
export async function filesWith(
  git: Git,
  revision: Revision,
  texts: readonly string[],
): Promise<readonly string[]> {
  const patterns = texts.flatMap((text) => ['-e', text]);
  // git grep has no --end-of-options; a revision is an object id, so it needs none.
  const { code, stdout, stderr } = await git.run([...GREP, ...patterns, revision, '--']);
  // 1: nothing was found.
  if (code > 1) throw gitFailed(['grep'], code, stderr);
  const found = stdout.toString('utf8').split('\0').filter(Boolean);
  return found.map((name) => name.slice(revision.length + 1));
}
