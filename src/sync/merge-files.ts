import type { Operation } from '../model/operation.js';
import type { StateView } from '../store/state-store.js';
import { existingRecords } from './existing-records.js';
import { type ImportStamp, importOperation } from './import-operation.js';
import type { ImportedFile } from './import-plan.js';
import { parseImport } from './parse-import.js';
import type { ImportSettings } from './parsed-file.js';
import { planImport } from './plan-import.js';
import { readLegacyFiles } from './read-legacy-files.js';

/** What merging files without anybody to ask is handed. */
export interface MergeHost {
  /** The repository as it is here, with what waits. */
  view(): Promise<StateView>;
  readonly settings: ImportSettings;
  stamp(): ImportStamp;
  guard(operation: Operation): Operation;
  keep(operation: Operation): Promise<void>;
}

/**
 * Merges legacy files in, as `kgit import` does where nobody can be asked: what is broken is left out, and where both
 * sides have changed a value the repository's stays. Durable when it returns. The rows tell what was found.
 */
export async function mergeFiles(paths: readonly string[], host: MergeHost): Promise<readonly ImportedFile[]> {
  if (paths.length === 0) return [];
  const parsed = parseImport(await readLegacyFiles(paths), host.settings);
  const existing = await existingRecords(await host.view(), parsed);
  const plan = planImport(parsed, existing, { onConflict: 'repository', skipInvalid: true });
  for (const part of plan.parts) await host.keep(host.guard(importOperation(part, host.stamp())));
  return plan.files;
}

