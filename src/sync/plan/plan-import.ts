import type { EventWrite } from '../../model/operation/operation.js';
import { MASK } from '../../model/secret/mask-secrets.js';
import { formatStatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { DisplacedClaim } from '../parse/state-claims.js';
import { FAMILIES } from '../read/legacy-family.js';
import type { ParsedFile } from '../read/parsed-file.js';
import type { ConflictRule, ImportConflict, ImportedFile, ImportPart, ImportPlan } from './import-plan.js';
import type { ImportedState } from './imported-snapshot.js';
import type { LocalFile } from './last-imported.js';
import type { PlannedSecrets } from './plan-secrets.js';
import { type ComparedState, compareFiles, countWritten, hasState, planState } from './plan-state.js';

/** What the repository already has, and what is known of earlier imports. */
export interface ExistingRecords {
  /** State by deployment id; absent for a deployment without a state document. */
  readonly states: ReadonlyMap<string, unknown>;
  /** What anybody last imported from the state files, by deployment id. */
  readonly snapshots: ReadonlyMap<string, ImportedState>;
  /** The newest waiting import, by deployment id. */
  readonly waiting: ReadonlyMap<string, string>;
  /** What this clone last imported from each file, by place. */
  readonly local: ReadonlyMap<string, LocalFile>;
  /** What is written of the secrets; null where the team shares none. */
  readonly shared: PlannedSecrets | null;
  hasEvent(subject: Subject, id: string): boolean;
}

export interface PlanOptions {
  readonly onConflict: ConflictRule;
  /** Whether to skip broken files and entries; otherwise any of them causes the plan to be refused. */
  readonly skipInvalid: boolean;
}

const NEVER: ImportedState = { files: [], withheld: [] };
const NO_SECRETS = { set: 0, unchanged: 0, conflicts: 0 };

function byFamily(a: ParsedFile, b: ParsedFile): number {
  return FAMILIES.indexOf(a.family as never) - FAMILIES.indexOf(b.family as never);
}

/** The events that do not exist yet; of equal events in one import, only the first. */
function freshEvents(files: readonly ParsedFile[], existing: ExistingRecords): Map<ParsedFile, EventWrite[]> {
  const seen = new Set<string>();
  return new Map(
    files.map((file) => [
      file,
      file.events.flatMap(({ subject, event, given }): EventWrite[] => {
        const key = `${formatSubject(subject)} ${event.id}`;
        if (seen.has(key) || existing.hasEvent(subject, event.id)) return [];
        seen.add(key);
        return [{ subject, event, ...(given === undefined ? {} : { given }) }];
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
  shared: PlannedSecrets | null,
): ImportedFile {
  const differences = state?.comparison.differences ?? [];
  const set = state ? countWritten(state.comparison, rule) : 0;
  return {
    path: file.path,
    family: file.family,
    subject: file.subject && formatSubject(file.subject),
    events: { found: file.found, new: fresh, duplicate: file.error ? 0 : file.events.length - fresh },
    state: { set, unchanged: state?.comparison.unchanged ?? 0, conflicts: differences.length },
    // In a path with a mask, a key is the secret: that is not shared.
    withheld: shared ? file.withheld.filter((place) => place.includes(MASK)) : file.withheld,
    shared: shared ? file.withheld.filter((place) => !place.includes(MASK)) : [],
    secrets: shared?.counts.get(file) ?? NO_SECRETS,
    warnings: [
      ...file.warnings,
      ...(state?.displaced ?? []).map(displacedWarning),
      ...(shared?.warnings.get(file) ?? []),
    ],
    error: file.error,
  };
}

function conflictsOf(file: ParsedFile, { comparison }: ComparedState): ImportConflict[] {
  return comparison.differences.map(({ path, base, repository, file: value }) => ({
    deployment: file.deployment ?? '',
    path: formatStatePath(path),
    ...(base === undefined ? {} : { base }),
    ...(repository === undefined ? {} : { repository }),
    ...(value === undefined ? {} : { file: value }),
    from: file.path,
  }));
}

/**
 * Plans an import: what is new in the files, what the repository already has, and where the two differ. Pure: equal
 * files and repositories give equal plans, and once a plan is carried out, the next one is empty. Plans one operation
 * for each deployment, including its clusters, because an operation changes the state of only one deployment.
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
  const { shared } = existing;
  for (const deployment of new Set(sound.map((file) => file.deployment))) {
    const files = sound.filter((file) => file.deployment === deployment);
    const stateFiles = files.filter(hasState).sort(byFamily);
    const known = {
      repository: deployment === null ? undefined : existing.states.get(deployment),
      last: (deployment === null ? undefined : existing.snapshots.get(deployment)) ?? NEVER,
      local: existing.local,
      waiting: deployment === null ? undefined : existing.waiting.get(deployment),
    };
    const comparisons = compareFiles(stateFiles, known);
    for (const [file, state] of comparisons) compared.set(file, state);
    const events = files.flatMap((file) => fresh.get(file) ?? []);
    const state = planState(stateFiles, comparisons, known, onConflict);
    const secrets = shared?.writes.filter((of) => of.deployment === deployment) ?? [];
    const { waiting } = known;
    if (events.length > 0 || state || secrets.length > 0)
      parts.push({ deployment, events, state, secrets, ...(waiting ? { restsOn: waiting } : {}) });
  }
  return {
    files: parsed.map((file) =>
      rowOf(file, fresh.get(file)?.length ?? 0, compared.get(file), onConflict, shared),
    ),
    parts,
    conflicts: [
      ...parsed.flatMap((file) => {
        const state = compared.get(file);
        return state ? conflictsOf(file, state) : [];
      }),
      ...(shared?.conflicts ?? []),
    ],
    onConflict,
    skipInvalid,
    shared,
  };
}
