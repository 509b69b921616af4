import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { isMap, type ValueMap } from '../../model/value/value.js';
import { isArchiveFolder } from '../read/legacy-family.js';
import { type ExportedEntry, isName, lastLog } from './exported-entry.js';

/** What the scripts put into `old_deployments/`, as its event tells it. */
export interface ArchivedCopy {
  /** Name of the folder, or of the two files without their ending. */
  readonly name: string;
  /** Whether the files were moved into a folder of this name; else they were copied. */
  readonly isFolder: boolean;
  /** When its files were last written, in ms since the epoch. */
  readonly time: number;
  /** Null where no state that can be read is in it. */
  readonly state: ValueMap | null;
  readonly hasLog: boolean;
  /** How many entries were in the log of the deployment; null where that is not known. */
  readonly logged: number | null;
}

/** The archives of a deployment in the order of their times. */
export function archivedCopies(entries: readonly ExportedEntry[]): readonly ArchivedCopy[] {
  const copies = new Map<string, ArchivedCopy>();
  for (const { entry, event, isAlone, logged } of entries) {
    const { archive: name, state } = isMap(entry['parameters']) ? entry['parameters'] : {};
    if (typeof name !== 'string' || !isName(name)) continue;
    // A state that could not be read at first may be there by now.
    if (!isMap(state) && copies.get(name)?.state) continue;
    copies.set(name, {
      name,
      isFolder: isArchiveFolder(name),
      time: parseRfc3339(event.timestamp) ?? 0,
      state: isMap(state) ? (state as ValueMap) : null,
      hasLog: !isAlone,
      logged,
    });
  }
  // Of one time, what was copied was copied before the files were moved.
  return [...copies.values()].sort((a, b) => a.time - b.time || Number(a.isFolder) - Number(b.isFolder));
}

/** The entries of a log as they lie in archives and beside the state, each in its order. */
export interface SplitLog {
  /** By the name of the archive. */
  readonly archived: ReadonlyMap<string, readonly ExportedEntry[]>;
  readonly current: readonly ExportedEntry[];
}

const timeOf = ({ event }: ExportedEntry) => parseRfc3339(event.timestamp) ?? 0;

/**
 * Splits a log among the archives: a folder has what was written since the one before it, for the files were moved
 * there; a copy has all that there was by then.
 * @param last the archive in which everything that is left lies, too; null where files lie beside the state
 */
export function splitLog(
  entries: readonly ExportedEntry[],
  copies: readonly ArchivedCopy[],
  last: ArchivedCopy | null,
): SplitLog {
  const archived = new Map<string, readonly ExportedEntry[]>();
  let rest = entries;
  for (const copy of copies.filter(({ hasLog }) => hasLog)) {
    // More may have been logged in the second in which it was archived.
    const { logged } = copy;
    const isIn = (entry: ExportedEntry) =>
      timeOf(entry) <= copy.time && (logged === null || entry.index < logged);
    archived.set(copy.name, lastLog(rest.filter(isIn)));
    if (copy.isFolder) rest = rest.filter((entry) => !isIn(entry));
  }
  if (last === null || !last.hasLog) return { archived, current: lastLog(rest) };
  const own = new Set([...(archived.get(last.name) ?? []), ...rest]);
  archived.set(last.name, lastLog(entries.filter((entry) => own.has(entry))));
  return { archived, current: [] };
}
