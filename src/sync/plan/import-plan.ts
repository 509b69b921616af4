import { ConflictError, ERROR_CLASSES, type KgitError } from '../../errors.js';
import type { EventWrite, Precondition } from '../../model/operation/operation.js';
import type { Edit } from '../../model/state/edit.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import type { ImportError } from '../read/import-error.js';
import type { Family } from '../read/legacy-family.js';

/** What happens to a path for which file and repository differ: refuse, keep the repository's, take the file's. */
export const CONFLICT_RULES = ['fail', 'repository', 'file'] as const;
export type ConflictRule = (typeof CONFLICT_RULES)[number];

/** One file of an import: the row of the command's result. */
export interface ImportedFile {
  readonly path: string;
  readonly family: Family | 'unknown';
  readonly subject: string | null;
  readonly events: { readonly found: number; readonly new: number; readonly duplicate: number };
  /** Values by state path: written, there already, different. */
  readonly state: { readonly set: number; readonly unchanged: number; readonly conflicts: number };
  /** Places of the secrets that were left out. */
  readonly withheld: readonly string[];
  readonly warnings: readonly string[];
  readonly error: ImportError | null;
}

/** A state path for which a file and the repository differ, and both from what was last imported. */
export interface ImportConflict {
  readonly deployment: string;
  readonly path: string;
  /** What was last imported; missing where nothing was. */
  readonly base?: Value;
  /** Missing, like `file`, where the path was taken away there. */
  readonly repository?: Value;
  readonly file?: Value;
  /** The file, as its row names it. */
  readonly from: string;
}

/** The state of one deployment as an import changes it. */
export interface ImportedState {
  readonly edits: readonly Edit[];
  readonly preconditions: readonly Precondition[];
  /** Provenance, for the event that carries the changes. */
  readonly source: ValueMap;
}

/** What one operation writes: a deployment's events and state, with the clusters that lie beside it. */
export interface ImportPart {
  /** Null for the clusters that no deployment lies beside. */
  readonly deployment: string | null;
  readonly events: readonly EventWrite[];
  readonly state: ImportedState | null;
}

/** Everything that an import would do; nothing has been done yet. */
export interface ImportPlan {
  readonly files: readonly ImportedFile[];
  /** One for each operation; none where there is nothing new. */
  readonly parts: readonly ImportPart[];
  readonly conflicts: readonly ImportConflict[];
  readonly onConflict: ConflictRule;
  readonly skipInvalid: boolean;
}

/** A file that is left out, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** The files that are left out of a plan. */
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

/** Why a plan may not be carried out: a broken file, or values that differ under the rule 'fail'; else null. */
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
