import { hash } from 'node:crypto';
import { UsageError } from '../../errors.js';
import { formatTimestamp, isAction, type KgitEvent } from '../../model/event/event.js';
import { checkEventFields, isFieldValue, isOwnField } from '../../model/event/event-schema.js';
import type { EventWrite } from '../../model/operation/operation.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { parseRfc3339, rfc3339Time } from '../../model/value/rfc3339.js';
import { makeUlid, randomBits } from '../../model/value/ulid.js';
import { isMap, setOwn, type Value, type ValueMap } from '../../model/value/value.js';
import type { Family } from '../read/legacy-family.js';
import { dryRunEntries } from './dry-run-entries.js';

/** The event list of one legacy file, with its secrets withheld. */
export interface LegacyEvents {
  readonly family: Family | 'deployment-archive';
  readonly subject: Subject;
  /** The legacy name of the subject, if its slug differs. */
  readonly name?: string | undefined;
  readonly entries: readonly Value[];
  /** Indexes of the entries in the file, if they are not contiguous. */
  readonly places?: readonly number[];
  /** The file's fields that its entries do not have; kept with the last entry. */
  readonly head?: ValueMap | null;
  /** Whether it is from an archive without a log of events. */
  readonly isAlone?: boolean;
  /** For an archive: number of entries in its log. */
  readonly logged?: number;
}

/** An event, and the index of its entry in the list that it came from. */
export interface ImportedEvent extends EventWrite {
  readonly entry: number;
}

/** An entry that cannot become an event. */
export interface InvalidEntry {
  readonly index: number;
  readonly message: string;
}

export interface ImportedEvents {
  readonly events: readonly ImportedEvent[];
  readonly invalid: readonly InvalidEntry[];
}

/**
 * Keys that an import fills itself. An entry's own values for them are kept in `source.fields`, as for kgit's other
 * keys.
 */
const FILLED_KEYS: readonly string[] = ['id', 'source'];
const MAX_ACTION = 64;

/** Converts text to a valid action word that resembles it. */
function actionWord(text: string): string {
  if (isAction(text)) return text;
  const word = text
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, MAX_ACTION)
    .replace(/[^a-z0-9]+$/, '');
  return word || 'event';
}

/** Splits the fields of an entry into those that an event can have unchanged, and the others. */
function sortFields(entry: ValueMap): { fields: ValueMap; odd: ValueMap } {
  const fields = {};
  const odd = {};
  for (const [key, value] of Object.entries(entry)) {
    if (key === 'timestamp' || key === 'action') continue;
    setOwn(
      !FILLED_KEYS.includes(key) && !isOwnField(key) && isFieldValue(key, value) ? fields : odd,
      key,
      value,
    );
  }
  return { fields, odd };
}

/** Formats JSON with the keys of every map sorted, so that equal values give equal text on every machine. */
function canonicalJson(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Value)}`);
  return `{${pairs.join(',')}}`;
}

const MARKERS = /"<withheld: (?:[^"\\]|\\.)*>"/g;

/**
 * The data from which an entry's id is made: the subject, the time and all fields. For a withheld field, the text of
 * the marker is ignored, so that the wording of the secret rules never changes an id.
 */
function identityOf(subject: Subject, timestamp: string, entry: ValueMap): string {
  const { timestamp: _, ...fields } = entry;
  return canonicalJson([formatSubject(subject), timestamp, fields]).replace(MARKERS, '"<withheld>"');
}

/** Counts how often each key has occurred. */
function counter(): (key: string | number) => number {
  const counts = new Map<string | number, number>();
  return (key) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count;
  };
}

function wordOf(value: Value | undefined): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Converts an entry to an event, without anything about the importing user or machine. */
function eventOf(
  file: LegacyEvents,
  index: number,
  entry: ValueMap,
  { id, time }: { id: string; time: number },
  isDryRun: boolean,
): ImportedEvent {
  const action = actionWord(wordOf(entry['action']) ?? '');
  const { fields, odd } = sortFields(entry);
  const timestamp = formatTimestamp(time);
  const given = isMap(fields['parameters']) ? fields['parameters'] : {};
  const addsDryRun = isDryRun && !Object.hasOwn(given, 'dry_run') && !Object.hasOwn(odd, 'parameters');
  const source: ValueMap = {
    imported_from: file.family,
    index: file.places?.[index] ?? index,
    ...(file.name === undefined ? {} : { name: file.name }),
    ...(action === entry['action'] ? {} : { action: entry['action'] as Value }),
    ...(timestamp === entry['timestamp'] ? {} : { timestamp: entry['timestamp'] as Value }),
    ...(addsDryRun ? { derived: ['parameters.dry_run'] } : {}),
    ...(Object.keys(odd).length === 0 ? {} : { fields: odd }),
    ...(file.isAlone ? { alone: true } : {}),
    ...(file.logged === undefined ? {} : { logged: file.logged }),
    ...(file.head && index === file.entries.length - 1 ? { file: file.head } : {}),
  };
  const event: KgitEvent = {
    id,
    timestamp,
    action,
    ...fields,
    ...(addsDryRun ? { parameters: { ...given, dry_run: true } as ValueMap } : {}),
    source,
  };
  // Derived fields may improve later, so repeats are compared by the legacy entry's own fields.
  const repeat = Object.keys(fields).filter((key) => key !== 'parameters');
  return { subject: file.subject, event, given: repeat, entry: index };
}

function problemOf(entry: Value): string | null {
  if (!isMap(entry)) return 'is not a mapping';
  const timestamp = entry['timestamp'];
  if (timestamp === undefined || timestamp === null) return 'has no timestamp';
  const time = typeof timestamp === 'string' ? rfc3339Time(timestamp) : null;
  if (time === null) return 'has a timestamp that is not an RFC 3339 time with zone';
  if (time < 0) return 'has a timestamp before 1970, which the id of an event cannot hold';
  if (wordOf(entry['action'] as Value | undefined) === null) return 'has no action';
  return null;
}

function tooLarge(event: KgitEvent): string | null {
  const { id: _, ...fields } = event;
  try {
    checkEventFields(fields);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/**
 * Converts a legacy file to events with deterministic ids: the ULID's time is the timestamp plus the entry's rank among
 * those with the same timestamp; its random part is the hash of subject, timestamp, fields and the number of equal
 * entries before it. So order is kept, equal entries stay distinct, and everybody gets the same ids, even after entries
 * were appended to the file. An entry without an action still has a rank, so that fixing it does not move others.
 */
export function importedEvents(file: LegacyEvents): ImportedEvents {
  const rank = counter();
  const occurrence = counter();
  const dryRuns = dryRunEntries(file.entries);
  const events: ImportedEvent[] = [];
  const invalid: InvalidEntry[] = [];
  file.entries.forEach((value, index) => {
    const entry = value as ValueMap;
    const time = isMap(value) ? parseRfc3339(String(entry['timestamp'])) : null;
    const place = time === null ? 0 : rank(time);
    const problem = problemOf(value);
    if (problem !== null || time === null) {
      invalid.push({ index, message: problem ?? 'has no timestamp' });
      return;
    }
    const identity = identityOf(file.subject, formatTimestamp(time), entry);
    const digest = hash('sha256', `${identity}#${occurrence(identity) + 1}`, 'buffer');
    const id = makeUlid(time + place, randomBits(digest));
    const written = eventOf(file, index, entry, { id, time }, dryRuns.has(index));
    const oversize = tooLarge(written.event);
    if (oversize === null) events.push(written);
    else invalid.push({ index, message: oversize });
  });
  return { events, invalid };
}
