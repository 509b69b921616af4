import { ConflictError, UsageError } from '../../errors.js';
import { formatEvent } from '../event/event-file.js';
import { invalidField } from '../event/event-schema.js';
import { eventTimeFault } from '../event/event-time.js';
import { eventFaults } from '../event/stored-event.js';
import { type Edit, mutable, setAt } from '../state/edit.js';
import { stateFaults } from '../state/state-faults.js';
import { canBeNamed, formatStatePath } from '../state/state-path.js';
import { formatSubject } from '../subject/subject.js';
import { isValue, MAX_DEPTH, type Value } from '../value/value.js';
import { MAX_YAML_BYTES } from '../yaml/yaml.js';
import type { EventWrite, Operation } from './operation.js';

/** An event with shorter JSON stays far below the limit as YAML, however deeply it is nested. */
const SURELY_SMALL = 32 * 1024;

/**
 * Throws UsageError if a file would be larger than kgit reads, or than the store takes.
 * @param maxBytes the largest file that the store takes
 */
export function checkFileSize(path: string, text: string, maxBytes = MAX_YAML_BYTES): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= Math.min(maxBytes, MAX_YAML_BYTES)) return;
  const limit =
    maxBytes < MAX_YAML_BYTES
      ? `${maxBytes} that this store takes`
      : `${MAX_YAML_BYTES / 1024 / 1024} MiB that are read`;
  throw new UsageError(`${path} would have ${bytes} bytes, more than the ${limit}`, {
    suggestions: ['Write less at a time, and keep logs where logs are kept'],
    data: { path, bytes },
  });
}

function checkEvent({ subject, event }: EventWrite, now: number, maxBytes: number): void {
  const [fault] = eventFaults(event as unknown as Value);
  if (fault) throw invalidField(fault.keys.join('.'), fault.message);
  const late = eventTimeFault(event, now);
  if (late !== null) {
    throw new UsageError(`timestamp: ${event.timestamp}: ${late}`, {
      suggestions: ['Check the timestamp, and the clock of this machine'],
      data: { field: 'timestamp' },
    });
  }
  if (maxBytes < MAX_YAML_BYTES || JSON.stringify(event).length > SURELY_SMALL)
    checkFileSize(`the event ${event.id} of ${formatSubject(subject)}`, formatEvent(event), maxBytes);
}

/** The values that edits put into a state document, as far as that is known without the document. */
function madeBy(edits: readonly Edit[]): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const edit of edits) {
    if (edit.op !== 'set' && edit.op !== 'merge') continue;
    try {
      setAt(data, edit.path, mutable(edit.value));
    } catch (error) {
      // It is for an item of a list that is there, or for what an earlier edit has replaced: the tip tells.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return data;
}

function checkEdits(edits: readonly Edit[]): void {
  const unnamed = edits.find(({ path }) => !canBeNamed(path));
  if (unnamed) {
    throw new UsageError(`a path of ${unnamed.path.length} parts cannot be named in an event`, {
      suggestions: ['Set the mapping above it as a whole'],
      data: { path: formatStatePath(unnamed.path).slice(0, 300) },
    });
  }
  const data = madeBy(edits);
  const deep = edits.find((edit) => 'value' in edit && !isValue(edit.value, edit.path.length));
  if (deep || !isValue(data)) {
    const path = deep ? formatStatePath(deep.path) : '';
    throw new UsageError(`${path || 'the state'} would be nested more than ${MAX_DEPTH} deep`, {
      suggestions: ['Give a value that is nested less'],
      data: { path },
    });
  }
  const [fault] = stateFaults(data);
  if (!fault) return;
  throw new UsageError(fault.message, {
    suggestions: [
      "Change phases with 'kgit phase'; 'kgit set' changes values within deployment, kof, azure and aws",
    ],
    data: { path: formatStatePath(fault.keys) },
  });
}

/**
 * Checks an operation by the rules of review before it is kept, so that whatever it writes passes `kgit validate`.
 * Throws UsageError that names the field or the path, and its rule.
 * @param maxBytes the largest file that the store takes
 */
export function checkOperation({ events, change, time }: Operation, maxBytes = MAX_YAML_BYTES): void {
  for (const write of events) checkEvent(write, time, maxBytes);
  if (change) checkEdits(change.edits);
}
