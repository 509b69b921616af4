import type { SubjectEvent } from '../model/event.js';
import { parseEvent } from '../model/event-file.js';
import type { EventHint } from '../model/event-hint.js';
import { parseEventPath } from '../model/layout.js';
import type { Operation } from '../model/operation.js';
import { formatSubject } from '../model/subject.js';
import { findEvent } from './apply-operation.js';
import type { Revision, StateStore, StateView } from './state-store.js';
import { wantedTimeline } from './wanted-timeline.js';

/** Reads this many event files at a time: enough to keep the reader busy, little enough to stop early. */
const BATCH = 64;

async function readAdded(
  view: StateView,
  paths: readonly string[],
  hint: EventHint | null,
): Promise<SubjectEvent[]> {
  const places = paths.flatMap((path) => {
    const place = parseEventPath(path);
    return place ? [{ ...place, path }] : [];
  });
  places.sort((a, b) => (a.id < b.id ? 1 : -1));
  const events: SubjectEvent[] = [];
  for (let i = 0; i < places.length; i += BATCH) {
    const read = places.slice(i, i + BATCH).map(async ({ subject, path }) => {
      const text = await view.read(path);
      // A later commit may have taken it away again: what is not at the tip is no record.
      return text === null || hint?.mayBeText(text) === false
        ? null
        : { subject, event: parseEvent(text, path) };
    });
    events.push(...(await Promise.all(read)).filter((event) => event !== null));
  }
  return events;
}

/**
 * The time line of all subjects in the order of publishing, newest first: what waits in the outbox, then
 * revision by revision; events of one commit by id. Reads as far as it is asked for.
 * @param view the tip, through which every event is read
 * @param hint what is wanted at all; other events are passed over where that saves work
 */
export async function* publishedEvents(
  store: StateStore,
  revision: Revision | null,
  view: StateView,
  pending: readonly Operation[],
  hint: EventHint | null = null,
): AsyncGenerator<SubjectEvent> {
  const seen = new Set<string>();
  const keyOf = ({ subject, event }: SubjectEvent) => `${formatSubject(subject)} ${event.id}`;
  for (const operation of [...pending].reverse()) {
    for (const { subject, event } of [...operation.events].reverse()) {
      // The view has the event as it is going to be published, with the changes that it makes.
      const item = { subject, event: (await findEvent(view, subject, event.id)) ?? event };
      seen.add(keyOf(item));
      yield item;
    }
  }
  if (revision === null) return;
  for await (const { added } of hint ? wantedTimeline(store, revision, hint) : store.timeline(revision)) {
    for (const item of await readAdded(view, added, hint)) if (!seen.has(keyOf(item))) yield item;
  }
}
