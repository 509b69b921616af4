import { setAt } from '../../model/state/edit.js';
import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { sameValue, type ValueMap } from '../../model/value/value.js';
import { type DisplacedClaim, settleClaims } from '../parse/state-claims.js';
import { statePathOfKey } from '../parse/state-mapping.js';
import { countLeaves, type Placed, treeOf } from '../parse/state-tree.js';
import { isStateFamily } from '../read/legacy-family.js';
import type { ParsedFile, ParsedState } from '../read/parsed-file.js';
import type { ConflictRule, ImportedState } from './import-plan.js';
import type { ImportedState as LastImport } from './imported-snapshot.js';
import type { LocalFile } from './last-imported.js';
import { type Base, compareState, editsFor, type StateComparison } from './state-comparison.js';

export type StateFile = ParsedFile & { readonly state: ParsedState };

/** What the repository and this clone know about a deployment's state. */
export interface KnownState {
  readonly repository: unknown;
  /** What anybody last imported. */
  readonly last: LastImport;
  /** What this clone last imported from the files, by place. */
  readonly local: ReadonlyMap<string, LocalFile>;
  /** The newest import that is waiting to be published. */
  readonly waiting: string | undefined;
}

/** How a file's state compares with the repository, and which claims were overridden by another file. */
export interface ComparedState {
  readonly comparison: StateComparison;
  readonly displaced: readonly DisplacedClaim[];
}

/** When a state file was last updated, in ms since the epoch; -1 if it does not say. */
export function ageOf(values: ValueMap): number {
  const updated = values['last_updated'];
  return typeof updated === 'string' ? (parseRfc3339(updated) ?? -1) : -1;
}

/**
 * What was last imported from a file. This clone knows it for its own files; for others, it is what anybody last
 * imported, unless the file is older than that and so lacks what came between.
 */
function baseValues({ state, file }: StateFile, { last, local }: KnownState) {
  const shared = last.files.findLast(({ family }) => family === state.family)?.values ?? null;
  const own = file.place === null ? undefined : local.get(file.place);
  if (shared && !own?.edits.length && sameValue(shared, state.values))
    return { values: shared, isOwn: false };
  if (own) return { values: own.values, isOwn: true };
  return shared && ageOf(state.values) >= ageOf(shared) ? { values: shared, isOwn: false } : null;
}

function baseOf(file: StateFile, known: KnownState, claimed: ReadonlySet<string>): Base | null {
  const base = baseValues(file, known);
  if (base === null) return null;
  const { values, isOwn } = base;
  const { state, withheld } = file;
  const claims = Object.entries(values).map(([key, value]) => ({
    path: statePathOfKey(state.family, key),
    value,
  }));
  const tree = treeOf(claims);
  // A value derived now was also derived then, if the file was the same.
  for (const { path, file: said, value } of state.derived)
    if (lookUp(tree, path).value === said) setAt(tree, path, value);
  // What was in another machine's file may never have been in this one.
  const isGone = (path: StatePath) =>
    isOwn &&
    state.isWhole &&
    !claimed.has(formatStatePath(path)) &&
    !withheld.includes(formatStatePath(path));
  return { claims: Object.entries(tree).map(([root, value]) => ({ path: [root], value })), isGone };
}

/** The claims of a file, with derived values replacing its own. */
function derivedClaims(claims: readonly Placed[], { derived }: ParsedState): Placed[] {
  const tree = treeOf(claims);
  for (const { path, value } of derived) if (lookUp(tree, path).found) setAt(tree, path, value);
  return Object.entries(tree).map(([root, value]) => ({ path: [root], value }));
}

/** Compares the state files of one deployment with the repository, based on what was last imported from each. */
export function compareFiles(files: readonly StateFile[], known: KnownState): Map<ParsedFile, ComparedState> {
  const { kept, displaced } = settleClaims(files.map(({ state }) => state));
  const claimed = new Set(
    files.flatMap(({ state }) => state.claims.map(({ path }) => formatStatePath(path))),
  );
  return new Map(
    files.map((file, i) => {
      const claims = derivedClaims(kept[i] ?? [], file.state);
      const comparison = compareState(claims, known.repository, baseOf(file, known, claimed));
      return [file, { comparison, displaced: displaced[i] ?? [] }];
    }),
  );
}

/** The provenance of the state: everything needed to export the files again, and to merge later versions of them. */
function sourceOf(
  files: readonly StateFile[],
  displaced: readonly DisplacedClaim[],
  { last, waiting }: KnownState,
): ValueMap {
  const families: string[] = files.map(({ state }) => state.family);
  const earlier = last.files.filter(({ family }) => !families.includes(family));
  const now = [...files].sort((a, b) => ageOf(a.state.values) - ageOf(b.state.values));
  const name = files.find((file) => file.name !== null)?.name;
  const derived = files.flatMap(({ state }) => state.derived);
  const withheld = [...new Set([...last.withheld, ...files.flatMap((file) => file.withheld)])];
  return {
    imported_from: [...new Set(families)],
    // If that import is refused, this one's values from it were never imported.
    ...(waiting === undefined ? {} : { rests_on: waiting }),
    ...(name ? { name } : {}),
    files: [
      ...earlier.map((file) => ({ ...file }) as ValueMap),
      ...now.map(({ state: { family, values, within, withheldKeys } }) => ({
        family,
        ...(within === null ? {} : { place: within }),
        ...(withheldKeys.length === 0 ? {} : { withheld: withheldKeys }),
        values,
      })),
    ],
    ...(derived.length === 0
      ? {}
      : { derived: derived.map(({ path, value }) => ({ path: formatStatePath(path), value })) }),
    ...(withheld.length === 0 ? {} : { withheld }),
    ...(displaced.length === 0 ? {} : { displaced: displaced.map((claim) => ({ ...claim })) }),
  };
}

/** The change of a deployment's state that its files require; null for none. */
export function planState(
  files: readonly StateFile[],
  compared: ReadonlyMap<ParsedFile, ComparedState>,
  known: KnownState,
  onConflict: ConflictRule,
): ImportedState | null {
  const values: Placed[] = [];
  const removed: StatePath[] = [];
  const displaced: DisplacedClaim[] = [];
  for (const file of files) {
    const { comparison, displaced: gaveWay } = compared.get(file) as ComparedState;
    values.push(...comparison.absent, ...comparison.taken);
    removed.push(...comparison.removed);
    const wanted = onConflict === 'file' ? comparison.differences : [];
    for (const { path, file: value } of wanted)
      if (value === undefined) removed.push(path);
      else values.push({ path, value });
    displaced.push(...gaveWay);
  }
  const { edits, preconditions } = editsFor(values, known.repository, removed);
  if (edits.length === 0) return null;
  return { edits, preconditions, source: sourceOf(files, displaced, known) };
}

/** Whether the file contains state. */
export function hasState(file: ParsedFile): file is StateFile {
  return file.state !== null && file.family !== 'unknown' && isStateFamily(file.family);
}

/** Counts the values that an import sets in the state or removes from it. */
export function countWritten(
  { absent, taken, removed, differences }: StateComparison,
  rule: ConflictRule,
): number {
  const chosen = rule === 'file' ? differences.map(({ file }) => file) : [];
  const values = [...[...absent, ...taken].map(({ value }) => value), ...chosen];
  return values.reduce<number>(
    (sum, value) => sum + (value === undefined ? 1 : countLeaves(value)),
    removed.length,
  );
}
