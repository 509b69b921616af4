import { NotFoundError } from '../../errors.js';
import { type BrokenEvents, REFUSE_BROKEN, readOrNote } from '../../model/event/broken-events.js';
import type { SubjectEvent } from '../../model/event/event.js';
import { type EventFilter, headMatches, matches } from '../../model/event/event-filter.js';
import type { StoredEvent } from './stored-events.js';

export interface PageOptions {
  readonly filter: EventFilter;
  readonly limit: number;
  /** Only what stands before (older than) this event. */
  readonly before?: string | undefined;
  /** Only what stands after (newer than) this event. */
  readonly after?: string | undefined;
  /** What becomes of what cannot be read; without it that is a failure. */
  readonly broken?: BrokenEvents;
}

export interface EventPage {
  /** Newest last. */
  readonly events: readonly SubjectEvent[];
  /** The id to go on with as `before`; null where nothing older is left. */
  readonly next: string | null;
}

/**
 * The last `limit` events that are wanted of a log given newest first; reads no further than it must, and
 * parses no event that its head tells to be none of them.
 * Throws NotFoundError when the event of `before` or `after` is not in the log.
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
