import { formatTimestamp } from '../../model/event/event.js';
import { formatSubject } from '../../model/subject/subject.js';
import type { PublishedChange } from '../../review/published-change.js';

/** Builds the JSON of what a revision published: a WatchResult without its head. */
export function changeDocument(change: PublishedChange) {
  const { revision, parent, time, author, title, events, changes, files } = change;
  return {
    ...{ revision, parent, timestamp: formatTimestamp(time), author, title },
    events: events.map(({ subject, event }) => ({ ...event, subject: formatSubject(subject) })),
    changes,
    files,
  };
}
