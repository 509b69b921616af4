/** Formats a backfill for people and scripts. */
import type { BackfillEvent } from '../../../app/write/backfill-events.js';
import type { Backfill } from '../../../app/write/plan-backfill.js';
import { eventPath } from '../../../model/subject/layout.js';
import { formatSubject } from '../../../model/subject/subject.js';
import { counted } from '../../../model/value/counted.js';
import { fittingTable } from '../../../terminal/fitting-table.js';
import type { CommandResult, Screen } from '../../../terminal/output.js';

/** Formats the events that would be recorded as a table. */
export function planLines(events: readonly BackfillEvent[], screen: Screen): string[] {
  const rows = events.map(({ subject, event, reason }) => [
    event.action,
    formatSubject(subject),
    event.timestamp,
    reason,
  ]);
  return fittingTable(['ACTION', 'CLUSTER', 'DATED', 'WHY'], rows, screen);
}

/**
 * Builds the result of a backfill.
 * @param outcome the keys that every write result has
 * @param isShown whether the user has already seen the plan
 */
export function backfillResult(
  { contexts, events }: Backfill,
  outcome: Readonly<Record<string, unknown>>,
  isShown: boolean,
): CommandResult {
  const rows = events.map(({ subject, event, reason }) => ({
    id: event.id,
    subject: formatSubject(subject),
    action: event.action,
    timestamp: event.timestamp,
    path: eventPath(subject, event),
    reason,
  }));
  return {
    json: { contexts, events: rows, ...outcome },
    rows,
    names: rows.map(({ path }) => path),
    lines: (screen) => {
      const { style } = screen;
      if (events.length === 0) return [style('dim', 'nothing to record: the history is complete')];
      const done = `${style('green', '✓')} ${counted(events.length, 'event')} ${String(outcome['delivery'])}`;
      return [...(isShown ? [] : planLines(events, screen)), done];
    },
  };
}
