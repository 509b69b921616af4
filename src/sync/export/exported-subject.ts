import type { KgitEvent } from '../../model/event/event.js';
import type { Subject } from '../../model/subject/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import { type ExportedEntry, exportedEntry, familyOf, inOrder } from './exported-entry.js';

/** What the repository and this machine have of a subject. */
export interface ExportedSubject {
  readonly subject: Subject;
  /** State of a deployment; null for a cluster, and if there is none. */
  readonly state: Readonly<Record<string, Value>> | null;
  readonly events: readonly KgitEvent[];
  readonly secrets: ReadonlyMap<string, Value>;
  /** Names of the secrets that the team shares and that the user has no key for. */
  readonly locked: readonly string[];
}

/** A legacy file to be written. */
export interface ExportedFile {
  /** Relative to the scripts' checkout. */
  readonly path: string;
  readonly family: string;
  readonly subject: string;
  readonly data: ValueMap;
  /** Places of values that this machine does not have. */
  readonly withheld: readonly string[];
  /** Why no file can have this path; absent if one can. */
  readonly problem?: string;
}

/** The subject's name in its legacy files. */
export function nameOf({ subject, events }: ExportedSubject): string {
  const named = events.findLast(({ source }) => isMap(source) && typeof source['name'] === 'string');
  const own = isMap(named?.source) ? String(named.source['name']) : null;
  return own ?? (subject.kind === 'cluster' ? subject.name : subject.kind === 'deployment' ? subject.id : '');
}

/** The keys of an event file besides its list. */
export function headOf(family: string, name: string, entries: readonly ExportedEntry[]): ValueMap {
  const at = entries.findLastIndex(({ head }) => head !== null);
  const said = entries[at]?.head;
  const first = entries[0]?.entry['timestamp'] as Value;
  const last = entries.at(-1)?.entry['timestamp'] as Value;
  if (said)
    return at === entries.length - 1 || !('last_updated' in said) ? said : { ...said, last_updated: last };
  if (family === 'azure-events' || family === 'kof-events') return { last_updated: last };
  const key = family === 'cluster-events' ? 'cluster_name' : 'deployment_id';
  return { [key]: name, created_at: first, last_updated: last };
}

/**
 * Whether the scripts' log would contain an event that came from no file; events that only change state are not logged.
 */
function isLogged(event: KgitEvent): boolean {
  if (event.phase !== undefined) return true;
  const source = isMap(event.source) ? event.source : {};
  return (event.changes ?? []).length === 0 && source['written_by'] === undefined && !source['files'];
}

/** The entries of each of a subject's legacy files, in file order, by family. */
export function entriesOf(of: ExportedSubject): Map<string, readonly ExportedEntry[]> {
  const own = of.subject.kind === 'cluster' ? 'cluster-events' : 'deployment-events';
  const byFamily = new Map<string, ExportedEntry[]>();
  for (const event of of.events) {
    const from = familyOf(event);
    if (from === null && !isLogged(event)) continue;
    const family = from ?? own;
    const made = exportedEntry(event, of.secrets);
    byFamily.set(family, [...(byFamily.get(family) ?? []), made]);
  }
  return new Map([...byFamily].map(([family, entries]) => [family, inOrder(entries)]));
}
