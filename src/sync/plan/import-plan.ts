import { ConflictError, ERROR_CLASSES, type KgitError } from '../../errors.js';
import type { EventWrite, Precondition } from '../../model/operation/operation.js';
import type { Edit } from '../../model/state/edit.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import type { ImportError } from '../read/import-error.js';
import type { Family } from '../read/legacy-family.js';
import type { PlannedSecrets, SecretCounts, SubjectSecrets } from './plan-secrets.js';

/** What to do if file and repository differ: refuse, keep the repository's value, or take the file's. */
export const CONFLICT_RULES = ['fail', 'repository', 'file'] as const;
export type ConflictRule = (typeof CONFLICT_RULES)[number];

/** One file of an import: the row of the command's result. */
export interface ImportedFile {
  readonly path: string;
  readonly family: Family | 'unknown';
  readonly subject: string | null;
  readonly events: { readonly found: number; readonly new: number; readonly duplicate: number };
  /** Number of values by state path: to be written, already there, in conflict. */
  readonly state: { readonly set: number; readonly unchanged: number; readonly conflicts: number };
  /** Places of the secrets that were withheld: they stay on this machine. */
  readonly withheld: readonly string[];
  /** Places of the secrets that the team shares, encrypted. */
  readonly shared: readonly string[];
  /** Number of shared secrets: to be written, already there, in conflict. */
  readonly secrets: SecretCounts;
  readonly warnings: readonly string[];
  readonly error: ImportError | null;
}

/** A state path at which file and repository differ from each other and from what was last imported; secrets are not shown. */
export interface ImportConflict {
  readonly deployment: string;
  readonly path: string;
  /** What was last imported; absent if nothing was. */
  readonly base?: Value;
  /** Absent, like `file`, if the path was removed there. */
  readonly repository?: Value;
  readonly file?: Value;
  /** The file, as named in its row. */
  readonly from: string;
}

/** An import's change to the state of one deployment. */
export interface ImportedState {
  readonly edits: readonly Edit[];
  readonly preconditions: readonly Precondition[];
  /** Provenance, for the event that records the change. */
  readonly source: ValueMap;
}

/** What one operation writes: a deployment's events and state, and the clusters in the same folder. */
export interface ImportPart {
  /** Null for clusters without a deployment in their folder. */
  readonly deployment: string | null;
  readonly events: readonly EventWrite[];
  readonly state: ImportedState | null;
  /** To be encrypted for the team; empty where it shares none. */
  readonly secrets: readonly SubjectSecrets[];
  /** The waiting import of the deployment that this one builds on. */
  readonly restsOn?: string;
}

/** Everything that an import would do, before any of it is done. */
export interface ImportPlan {
  readonly files: readonly ImportedFile[];
  /** One for each operation; empty if nothing is new. */
  readonly parts: readonly ImportPart[];
  readonly conflicts: readonly ImportConflict[];
  readonly onConflict: ConflictRule;
  readonly skipInvalid: boolean;
  /** Null where the team shares no secrets. */
  readonly shared: PlannedSecrets | null;
}

/** A file that is skipped, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** The files that a plan skips. */
export function skippedFiles({ files }: ImportPlan): SkippedFile[] {
  return files.flatMap(({ path, error }) => {
    if (error === null) return [];
    const { line, column, message } = error;
    const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
    return [{ path, ...place, message }];
  });
}

function firstError(plan: ImportPlan): KgitError | null {
  const broken = plan.files.filter(({ error }) => error !== null);
  const [first] = broken;
  if (!first?.error || plan.skipInvalid) return null;
  const { code, message, line, column, suggestions } = first.error;
  const place = [first.path, line, column].filter((part) => part !== undefined).join(':');
  const others = broken.length > 1 ? ` (and ${broken.length - 1} more files)` : '';
  return new ERROR_CLASSES[code](`${place}: ${message}${others}`, {
    suggestions: [...(suggestions ?? []), 'Mend the file, or import the others with --skip-invalid'],
    data: { files: broken.map(({ path, error }) => ({ path, error })) },
  });
}

/** Why a plan may not be carried out: a broken file, or conflicts under the rule 'fail'; else null. */
export function refusalOf(plan: ImportPlan): KgitError | null {
  const error = firstError(plan);
  if (error || plan.onConflict !== 'fail' || plan.conflicts.length === 0) return error;
  const paths = [...new Set(plan.conflicts.map(({ path }) => path))];
  const shown = paths.slice(0, 3).join(', ') + (paths.length > 3 ? `, and ${paths.length - 3} more` : '');
  return new ConflictError(`the repository holds other values than the files: ${shown}`, {
    suggestions: [
      'Keep what the repository holds with --on-conflict repository',
      'Take what the files hold with --on-conflict file',
    ],
    data: { conflicts: plan.conflicts },
  });
}
