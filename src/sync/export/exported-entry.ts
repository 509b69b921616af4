import type { KgitEvent } from '../../model/event/event.js';
import { mutable, setAt, unsetAt } from '../../model/state/edit.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';

const OWN = ['id', 'source', 'changes', 'given'];
/** The placeholder of a secret. */
export const MARKER = /^<withheld: .*>$/s;

/** Whether a name from an event is safe as a file name, without path traversal. */
export const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

/** An event as an entry of a legacy file, with the secrets that this machine has. */
export interface ExportedEntry {
  readonly family: string;
  readonly index: number;
  readonly entry: ValueMap;
  /** The file's fields besides its entries when this was the last entry. */
  readonly head: ValueMap | null;
  /** Whether it describes an archive without a log of events. */
  readonly isAlone: boolean;
  /** For an event about an archive: number of entries in its log; null if not stated. */
  readonly logged: number | null;
  readonly event: KgitEvent;
}

function sourceOf(event: KgitEvent): ValueMap {
  return isMap(event.source) ? (event.source as ValueMap) : {};
}

/** The family of the file that an event came from; null if it came from none. */
export function familyOf(event: KgitEvent): string | null {
  const from = sourceOf(event)['imported_from'];
  return typeof from === 'string' ? from : null;
}

/** The paths of secrets' placeholders in a value. */
export function markersIn(value: unknown, at: readonly string[] = []): string[] {
  if (typeof value === 'string') return MARKER.test(value) ? [at.join('.')] : [];
  if (Array.isArray(value)) return value.flatMap((item, i) => markersIn(item, [...at, String(i)]));
  return isMap(value) ? Object.entries(value).flatMap(([key, item]) => markersIn(item, [...at, key])) : [];
}

/**
 * Converts an event back into the entry that it came from, without what kgit or the importing user added.
 * @param secrets withheld values of the event's subject, by `eventValueKey`
 */
export function exportedEntry(event: KgitEvent, secrets: ReadonlyMap<string, Value>): ExportedEntry {
  const source = sourceOf(event);
  const given = Object.entries(event).filter(([key]) => !OWN.includes(key));
  const entry = mutable(Object.fromEntries(given)) as Record<string, unknown>;
  for (const path of Array.isArray(source['derived']) ? source['derived'] : []) {
    if (typeof path !== 'string') continue;
    const parts = parseStatePath(path);
    unsetAt(entry, parts);
    const parent = entry[String(parts[0])];
    if (parts.length > 1 && isMap(parent) && Object.keys(parent).length === 0) delete entry[String(parts[0])];
  }
  for (const key of ['timestamp', 'action']) if (source[key] !== undefined) entry[key] = source[key];
  if (isMap(source['fields'])) Object.assign(entry, source['fields']);
  const prefix = `event:${event.id}:`;
  for (const [key, value] of secrets)
    if (key.startsWith(prefix)) setAt(entry, parseStatePath(key.slice(prefix.length)), value);
  const { index, file, logged } = source;
  return {
    family: familyOf(event) ?? '',
    index: typeof index === 'number' ? index : -1,
    entry: entry as ValueMap,
    head: isMap(file) ? (file as ValueMap) : null,
    isAlone: source['alone'] === true,
    logged: typeof logged === 'number' ? logged : null,
    event,
  };
}

/**
 * The entries of the latest log among these: the scripts start a new file when they start a deployment or cluster of
 * the same name again; the old file's entries are then only in the repository.
 */
export function lastLog(entries: readonly ExportedEntry[]): readonly ExportedEntry[] {
  const starts = entries.filter(({ index }) => index === 0).map(({ event }) => event.id);
  const [start = '', ...others] = starts.sort().reverse();
  return others.length === 0 ? entries : entries.filter(({ event }) => event.id >= start);
}

/** Sorts the entries of one file into file order; entries without an index are inserted by time. */
export function inOrder(entries: readonly ExportedEntry[]): readonly ExportedEntry[] {
  const placed = entries.filter(({ index }) => index >= 0).sort((a, b) => a.index - b.index);
  const result = [...placed];
  for (const own of entries.filter(({ index }) => index < 0)) {
    const at = result.findIndex(({ event }) => event.timestamp > own.event.timestamp);
    result.splice(at < 0 ? result.length : at, 0, own);
  }
  return result;
}
