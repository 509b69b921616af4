import { formatSubject } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { OutboxEntry } from './outbox.js';

/** An operation in the outbox, as shown to people and scripts. */
export interface PendingOperation {
  readonly id: string;
  /** The subject of its first event; null if its file cannot be parsed. */
  readonly subject: string | null;
  readonly action: string | null;
  /** Age in seconds. */
  readonly age: number;
  readonly attempts: number;
  /** Why it is not published yet; null if nothing has tried. */
  readonly error: string | null;
  /** Whether it was refused alone: others are published first, and it is retried after them. */
  readonly refused: boolean;
}

/**
 * Describes an entry of the outbox.
 * @param target the store that the caller works with
 * @param now ms since the epoch
 * @internal
 */
export function pendingOperation(entry: OutboxEntry, target: string, now: number): PendingOperation {
  const { id, operation, attempts, error } = entry;
  const [first] = operation?.events ?? [];
  const isOthers = entry.target !== target ? `it was made for ${entry.target}` : null;
  const unreadable = operation === null ? 'its file cannot be read: cut off, or of another version' : null;
  return {
    id,
    subject: first ? formatSubject(first.subject) : null,
    action: first?.event.action ?? (operation?.seal ? 'compact' : null),
    age: Math.max(Math.round((now - ulidTime(id)) / 1000), 0),
    attempts,
    error: unreadable ?? isOthers ?? error?.message ?? null,
    refused: entry.refused !== undefined,
  };
}
