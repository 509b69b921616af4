import { setImmediate } from 'node:timers/promises';
import {
  type MaskedEventQuery,
  type MaskedPage,
  pageMaskedEvents,
} from '../../../app/read/page-masked-events.js';
import { NotFoundError } from '../../../errors.js';
import { type EventFilter, matches } from '../../../model/event/event-filter.js';
import type { EventRow } from '../../../model/event/event-row.js';
import { logTime } from '../../../model/event/event-time.js';
import { formatSubject, type Subject } from '../../../model/subject/subject.js';
import type { EventIndex, LogContext } from './event-index.js';
import { type EventRows, outcomeNumber, type Worded } from './event-rows.js';

/** How many texts are searched before other requests get their turn. */
const TURN = 2_000;

type Place = readonly [rows: EventRows, row: number];

/**
 * Reads the newest events that match a query, with secrets masked: from the index, and from the store if they may be older
 * than what the index holds. The answers are those of `pageEvents`, except that `grep` cannot find what is masked.
 * @throws NotFoundError if the event of `before` is not in the log
 */
export async function queryEvents(
  index: EventIndex,
  context: LogContext,
  query: MaskedEventQuery,
): Promise<MaskedPage> {
  const { filter, limit, before } = query;
  const wanted = rowTest(index, filter);
  const found: EventRow[] = [];
  let isBehind = before === undefined;
  let searched = 0;
  for (const [rows, row] of places(index, query.subject)) {
    if (isBehind && wanted(rows, row)) {
      if (filter.grep.length > 0 && ++searched % TURN === 0) await setImmediate();
      const event = grepped(rows, row, filter);
      if (event !== null && found.length === limit) return page(found, found.at(-1)?.id ?? null);
      if (event !== null) found.push(event);
    }
    if (!isBehind && rows.id(row) === before) isBehind = true;
  }
  if (!index.isComplete) return pageMaskedEvents(context, query, index.skipped);
  if (isBehind) return page(found, null);
  throw new NotFoundError(`event ${before} is not in this log`, {
    suggestions: ['Take the id from an earlier answer to the same question'],
    data: { id: before },
  });
}

function page(newestFirst: EventRow[], next: string | null): MaskedPage {
  return { events: newestFirst.reverse(), next };
}

/** The rows in the order in which they are searched. */
function* places(index: EventIndex, subject: Subject | null): Generator<Place> {
  if (subject === null) {
    for (const [rows, isNewestFirst] of index.tables) {
      // A row may be dropped while others have their turn.
      for (let i = 0; i < rows.count; i++) yield [rows, isNewestFirst ? i : rows.count - 1 - i];
    }
    return;
  }
  const number = index.words.subject.numberOf(formatSubject(subject));
  if (number === undefined) return;
  const own: { place: Place; id: string; time: number }[] = [];
  index.eachNewest((rows, row) => {
    if (rows.number('subject', row) !== number) return true;
    const id = rows.id(row);
    own.push({ place: [rows, row], id, time: logTime(id, rows.time(row)) });
    return true;
  });
  own.sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
  for (const { place } of own) yield place;
}

/** Builds the test of a row by all that is in its columns. */
export function rowTest(index: EventIndex, filter: EventFilter): (rows: EventRows, row: number) => boolean {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = filter;
  const numbers = (name: Worded, words: readonly string[]) =>
    words.length === 0 ? null : { name, of: new Set(words.map((word) => index.words[name].numberOf(word))) };
  const columns = [
    numbers('action', filter.actions),
    numbers('user', filter.users),
    numbers('phase', filter.phases),
    numbers('run_id', filter.runs),
  ].filter((column) => column !== null);
  const outcomes = new Set(filter.outcomes.map(outcomeNumber));
  return (rows, row) => {
    const time = rows.time(row);
    return (
      time >= since &&
      time < until &&
      (outcomes.size === 0 || outcomes.has(rows.outcome(row))) &&
      columns.every(({ name, of }) => of.has(rows.number(name, row)))
    );
  };
}

/** The event of a row if it has the wanted texts, else null. */
function grepped(rows: EventRows, row: number, filter: EventFilter): EventRow | null {
  if (filter.grep.length > 0) {
    const low = rows.text(row).toLowerCase();
    if (!filter.grep.some((needle) => !isPlain(needle) || low.includes(needle.toLowerCase()))) return null;
  }
  const event = rows.event(row);
  const { subject: _subject, ...own } = event;
  return filter.grep.length === 0 || matches(own, { ...NO_FILTER, grep: filter.grep }) ? event : null;
}

const NO_FILTER: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };

/** Whether JSON writes the text as it is. */
function isPlain(text: string): boolean {
  return JSON.stringify(text) === `"${text}"`;
}
