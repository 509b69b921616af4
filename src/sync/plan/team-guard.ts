import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
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
  const find = (value: unknown, path: StatePath): readonly FoundSecret[] => {
    const own = [...names].flatMap((name) => placesOf(name, value, path));
    return own.map((place) => ({ path: guard.show(place), what: WHAT }));
  };
  const isFound = parsed.some(({ state }) =>
    state?.claims.some(({ path, value }) => find(value, path).length > 0),
  );
  if (!isFound) return null;
  return {
    find: (value, path) => [...guard.find(value, path), ...find(value, path)],
    show: guard.show,
  };
}

/** Where a value at a path is, or has, the secret of this name. */
function placesOf(name: string, value: unknown, path: StatePath): readonly StatePath[] {
  if (isInsideSecret(path, name) || formatStatePath(path) === name) return [path];
  if (!isSecretWithin(name, path)) return [];
  const place = parseStatePath(name);
  return lookUp(value, place.slice(path.length)).found ? [place] : [];
}
