import type { OutboxEntry } from '../outbox/outbox.js';
import type { PlannedEntry } from './planned.js';

/**
 * What can be decided on a tip that was asked for when `known` waited. A write that came since goes along while nothing
 * is asked of the tip: one that is older than the write must not refuse it.
 */
export function decidable(entries: readonly OutboxEntry[], known: readonly OutboxEntry[]): OutboxEntry[] {
  const ids = new Set(known.map(({ id }) => id));
  const doubtful = entries.findIndex(({ id, operation }) => !ids.has(id) && operation?.change);
  return entries.filter(({ id }, i) => ids.has(id) || doubtful < 0 || i < doubtful);
}

/** The entries that write something. */
export function writersOf(entries: readonly PlannedEntry[]): OutboxEntry[] {
  return entries.flatMap(({ entry, applied }) => (applied.kind === 'commit' ? [entry] : []));
}

/** The entries that are not among others. */
export function without(entries: readonly OutboxEntry[], others: readonly OutboxEntry[]): OutboxEntry[] {
  const ids = new Set(others.map(({ id }) => id));
  return entries.filter(({ id }) => !ids.has(id));
}

/** Whether an operation only adds events: it asks nothing of the state, and no other operation changes what it does. */
export function asksNothing({ operation }: OutboxEntry): boolean {
  return operation !== null && !operation.change && !operation.seal && !operation.claim;
}

/** Whether some wait because the remote did not take them: it is asked before all that waits is planned and built anew. */
export function isBacklog(entries: readonly OutboxEntry[]): boolean {
  return entries.some(({ attempts, refused }) => attempts > 0 && !refused);
}
