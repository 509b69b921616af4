import { setImmediate } from 'node:timers/promises';
import { NotFoundError } from '../../../errors.js';
import type { BrokenEvents } from '../../../model/event/broken-events.js';
import { type EventFilter, matches } from '../../../model/event/event-filter.js';
import { hintOf } from '../../../model/event/event-hint.js';
import { type EventRow, eventRow } from '../../../model/event/event-row.js';
import { logTime } from '../../../model/event/event-time.js';
import { maskedEvent } from '../../../model/event/masked-event.js';
import { formatSubject, type Subject } from '../../../model/subject/subject.js';
import { publishedEvents } from '../../../store/read/event-log.js';
import { readPage } from '../../../store/read/event-page.js';
import { newestEvents } from '../../../store/read/newest-events.js';
import type { StoredEvent } from '../../../store/read/stored-events.js';
import type { EventIndex, LogContext } from './event-index.js';
import { type EventRows, outcomeNumber, type Worded } from './event-rows.js';

/** How many texts are searched before other requests get their turn. */
const TURN = 2_000;

export interface EventQuery {
  /** Null for the events of all subjects, in the order of publishing; those of one are in the order of their times. */
  readonly subject: Subject | null;
  readonly filter: EventFilter;
  readonly limit: number;
  /** Only events before the one with this id. */
  readonly before: string | undefined;
}

export interface DocumentPage {
  /** Newest last. */
  readonly events: readonly EventRow[];
  /** The `before` of the next page; null if nothing older is left. */
  readonly next: string | null;
}

type Place = readonly [rows: EventRows, row: number];

/**
 * Reads the newest events that match a query, with secrets masked: from the index, and from the store if they may be older
 * than what the index holds. The answers are those of `pageEvents`, except that `grep` cannot find what is masked.
 * @throws NotFoundError if the event of `before` is not in the log
 */
export async function queryEvents(
  index: EventIndex,
  context: LogContext,
  query: EventQuery,
): Promise<DocumentPage> {
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
  if (!index.isComplete) return eventsFromStore(context, query, index.skipped);
  if (isBehind) return page(found, null);
  throw new NotFoundError(`event ${before} is not in this log`, {
    suggestions: ['Take the id from an earlier answer to the same question'],
    data: { id: before },
  });
}

function page(newestFirst: EventRow[], next: string | null): DocumentPage {
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

/**
 * Reads a page of events from the store, with secrets masked, as `queryEvents` does from the index.
 * @param broken how to handle events that cannot be read
 * @throws NotFoundError if the event of `before` is not in the log
 */
export async function eventsFromStore(
  { opened, reading }: LogContext,
  { subject, filter, limit, before }: EventQuery,
  broken: BrokenEvents,
): Promise<DocumentPage> {
  const { revision, view, pending } = reading;
  // What a secret hides must not be found by a hint either.
  const hint = hintOf({ ...filter, grep: [] }, before === undefined ? [] : [before]);
  const ahead = limit + 2;
  const log =
    subject === null
      ? publishedEvents(opened.repository.store, revision, view, pending, hint, ahead, broken)
      : newestEvents(view, subject, { ahead, hint, broken });
  const { events, next } = await readPage(masked(log), { filter, limit, before, broken });
  return { events: events.map(eventRow), next };
}

async function* masked(log: AsyncIterable<StoredEvent>): AsyncGenerator<StoredEvent> {
  for await (const stored of log) yield { ...stored, read: () => maskedEvent(stored.read()) };
}
