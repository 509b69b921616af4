import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { isMap, type ValueMap } from '../../model/value/value.js';
import { isArchiveFolder } from '../read/legacy-family.js';
import { type ExportedEntry, isName, lastLog } from './exported-entry.js';

/** An archive in `old_deployments/`, as described by its event. */
export interface ArchivedCopy {
  /** Name of the folder, or of the two files without their extension. */
  readonly name: string;
  /** Whether the files were moved into a folder of this name; otherwise they were copied. */
  readonly isFolder: boolean;
  /** When its files were last written, in ms since the epoch. */
  readonly time: number;
  /** Null if it contains no readable state. */
  readonly state: ValueMap | null;
  readonly hasLog: boolean;
  /** Number of entries in the deployment's log at that time; null if unknown. */
  readonly logged: number | null;
}

/** The archives of a deployment in order of time. */
export function archivedCopies(entries: readonly ExportedEntry[]): readonly ArchivedCopy[] {
  const copies = new Map<string, ArchivedCopy>();
  for (const { entry, event, isAlone, logged } of entries) {
    const { archive: name, state } = isMap(entry['parameters']) ? entry['parameters'] : {};
    if (typeof name !== 'string' || !isName(name)) continue;
    // A state that was unreadable at first may have been read by a later event.
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
  // At equal times, copies come before folders, because copying precedes moving.
  return [...copies.values()].sort((a, b) => a.time - b.time || Number(a.isFolder) - Number(b.isFolder));
}

/** The entries of a log, divided among archives and the current file, each in order. */
export interface SplitLog {
  /** By name of the archive. */
  readonly archived: ReadonlyMap<string, readonly ExportedEntry[]>;
  readonly current: readonly ExportedEntry[];
}

const timeOf = ({ event }: ExportedEntry) => parseRfc3339(event.timestamp) ?? 0;

/**
 * Splits a log among the archives: a folder has the entries since the previous folder, because the files were moved
 * there; a copy has all entries so far.
 * @param last the archive that also gets all remaining entries; null if there are current files
 */
export function splitLog(
  entries: readonly ExportedEntry[],
  copies: readonly ArchivedCopy[],
  last: ArchivedCopy | null,
): SplitLog {
  const archived = new Map<string, readonly ExportedEntry[]>();
  let rest = entries;
  for (const copy of copies.filter(({ hasLog }) => hasLog)) {
    // More entries may have been logged in the second in which it was archived.
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
