import type { Operation } from '../model/operation.js';
import { ImportedFiles } from '../store/imported-files.js';
import type { StateView } from '../store/state-store.js';
import { existingRecords } from './existing-records.js';
import { type ImportStamp, importOperation } from './import-operation.js';
import type { ImportedFile } from './import-plan.js';
import { keepLocally } from './keep-locally.js';
import { lastImported } from './last-imported.js';
import { parseImport } from './parse-import.js';
import type { ImportSettings } from './parsed-file.js';
import { planImport } from './plan-import.js';
import { type LegacyFile, readLegacyFiles } from './read-legacy-files.js';

/** What merging files without anybody to ask is handed. */
export interface MergeHost {
  /** The repository as it is here, with what waits. */
  view(): Promise<StateView>;
  /** The folder of what is this machine's alone. */
  readonly localFolder: string;
  readonly settings: ImportSettings;
  stamp(): ImportStamp;
  guard(operation: Operation): Operation;
  keep(operation: Operation): Promise<void>;
}

/**
 * Merges legacy files in, as `kgit import` does where nobody can be asked: what is broken is left out, and where both
 * sides have changed a value the repository's stays. Durable when it returns. The rows tell what was found.
 */
export async function mergeFiles(
  paths: readonly string[],
  host: MergeHost,
): Promise<readonly ImportedFile[]> {
  return paths.length === 0 ? [] : mergeRead(await readLegacyFiles(paths), host);
}

/** The same for files that were read. */
export async function mergeRead(
  files: readonly LegacyFile[],
  host: MergeHost,
): Promise<readonly ImportedFile[]> {
  const parsed = parseImport(files, host.settings);
  const imported = new ImportedFiles(host.localFolder);
  const local = await lastImported(parsed, (place) => imported.last(place), host.settings.secrets);
  const existing = await existingRecords(await host.view(), parsed, local);
  const plan = planImport(parsed, existing, { onConflict: 'repository', skipInvalid: true });
  const kept = keepLocally(host.localFolder, parsed);
  // Before anything is kept for others: what is withheld from them must not be lost here.
  await kept.secrets();
  for (const part of plan.parts) await host.keep(host.guard(importOperation(part, host.stamp())));
  await kept.files();
  return plan.files;
}
