import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { SubjectEvent } from '../../model/event/event.js';
import type { EventFilter } from '../../model/event/event-filter.js';
import { hintOf } from '../../model/event/event-hint.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Clock } from '../../store/port/host.js';
import { publishedEvents } from '../../store/read/event-log.js';
import { type EventPage, readPage } from '../../store/read/event-page.js';
import { readEvents } from '../../store/read/records.js';
import type { Context } from '../open/configured.js';

/** Time between two looks for new events, in ms. */
const FOLLOW_MS = 2_000;
/** Number of the newest events that are searched for new ones. */
const FOLLOW_WINDOW = 1_000;

export interface EventQuery {
  /** Null for the events of all subjects, in the order of publishing. */
  readonly subject: Subject | null;
  readonly filter: EventFilter;
  /** Maximum number of events. */
  readonly limit: number;
  /** Only events before the one with this id. */
  readonly before?: string | undefined;
  /** Only events after the one with this id. */
  readonly after?: string | undefined;
}

type Log = Pick<Context, 'opened' | 'reading'>;

/**
 * Reads the newest events that match a query.
 * @param broken how to handle events that cannot be read
 * @throws NotFoundError if the event of `before` or `after` is not in the log
 */
export async function pageEvents(
  { opened, reading }: Log,
  { subject, ...query }: EventQuery,
  broken: BrokenEvents,
): Promise<EventPage> {
  const options = { ...query, broken };
  if (subject !== null) {
    const events = await readEvents(reading.view, subject, broken);
    return readPage(events.reverse(), options);
  }
  const { filter, limit, before, after } = query;
  const hint = hintOf(filter, [before ?? [], after ?? []].flat());
  const { revision, view, pending } = reading;
  const { store } = opened.repository;
  return readPage(publishedEvents(store, revision, view, pending, hint, limit + 2, broken), options);
}

export interface Following {
  readonly broken: BrokenEvents;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Reads the repository again. */
  readonly reopen: () => Promise<Log>;
}

/**
 * Yields the newest events that match a query, then new ones as they come, without end. New events are recognized by
 * their ids, not by their place: an event with an earlier time, or one that was published first, may appear before
 * others.
 */
export async function* followEvents(
  log: Log,
  query: EventQuery,
  { broken, clock, reopen }: Following,
): AsyncGenerator<readonly SubjectEvent[], never> {
  const wide = { ...query, limit: Math.max(query.limit, FOLLOW_WINDOW) };
  const keyOf = ({ subject, event }: SubjectEvent) => `${formatSubject(subject)} ${event.id}`;
  const first = await pageEvents(log, wide, broken);
  const seen = new Set(first.events.map(keyOf));
  yield first.events.slice(-query.limit);
  for (;;) {
    await clock.sleep(FOLLOW_MS);
    const { events } = await pageEvents(await reopen(), wide, broken);
    const fresh = events.filter((item) => !seen.has(keyOf(item)));
    for (const item of fresh) seen.add(keyOf(item));
    if (fresh.length > 0) yield fresh;
  }
}
