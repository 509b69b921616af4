import type { EventWrite } from '../model/operation.js';
import { formatStatePath } from '../model/state-path.js';
import { formatSubject, type Subject } from '../model/subject.js';
import type { ValueMap } from '../model/value.js';
import type {
  ConflictRule,
  ImportConflict,
  ImportedFile,
  ImportedState,
  ImportPart,
  ImportPlan,
} from './import-plan.js';
import { FAMILIES } from './legacy-family.js';
import type { ParsedFile } from './parse-import.js';
import { type DisplacedClaim, type StateClaims, settleClaims } from './state-claims.js';
import {
  compareState,
  countLeaves,
  editsFor,
  type Placed,
  type StateComparison,
} from './state-comparison.js';

/** What the repository holds of what is to be imported. */
export interface ExistingRecords {
  /** State by deployment id; a deployment without a state document is missing. */
  readonly states: ReadonlyMap<string, unknown>;
  hasEvent(subject: Subject, id: string): boolean;
}

export interface PlanOptions {
  readonly onConflict: ConflictRule;
  /** Plans without the files and entries that are broken; else one of them refuses the plan. */
  readonly skipInvalid: boolean;
}

type StateFile = ParsedFile & { readonly state: StateClaims };

/** How the state of each file stands to the repository, and what gave way to another file. */
interface ComparedState {
  readonly comparison: StateComparison;
  readonly displaced: readonly DisplacedClaim[];
}

function hasState(file: ParsedFile): file is StateFile {
  return file.state !== null;
}

function byFamily(a: ParsedFile, b: ParsedFile): number {
  return FAMILIES.indexOf(a.family as never) - FAMILIES.indexOf(b.family as never);
}

function compareFiles(files: readonly StateFile[], repository: unknown): Map<ParsedFile, ComparedState> {
  const { kept, displaced } = settleClaims(files.map(({ state }) => state));
  return new Map(
    files.map((file, i) => [
      file,
      { comparison: compareState(kept[i] ?? [], repository), displaced: displaced[i] ?? [] },
    ]),
  );
}

/** Where the state came from: all that is needed to lay the files out again, and what gave way. */
function sourceOf(files: readonly StateFile[], displaced: readonly DisplacedClaim[]): ValueMap {
  const keys = files
    .filter(({ family }) => family !== 'deployment-state')
    .map(({ family, state }) => [family, state.claims.map(({ key }) => key)]);
  const name = files.find((file) => file.name !== null)?.name;
  return {
    imported_from: [...new Set(files.map(({ family }) => family))],
    ...(name ? { name } : {}),
    ...(keys.length === 0 ? {} : { keys: Object.fromEntries(keys) as ValueMap }),
    ...(displaced.length === 0 ? {} : { displaced: displaced.map((claim) => ({ ...claim })) }),
  };
}

function planState(
  files: readonly StateFile[],
  compared: ReadonlyMap<ParsedFile, ComparedState>,
  repository: unknown,
  onConflict: ConflictRule,
): ImportedState | null {
  const values: Placed[] = [];
  const displaced: DisplacedClaim[] = [];
  for (const file of files) {
    const { comparison, displaced: gaveWay } = compared.get(file) as ComparedState;
    values.push(...comparison.absent);
    if (onConflict === 'file') {
      values.push(...comparison.differences.map(({ path, file: value }) => ({ path, value })));
    }
    displaced.push(...gaveWay);
  }
  const { edits, preconditions } = editsFor(values, repository);
  return edits.length === 0 ? null : { edits, preconditions, source: sourceOf(files, displaced) };
}

/** Tells the events that nobody has yet; of two equal ones in one import the first counts. */
function freshEvents(files: readonly ParsedFile[], existing: ExistingRecords): Map<ParsedFile, EventWrite[]> {
  const seen = new Set<string>();
  return new Map(
    files.map((file) => [
      file,
      file.events.filter(({ subject, event }) => {
        const key = `${formatSubject(subject)} ${event.id}`;
        if (seen.has(key) || existing.hasEvent(subject, event.id)) return false;
        seen.add(key);
        return true;
      }),
    ]),
  );
}

function displacedWarning({ path, family, key }: DisplacedClaim): string {
  return `${key} of ${family}.yaml gives way to another value for ${path}, and is kept in the event's source`;
}

function rowOf(
  file: ParsedFile,
  fresh: number,
  state: ComparedState | undefined,
  rule: ConflictRule,
): ImportedFile {
  const differences = state?.comparison.differences ?? [];
  const absent = state?.comparison.absent ?? [];
  const taken = rule === 'file' ? differences.map(({ file: value }) => ({ value })) : [];
  const set = [...absent, ...taken].reduce((sum, { value }) => sum + countLeaves(value), 0);
  return {
    path: file.path,
    family: file.family,
    subject: file.subject && formatSubject(file.subject),
    events: { found: file.found, new: fresh, duplicate: file.error ? 0 : file.events.length - fresh },
    state: { set, unchanged: state?.comparison.unchanged ?? 0, conflicts: differences.length },
    withheld: file.withheld,
    warnings: [...file.warnings, ...(state?.displaced ?? []).map(displacedWarning)],
    error: file.error,
  };
}

function conflictsOf(file: ParsedFile, { comparison }: ComparedState): ImportConflict[] {
  return comparison.differences.map(({ path, repository, file: value }) => ({
    deployment: file.deployment ?? '',
    path: formatStatePath(path),
    repository,
    file: value,
    from: file.path,
  }));
}

/**
 * Plans an import: what of the files is new, what the repository has already, and where the two differ.
 * Pure: the same files and the same repository give the same plan, and after it has been carried out there
 * is nothing new in it. One operation for each deployment, its clusters with it, for an operation changes
 * the state of one deployment.
 */
export function planImport(
  parsed: readonly ParsedFile[],
  existing: ExistingRecords,
  { onConflict, skipInvalid }: PlanOptions,
): ImportPlan {
  const sound = parsed.filter(({ error }) => error === null);
  const fresh = freshEvents(sound, existing);
  const parts: ImportPart[] = [];
  const compared = new Map<ParsedFile, ComparedState>();
  for (const deployment of new Set(sound.map((file) => file.deployment))) {
    const files = sound.filter((file) => file.deployment === deployment);
    const stateFiles = files.filter(hasState).sort(byFamily);
    const repository = deployment === null ? undefined : existing.states.get(deployment);
    const comparisons = compareFiles(stateFiles, repository);
    for (const [file, state] of comparisons) compared.set(file, state);
    const events = files.flatMap((file) => fresh.get(file) ?? []);
    const state = planState(stateFiles, comparisons, repository, onConflict);
    if (events.length > 0 || state) parts.push({ deployment, events, state });
  }
  return {
    files: parsed.map((file) => rowOf(file, fresh.get(file)?.length ?? 0, compared.get(file), onConflict)),
    parts,
    conflicts: parsed.flatMap((file) => {
      const state = compared.get(file);
      return state ? conflictsOf(file, state) : [];
    }),
    onConflict,
    skipInvalid,
  };
}
