import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';
import { ImportedFiles } from '../../store/local/imported-files.js';
import type { StateView } from '../../store/port/state-store.js';
import { recordStands } from '../plan/import-stands.js';
import { fileOnly, type MergeHost } from './merge-files.js';

const NAME = 'legacy-files';
const SHOWN = 3;

/** Whether the deadline for writing state to files alone has passed. */
export function isOver(filesUntil: string | undefined, now: number): filesUntil is string {
  return filesUntil !== undefined && Date.parse(`${filesUntil}T00:00:00Z`) <= now;
}

/** The warning for files that contain what the repository lacks. */
export function fileOnlyMessage(paths: readonly string[], filesUntil: string): string {
  const shown = paths.slice(0, SHOWN).join(', ');
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `written without kgit, which is over since ${filesUntil}: ${shown}${more}`;
}

const FILE_ONLY_FIX =
  'Import them with kgit import, and have what writes them use kgit shell-init, or run kgit mirror --watch';

/** The folders of files that have changed since this clone last imported them. */
async function changedFolders(localFolder: string, view: StateView): Promise<string[]> {
  const folders = new Set<string>();
  const stands = recordStands(view);
  for (const record of await new ImportedFiles(localFolder, stands).all()) {
    const { path, mtimeMs } = record;
    const stats = await lstat(path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return null;
      throw error;
    });
    if (stats !== null && (stats.mtimeMs !== mtimeMs || !(await stands(record)))) folders.add(dirname(path));
  }
  return [...folders];
}

/** Checks whether imported files are still being written without kgit; null if no day is set for that. */
export async function checkFileOnly(
  host: Pick<MergeHost, 'read' | 'localFolder' | 'settings'>,
  filesUntil: string | undefined,
  now: number,
): Promise<Check | null> {
  if (filesUntil === undefined) return null;
  if (!isOver(filesUntil, now)) return passed(NAME, `may be written without kgit until ${filesUntil}`);
  const { view } = await host.read();
  const paths = await fileOnly(await changedFolders(host.localFolder, view), host);
  return paths.length === 0
    ? passed(NAME, 'hold nothing that the repository lacks')
    : finding(NAME, fileOnlyMessage(paths, filesUntil), FILE_ONLY_FIX);
}
