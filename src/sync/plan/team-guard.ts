import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { isInsideSecret, isSecretWithin, secretFiles } from '../../store/read/secret-files.js';
import type { FoundSecret, SecretGuard } from '../parse/withhold.js';
import type { ParsedFile } from '../read/parsed-file.js';

const WHAT = 'secret of the team';

/**
 * Returns a guard that also finds what the team keeps as a secret, whatever it looks like; null if no file has such a value in the
 * clear. Throws InvalidStateError.
 */
export async function teamGuard(
  parsed: readonly ParsedFile[],
  view: StateView,
  guard: SecretGuard,
): Promise<SecretGuard | null> {
  const names = new Set<string>();
  for (const id of new Set(parsed.flatMap(({ state, deployment: of }) => (state && of !== null ? of : []))))
    for (const name of (await secretFiles(view, deployment(id))).keys()) names.add(name);
  const isFound = parsed.some(({ state }) =>
    state?.claims.some(({ path, value }) =>
      [...names].some((name) => placesOf(name, value, path).length > 0),
    ),
  );
  return isFound ? guardOfTeam(guard, names) : null;
}

/**
 * Returns a guard that also finds values of a state at and below the paths of the team's secrets, whatever they look like.
 * @param names the names of these secrets
 */
export function guardOfTeam(guard: SecretGuard, names: Iterable<string>): SecretGuard {
  const paths = [...names].filter(isStateKey);
  if (paths.length === 0) return guard;
  const find = (value: unknown, path: StatePath): readonly FoundSecret[] =>
    paths
      .flatMap((name) => placesOf(name, value, path))
      .map((place) => ({ path: guard.show(place), what: WHAT }));
  return {
    find: (value, path) => [...guard.find(value, path), ...find(value, path)],
    show: guard.show,
    byLook: guard,
  };
}

/** Where a value at a path is, or has, the secret of this name. */
function placesOf(name: string, value: unknown, path: StatePath): readonly StatePath[] {
  if (isInsideSecret(path, name) || formatStatePath(path) === name) return [path];
  if (!isSecretWithin(name, path)) return [];
  const place = parseStatePath(name);
  return lookUp(value, place.slice(path.length)).found ? [place] : [];
}
