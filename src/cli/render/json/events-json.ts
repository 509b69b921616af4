import type { EventRow } from '../../../model/event/event-row.js';

/** Formats a page of events. @param next what `--before` takes for the next page; null if nothing older is left */
export function eventsJson(events: readonly EventRow[], next: string | null) {
  return { events, next };
}
