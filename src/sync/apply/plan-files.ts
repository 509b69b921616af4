import type { Operation } from '../../model/operation/operation.js';
import type { Subject } from '../../model/subject/subject.js';
import { ImportedFiles } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import type { SecretGuard } from '../parse/withhold.js';
import { existingRecords } from '../plan/existing-records.js';
import type { ImportPlan } from '../plan/import-plan.js';
import { recordStands } from '../plan/import-stands.js';
import { lastImported } from '../plan/last-imported.js';
import { type PlanOptions, planImport } from '../plan/plan-import.js';
import { planSecrets } from '../plan/plan-secrets.js';
import type { SharedSecrets } from '../plan/shared-secrets.js';
import type { ParsedFile } from '../read/parsed-file.js';

/** The repository state on which an import is planned. */
export interface PlanBase {
  readonly view: StateView;
  /** Waiting operations, which `view` shows as published. */
  readonly pending: readonly Operation[];
  /** Folder of this machine's own records, such as what was last imported from each file. */
  readonly localFolder: string;
  readonly secrets: SecretGuard;
  /** The secrets that the team shares; null if it shares none, or if they do not matter. */
  readonly team: SharedSecrets | null;
}

/** Plans the import of parsed files: compares them with the repository and with what was last imported from them. */
export async function planFiles(
  parsed: readonly ParsedFile[],
  { view, pending, localFolder, secrets, team }: PlanBase,
  options: PlanOptions,
): Promise<ImportPlan> {
  const imported = new ImportedFiles(localFolder, recordStands(view));
  const local = await lastImported(parsed, (place) => imported.last(place), secrets);
  const existing = await existingRecords(view, parsed, local, pending);
  const withheld = new WithheldValues(localFolder);
  const known = team && {
    ...existing,
    view,
    team,
    guard: secrets,
    withheld: (subject: Subject) => withheld.all(subject),
  };
  const shared = known && (await planSecrets(parsed, known, options.onConflict));
  return planImport(parsed, { ...existing, shared }, options);
}
