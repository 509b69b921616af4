import { SecretError } from '../../errors.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import { eventValueKey } from '../../store/local/withheld-values.js';
import { type ImportError, importError, invalidEntriesError } from '../read/import-error.js';
import type { ImportSettings, ParsedFile, Secret } from '../read/parsed-file.js';
import { importedEvents, type LegacyEvents } from './imported-event.js';
import { takenOut, withhold } from './withhold.js';

/** A list of entries from one file, all of one subject, as read. */
export interface LegacyList extends LegacyEvents {
  /** The key of the list in its file. */
  readonly key: string;
  readonly lineOf: (index: number) => number | undefined;
}

type Parsed = Pick<ParsedFile, 'found' | 'events' | 'withheld' | 'secrets' | 'warnings' | 'error'>;

export function secretError(message: string): ImportError {
  return importError(new SecretError(message, { suggestions: ['Take it out of the file, then import it'] }));
}

/**
 * Converts a list of entries to events, with secrets replaced by markers. An entry that cannot become an event is an
 * error of the file, unless such entries are to be skipped.
 */
export function parseEntries(list: LegacyList, settings: ImportSettings): Parsed {
  const { entries, subject, key, lineOf } = list;
  const found = entries.length;
  const place = (index: number) => list.places?.[index] ?? index;
  const clean = withhold(entries, [key], settings.secrets, 'mark');
  const nothing = { found, events: [], secrets: [], warnings: [] };
  if (clean.value === undefined) {
    const error = secretError('holds a secret that cannot be taken out of its event');
    return { ...nothing, withheld: clean.withheld, error };
  }
  const kept = clean.value as readonly Value[];
  const head = list.head ? withhold(list.head, [], settings.secrets, 'leave out').value : null;
  const { events, invalid } = importedEvents({
    ...list,
    entries: kept,
    head: isMap(head) ? (head as ValueMap) : null,
  });
  const secrets = events.flatMap(({ entry, event }): Secret[] =>
    takenOut(entries[entry] as Value, kept[entry]).map(({ path, value }) => ({
      subject,
      key: eventValueKey(event.id, path),
      value,
    })),
  );
  const placed = invalid.map(({ index, message }) => {
    const line = lineOf(place(index));
    return { message: `${key}.${place(index)} ${message}`, ...(line === undefined ? {} : { line }) };
  });
  if (!settings.skipInvalid && placed.length > 0)
    return { ...nothing, withheld: clean.withheld, error: invalidEntriesError(placed) };
  const warnings = placed.map(
    ({ line, message }) => `${line === undefined ? '' : `line ${line}: `}${message}, so it is skipped`,
  );
  return { found, events, withheld: clean.withheld, secrets, warnings, error: null };
}
