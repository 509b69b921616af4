import { NotFoundError } from '../../errors.js';
import { type BrokenEvents, REFUSE_BROKEN, readOrNote } from '../../model/event/broken-events.js';
import type { SubjectEvent } from '../../model/event/event.js';
import { type EventFilter, headMatches, matches } from '../../model/event/event-filter.js';
import type { StoredEvent } from './stored-events.js';

export interface PageOptions {
  readonly filter: EventFilter;
  readonly limit: number;
  /** Only events before (older than) this one. */
  readonly before?: string | undefined;
  /** Only events after (newer than) this one. */
  readonly after?: string | undefined;
  /** How events that cannot be read are handled; they are an error if this is left out. */
  readonly broken?: BrokenEvents;
}

export interface EventPage {
  /** Newest last. */
  readonly events: readonly SubjectEvent[];
  /** The `before` of the next page; null if nothing older is left. */
  readonly next: string | null;
}

/**
 * The last `limit` wanted events of a log that comes newest first. Reads only as far as necessary, and parses no event
 * that its head rules out. Throws NotFoundError if the event of `before` or `after` is not in the log.
 */
export async function readPage(
  newestFirst: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  options: PageOptions,
): Promise<EventPage> {
  const { filter, limit, before, after, broken = REFUSE_BROKEN } = options;
  const page: SubjectEvent[] = [];
  let isBehind = before === undefined;
  let foundAfter = after === undefined;
  let next: string | null = null;
  for await (const item of newestFirst) {
    const { subject, head } = item;
    if (head.id === after) {
      foundAfter = true;
      break;
    }
    const event =
      isBehind && headMatches(head, filter) ? readOrNote(broken, item.path, () => item.read()) : null;
    if (event && matches(event, filter)) {
      if (page.length === limit) {
        next = page.at(-1)?.event.id ?? null;
        foundAfter = true;
        break;
      }
      page.push({ subject, event });
    }
    if (head.id === before) isBehind = true;
  }
  const missing = isBehind ? (foundAfter ? undefined : after) : before;
  if (missing !== undefined) {
    throw new NotFoundError(`event ${missing} is not in this log`, {
      suggestions: ['Take the id from an earlier answer to the same question'],
      data: { id: missing },
    });
  }
  return { events: page.reverse(), next };
}
