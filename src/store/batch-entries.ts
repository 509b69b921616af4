import type { OutboxEntry } from './outbox.js';
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

type Planned = readonly PlannedEntry[];

/** The entries that wait in this clone. */
export function ownOf(entries: Planned): OutboxEntry[] {
  return entries.flatMap(({ entry }) => (entry.isForeign ? [] : [entry]));
}

/** Those of this clone that write something. */
export function writersOf(entries: Planned): OutboxEntry[] {
  return ownOf(entries.filter(({ applied }) => applied.kind === 'commit'));
}

/** Those that write nothing: what refused them, or is there already, may be of a writer before them that is not published. */
export function askersOf(entries: Planned): OutboxEntry[] {
  return ownOf(entries.filter(({ applied }) => applied.kind !== 'commit'));
}
