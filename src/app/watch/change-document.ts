import { formatTimestamp } from '../../model/event/event.js';
import { eventRow } from '../../model/event/event-row.js';
import type { PublishedChange } from '../../review/published-change.js';

/** Builds the JSON of what a revision published: a WatchResult without its head. */
export function changeDocument(change: PublishedChange) {
  const { revision, parent, time, author, title, events, changes, files } = change;
  return {
    ...{ revision, parent, timestamp: formatTimestamp(time), author, title },
    events: events.map(eventRow),
    changes: changes.map((row) => ({ ...row })),
    files,
  };
}
