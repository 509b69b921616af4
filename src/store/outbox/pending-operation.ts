import { formatSubject } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { OutboxEntry } from './outbox.js';

/** An operation that waits in the outbox, as it is told to people and scripts. */
export interface PendingOperation {
  readonly id: string;
  /** What its first event is about; null where its file cannot be read. */
  readonly subject: string | null;
  readonly action: string | null;
  /** How long it has waited, in seconds. */
  readonly age: number;
  readonly attempts: number;
  /** Why it is not published yet; null where nobody has tried. */
  readonly error: string | null;
  /** Whether it was refused alone: the others are published before it, and it is tried again behind them. */
  readonly refused: boolean;
}

/**
 * Tells of an entry of the outbox.
 * @param target the store that is asked for
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
