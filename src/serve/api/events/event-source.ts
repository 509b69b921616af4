import { EnvironmentError, RemoteError } from '../../../errors.js';
import { type BrokenEvents, readOrNote } from '../../../model/event/broken-events.js';
import type { SubjectEvent } from '../../../model/event/event.js';
import { type EventRow, eventRow } from '../../../model/event/event-row.js';
import { maskedEvent } from '../../../model/event/masked-event.js';
import { placeOfPath } from '../../../model/subject/place.js';
import { publishedChange } from '../../../review/published-change.js';
import type { Reading } from '../../../store/outbox/outcomes.js';
import type { Backend } from '../../../store/port/backend.js';
import type { Revision } from '../../../store/port/state-store.js';
import { publishedEvents } from '../../../store/read/event-log.js';
import type { StoredEvent } from '../../../store/read/stored-events.js';

/** How long what is new may take to read before all is read anew, in ms. */
const ADD_MS = 30_000;

function documentOf({ subject, event }: SubjectEvent): EventRow {
  return eventRow({ subject, event: maskedEvent(event) });
}

async function* documents(
  events: AsyncIterable<StoredEvent>,
  broken: BrokenEvents,
): AsyncGenerator<EventRow> {
  for await (const stored of events) {
    const event = readOrNote(broken, stored.path, () => stored.read());
    if (event) yield documentOf({ subject: stored.subject, event });
  }
}

/** Yields the events of a revision, the newest published first, with secrets masked. */
export function maskedEvents(
  store: Backend,
  revision: Revision | null,
  broken: BrokenEvents,
): AsyncGenerator<EventRow> {
  const events = publishedEvents(store, revision, store.view(revision), [], null, undefined, broken);
  return documents(events, broken);
}

/** Yields the events that wait in the outbox, the newest first, with secrets masked. */
export function waitingEvents(
  store: Backend,
  { view, pending }: Pick<Reading, 'view' | 'pending'>,
  broken: BrokenEvents,
): AsyncGenerator<EventRow> {
  return documents(publishedEvents(store, null, view, pending, null, undefined, broken), broken);
}

/**
 * Returns the events that were published behind one revision up to another, the oldest first, with secrets masked. Null if
 * that does not tell everything: the history was rewritten, an event was edited or removed, or it takes too long.
 */
export async function addedSince(
  store: Backend,
  after: Revision,
  to: Revision,
  broken: BrokenEvents,
): Promise<readonly EventRow[] | null> {
  const added: EventRow[] = [];
  try {
    for await (const change of store.changes(after, AbortSignal.timeout(ADD_MS))) {
      const { events, files } = await publishedChange(store, change, broken);
      if (files.some((path) => ['event', 'sealed'].includes(placeOfPath(path).kind))) return null;
      added.push(...events.map(documentOf));
      if (change.revision === to) return added;
    }
  } catch (error) {
    // Reading all of it then says what is wrong, if it still is.
    if (!(error instanceof RemoteError || error instanceof EnvironmentError)) throw error;
  }
  return null;
}
