import { RemoteError } from '../../errors.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { SubjectEvent } from '../../model/event/event.js';
import type { EventFilter } from '../../model/event/event-filter.js';
import { hintOf } from '../../model/event/event-hint.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import { WENT_BACK } from '../../store/port/shared-history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { About } from '../../store/read/entries-about.js';
import { publishedEvents } from '../../store/read/event-log.js';
import { type EventPage, readPage } from '../../store/read/event-page.js';
import { type FollowOptions, followChanges } from '../../store/read/follow-changes.js';
import { newestEvents } from '../../store/read/newest-events.js';
import type { Context } from '../open/configured.js';

/** Time between two looks at the outbox, in ms. */
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
  const { filter, limit, before, after } = query;
  const hint = hintOf(filter, [before ?? [], after ?? []].flat());
  const { revision, view, pending } = reading;
  const { store } = opened.repository;
  const ahead = limit + 2;
  const events =
    subject === null
      ? publishedEvents(store, revision, view, pending, hint, ahead, broken)
      : newestEvents(view, subject, { ahead, hint, broken });
  return readPage(events, { ...query, broken });
}

export interface Following extends Omit<FollowOptions, 'signal'> {
  readonly broken: BrokenEvents;
  /** What of the outbox is read; all of it if undefined. */
  readonly about?: About | undefined;
}

/** New events, and the repository that they were read from. */
export interface FollowedEvents {
  readonly events: readonly SubjectEvent[];
  readonly reading: Reading;
}

/**
 * Yields the newest events that match a query, then new ones as they come, without end: those that are published, and
 * those that wait in the outbox here. New events are recognized by their ids, not by their place: an event with an earlier
 * time, or one that was published first, may appear before others. A rewritten history is read anew.
 */
export async function* followEvents(
  { opened, reading, settings }: Log & Pick<Context, 'settings'>,
  query: EventQuery,
  { broken, about, clock, onAway }: Following,
): AsyncGenerator<FollowedEvents, never> {
  const { repository } = opened;
  const wide = { ...query, limit: Math.max(query.limit, FOLLOW_WINDOW) };
  const keyOf = ({ subject, event }: SubjectEvent) => `${formatSubject(subject)} ${event.id}`;
  const first = await pageEvents({ opened, reading }, wide, broken);
  const seen = new Set(first.events.map(keyOf));
  yield { events: first.events.slice(-query.limit), reading };
  for (let [at, waiting] = [reading.revision, reading.pending.length]; ; ) {
    await news(repository, at, waiting, { clock, onAway });
    try {
      waiting = await repository.outbox.size();
      // A store near by is asked; a clone is not fetched, since `changes` does that.
      const now = await repository.read({ olderThan: Number.POSITIVE_INFINITY }, settings.timeout, about);
      const { events } = await pageEvents({ opened, reading: now }, wide, broken);
      at = now.revision;
      const fresh = events.filter((item) => !seen.has(keyOf(item)));
      for (const item of fresh) seen.add(keyOf(item));
      if (fresh.length > 0) yield { events: fresh, reading: now };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      onAway(error);
      await clock.sleep(FOLLOW_MS);
    }
  }
}

/** Waits until the store moves on from `at`, or the outbox holds another number of operations. */
async function news(
  { store, outbox }: Log['opened']['repository'],
  at: Revision | null,
  waiting: number,
  { clock, onAway }: Omit<FollowOptions, 'signal'>,
): Promise<void> {
  const stop = new AbortController();
  const next = followChanges(store, at, { clock, onAway, signal: stop.signal }).next();
  const moved = next.then(
    () => true,
    async (error: unknown) => {
      if (!(error instanceof RemoteError)) throw error;
      // A history that was rewritten is news as well.
      if (error.data['cause'] === WENT_BACK) return true;
      onAway(error);
      await clock.sleep(FOLLOW_MS);
      return true;
    },
  );
  const late = () => clock.sleep(FOLLOW_MS).then(() => false);
  try {
    while (!(await Promise.race([moved, late()]))) if ((await outbox.size()) !== waiting) return;
  } finally {
    stop.abort();
  }
}
