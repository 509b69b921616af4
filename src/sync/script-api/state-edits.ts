import type { Edit } from '../../model/state/edit.js';
import { canBeNamed, formatStatePath, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { isMap, sameValue, type Value, type ValueMap } from '../../model/value/value.js';
import { fileValueKey } from '../../store/local/withheld-values.js';
import { isTaken } from '../../store/plan/secret-conditions.js';
import { isSecretWithin } from '../../store/read/secret-files.js';
import { orderOf } from '../parse/parse-state.js';
import { statePathOfKey } from '../parse/state-mapping.js';
import { type SecretGuard, withhold } from '../parse/withhold.js';
import { guardOfTeam } from '../plan/team-guard.js';
import type { StateFamily } from '../read/legacy-family.js';
import type { NamedSecrets } from './script-secrets.js';

/** How a deployment's state changes with its file. */
export interface StateEdits {
  /** Without secret values. */
  readonly edits: readonly Edit[];
  /** Secret values, by the names of `WithheldValues`; undefined for values to forget. */
  readonly secrets: NamedSecrets;
}

/** @param isWhole whether the value at a path is one secret, which is written as a whole */
function differences(
  path: StatePath,
  before: unknown,
  after: unknown,
  isWhole: (path: StatePath) => boolean,
): Edit[] {
  if (sameValue(before, after)) return [];
  // Another clone may have published, or may yet publish, more of a mapping than this file had.
  if (after === undefined) return [{ op: 'unmerge', path, value: shapeOf(before) }];
  if (before === undefined) return [{ op: 'merge', path, value: after as Value }];
  const keys =
    isMap(before) && isMap(after) && !isWhole(path)
      ? [...new Set([...Object.keys(before), ...Object.keys(after)])]
      : [];
  if (keys.length === 0 || !keys.every((key) => canBeNamed([...path, key])))
    return [{ op: 'set', path, value: after as Value }];
  return keys.flatMap((key) => differences([...path, key], own(before, key), own(after, key), isWhole));
}

/** The structure of a value without its content, which may be secret. */
function shapeOf(value: unknown): Value {
  if (!isMap(value)) return null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
}

function own(value: unknown, key: string): unknown {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The values of `whole` that are missing in `kept`. */
function lost(whole: Value, kept: Value | undefined, path: StatePath): [string, Value][] {
  if (isMap(whole) && isMap(kept))
    return Object.entries(whole).flatMap(([key, value]) =>
      lost(value as Value, own(kept, key) as Value | undefined, [...path, key]),
    );
  return kept === undefined ? [[formatStatePath(path), whole]] : [];
}

/** Whether an edit leaves no place for the secret of this name: it has, or removes, a value there or on the way to it. */
function isOver(edit: Edit, name: string): boolean {
  if (!isSecretWithin(name, edit.path)) return false;
  return (
    edit.op === 'set' ||
    edit.op === 'unset' ||
    isTaken(edit.value, parseStatePath(name).slice(edit.path.length))
  );
}

/**
 * The edits and secret values for a state file that changed from `before` to `after`. What is at or below the path of a secret of
 * the team stays secret.
 * @param known names of the secrets that are kept, here or by the team
 * @param team those of the team
 */
export function stateEdits(
  family: StateFamily,
  before: ValueMap,
  after: ValueMap,
  secretGuard: SecretGuard,
  known: ReadonlySet<string>,
  team: ReadonlySet<string>,
): StateEdits {
  const guard = guardOfTeam(secretGuard, team);
  const edits: Edit[] = [];
  const secrets = new Map<string, Value | undefined>();
  const isWhole = (path: StatePath) => team.has(formatStatePath(path));
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const root = statePathOfKey(family, key);
    for (const edit of differences(root, own(before, key), own(after, key), isWhole)) {
      for (const name of known) if (isOver(edit, name)) secrets.set(name, undefined);
      // From now on, the state has this file's value, so its separate value is obsolete.
      const own = fileValueKey(family, [key]);
      for (const name of known) if (name === own || name.startsWith(`${own}.`)) secrets.set(name, undefined);
      if (edit.op === 'unmerge' || edit.op === 'unset') {
        edits.push(edit);
        continue;
      }
      const inFile = [key, ...edit.path.slice(root.length)];
      const clean = withhold(edit.value, edit.path, guard, 'leave out').value;
      // The full key may indicate a secret that the path without its prefix does not.
      const isClean = clean !== undefined && secretGuard.find(clean, inFile).length === 0;
      const kept = isClean ? clean : undefined;
      for (const [path, value] of lost(edit.value, kept, edit.path)) {
        secrets.set(path, value);
        const place = [key, ...parseStatePath(path).slice(root.length)];
        const [name, order] = orderOf(family, after, place);
        const isKnown = known.has(name) && sameValue(orderOf(family, before, place)[1], order);
        if (!isKnown) secrets.set(name, order);
      }
      if (kept !== undefined) edits.push({ ...edit, value: kept });
    }
  }
  return { edits, secrets };
}
