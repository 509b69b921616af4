import { formatTimestamp, OUTCOMES } from '../../../model/event/event.js';
import type { EventFilter } from '../../../model/event/event-filter.js';
import type { EventIndex } from './event-index.js';
import { type EventRows, outcomeNumber } from './event-rows.js';
import { rowTest } from './query-events.js';

const STARTED = outcomeNumber('started');

/** An action on a subject from its start to its end, as `kgit run` records it. */
export interface Run {
  readonly runId: string;
  readonly subject: string;
  readonly action: string;
  readonly user: string | null;
  readonly started: string;
  /** Null while it runs. */
  readonly ended: string | null;
  /** `started` while it runs. */
  readonly outcome: string;
  readonly durationSeconds: number | null;
  readonly startEvent: string;
  readonly endEvent: string | null;
}

export interface RunQuery {
  /** In the form of `formatSubject`; undefined for all. */
  readonly subject: string | undefined;
  /** `outcomes` are those of the run, times those of its start; `grep` is not used. */
  readonly filter: EventFilter;
  readonly limit: number;
}

type End = readonly [rows: EventRows, row: number];

/**
 * Finds the newest runs by their starts, newest last. A run is an event `started` with a run id, and the next event of the
 * same run, subject and action that says how it ended. Reads only as far back as it must.
 */
export function runsOf(index: EventIndex, { subject, filter, limit }: RunQuery): Run[] {
  const number = subject === undefined ? undefined : index.words.subject.numberOf(subject);
  if (subject !== undefined && number === undefined) return [];
  const wanted = rowTest(index, { ...filter, outcomes: [] });
  const ends = new Map<string, End>();
  const runs: Run[] = [];
  index.eachNewest((rows, row) => {
    const [run, outcome] = [rows.number('run_id', row), rows.outcome(row)];
    if (run === 0 || outcome === 0 || (number !== undefined && rows.number('subject', row) !== number))
      return true;
    const key = `${run} ${rows.number('subject', row)} ${rows.number('action', row)}`;
    if (outcome !== STARTED) {
      ends.set(key, [rows, row]);
      return true;
    }
    const end = ends.get(key) ?? null;
    ends.delete(key);
    if (!wanted(rows, row)) return true;
    const found = runFrom(rows, row, end);
    if (filter.outcomes.length === 0 || filter.outcomes.includes(found.outcome)) runs.push(found);
    return runs.length < limit;
  });
  return runs.reverse();
}

function runFrom(rows: EventRows, row: number, end: End | null): Run {
  const [from, to] = [rows.time(row), end === null ? null : end[0].time(end[1])];
  const told = end === null ? Number.NaN : end[0].duration(end[1]);
  return {
    runId: rows.word('run_id', row) ?? '',
    subject: rows.word('subject', row) ?? '',
    action: rows.word('action', row) ?? '',
    user: rows.word('user', row) ?? null,
    started: formatTimestamp(from),
    ended: to === null ? null : formatTimestamp(to),
    outcome: end === null ? 'started' : (OUTCOMES[end[0].outcome(end[1]) - 1] ?? ''),
    durationSeconds: to === null ? null : Number.isNaN(told) ? Math.max(to - from, 0) / 1000 : told,
    startEvent: rows.id(row),
    endEvent: end === null ? null : end[0].id(end[1]),
  };
}
