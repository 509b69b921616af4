import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { EventFilter } from '../../model/event/event-filter.js';
import { hintOf } from '../../model/event/event-hint.js';
import { type EventRow, eventRow } from '../../model/event/event-row.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import type { Subject } from '../../model/subject/subject.js';
import { publishedEvents } from '../../store/read/event-log.js';
import { readPage } from '../../store/read/event-page.js';
import { newestEvents } from '../../store/read/newest-events.js';
import type { StoredEvent } from '../../store/read/stored-events.js';
import type { Context } from '../open/configured.js';

export interface MaskedEventQuery {
  /** Null for the events of all subjects, in the order of publishing; those of one are in the order of their times. */
  readonly subject: Subject | null;
  readonly filter: EventFilter;
  readonly limit: number;
  /** Only events before the one with this id. */
  readonly before: string | undefined;
}

export interface MaskedPage {
  /** Newest last. */
  readonly events: readonly EventRow[];
  /** The `before` of the next page; null if nothing older is left. */
  readonly next: string | null;
}

/**
 * Reads a page of events with secrets masked. The filter sees masked events too, so that no search can guess a secret.
 * @param broken how to handle events that cannot be read
 * @throws NotFoundError if the event of `before` is not in the log
 */
export async function pageMaskedEvents(
  { opened, reading }: Pick<Context, 'opened' | 'reading'>,
  { subject, filter, limit, before }: MaskedEventQuery,
  broken: BrokenEvents,
): Promise<MaskedPage> {
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
