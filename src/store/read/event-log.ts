import { type BrokenEvents, REFUSE_BROKEN } from '../../model/event/broken-events.js';
import type { EventHead } from '../../model/event/event.js';
import type { EventHint } from '../../model/event/event-hint.js';
import type { Operation } from '../../model/operation/operation.js';
import { eventPath, eventsFolder, parseEventPath } from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Backend } from '../port/backend.js';
import type { TimelineEntry } from '../port/history.js';
import type { Revision, StateView } from '../port/state-store.js';
import { EventFinder } from './event-finder.js';
import { listSubjects } from './records.js';
import { eventName, monthsOf, readMonth, type StoredEvent } from './stored-events.js';
import { WantedTimeline } from './wanted-timeline.js';

/**
 * How many events are read at a time: enough to keep the reader busy, few enough to stop early, and less than the 256 for
 * which the reader of git objects starts a process. In a large server each start of one takes tens of milliseconds.
 */
const BATCH = 255;

/**
 * How many are read at a time where that many are likely to be asked for: such a read has a process of its own, which
 * hands over its objects in large pieces instead of one by one.
 */
const LARGE_BATCH = 1_000;

/** How many events are handed over at a time if they were read before: they are parsed while the walk goes on. */
const READ_BATCH = 32;

/** How many of the revisions that are read ahead may add no event, such as those that set a phase. */
const SPARE = 10;

function keyOf({ subject, head }: { subject: Subject; head: EventHead }): string {
  return `${formatSubject(subject)} ${eventName(head)}`;
}

/** Groups revisions so that each group adds about as many files as `size` says at its end, which are read together. */
async function* inGroups(
  revisions: AsyncIterable<TimelineEntry>,
  size: () => number,
): AsyncGenerator<readonly TimelineEntry[]> {
  let group: TimelineEntry[] = [];
  let count = 0;
  for await (const entry of revisions) {
    group.push(entry);
    count += entry.added.length;
    const files = size();
    if (count < files && group.length < Math.max(files, BATCH)) continue;
    yield group;
    group = [];
    count = 0;
  }
  if (group.length > 0) yield group;
}

/** A time line in progress: no event is given twice. */
class Telling {
  readonly #view: StateView;
  readonly #broken: BrokenEvents;
  readonly #early: (path: string) => StoredEvent | undefined;
  readonly #finder: EventFinder;
  readonly #told = new Set<string>();

  /** @param early gives the event at a path if it is known already */
  constructor(view: StateView, broken: BrokenEvents, early: (path: string) => StoredEvent | undefined) {
    this.#view = view;
    this.#broken = broken;
    this.#early = early;
    this.#finder = new EventFinder(view, broken);
  }

  /** The events that were not given yet. */
  fresh(events: readonly StoredEvent[]): StoredEvent[] {
    return events.filter((event) => {
      const key = keyOf(event);
      return !this.#told.has(key) && this.#told.add(key);
    });
  }

  async pending({ events }: Operation): Promise<StoredEvent[]> {
    const stored = events.map(async ({ subject, event }) => {
      // The view has the event as it will be published, with its changes.
      const found = await this.#finder.find(subject, event.id);
      return (
        found ?? { subject, path: eventPath(subject, event), head: event, text: () => '', read: () => event }
      );
    });
    return (await Promise.all(stored)).reverse();
  }

  /** The event files that a revision added, newest id first. */
  #placesOf({ added }: TimelineEntry) {
    const places = added.flatMap((path) => {
      const event = this.#early(path);
      const place = event ? { subject: event.subject, id: event.head.id } : parseEventPath(path);
      return place ? [{ ...place, path, event }] : [];
    });
    return places.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The events of some revisions, newest first; of one revision by id. */
  async *added(
    entries: readonly TimelineEntry[],
    hint: EventHint | null,
    size: number,
  ): AsyncGenerator<StoredEvent[]> {
    const places = entries.flatMap((entry) => this.#placesOf(entry));
    for (let i = 0; i < places.length; i += size) {
      const batch = places.slice(i, i + size);
      const events = await Promise.all(
        batch.map(({ subject, path, event }) => event ?? this.#finder.at(subject, path)),
      );
      // A later commit may have removed it: only what is at the tip counts.
      const there = events.filter((event) => event !== null);
      yield this.fresh(there.filter((event) => hint?.mayBeText(event.text()) !== false));
    }
  }

  /**
   * The events of sealed months that no revision added, because the history is cut off or squashed.
   * @param isWanted selects the sealed months to read, `<events folder>/YYYY-MM`
   */
  async untold(isWanted: (month: string) => boolean): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (const subject of await listSubjects(this.#view)) {
      for (const month of await monthsOf(this.#view, subject))
        if (month.isSealed && isWanted(`${eventsFolder(subject)}/${month.month}`))
          events.push(...this.fresh(await readMonth(this.#view, subject, month, this.#broken)));
    }
    return events;
  }
}

/**
 * The time line of all subjects in the order of publishing, newest first: operations that wait, then revision by
 * revision; events of one commit by id. Reads only as far as the caller iterates. An event whose month is sealed keeps
 * the place of the revision that added its own file.
 * @param view the tip, through which every event is read
 * @param hint which events are wanted; others are skipped where that saves work
 * @param ahead how many events are likely to be asked for
 * @param broken how events that cannot be read are handled
 */
export async function* publishedEvents(
  store: Backend,
  revision: Revision | null,
  view: StateView,
  pending: readonly Operation[],
  hint: EventHint | null = null,
  ahead = BATCH,
  broken: BrokenEvents = REFUSE_BROKEN,
): AsyncGenerator<StoredEvent> {
  // A function of its own: V8 would compile all that is below for each event that passes through it.
  for await (const events of batches(store, revision, view, pending, { hint, ahead, broken }))
    for (const event of events) yield event;
}

interface BatchOptions {
  readonly hint: EventHint | null;
  readonly ahead: number;
  readonly broken: BrokenEvents;
}

async function* batches(
  store: Backend,
  revision: Revision | null,
  view: StateView,
  pending: readonly Operation[],
  { hint, ahead, broken }: BatchOptions,
): AsyncGenerator<readonly StoredEvent[]> {
  // What waits lies over the files of the revision.
  const isTip = pending.length === 0;
  const wanted =
    hint && revision !== null
      ? new WantedTimeline(store, revision, hint, isTip ? view : store.view(revision), { ahead })
      : null;
  const telling = new Telling(view, broken, (path) => (isTip ? wanted?.early(path) : undefined));
  for (const operation of [...pending].reverse()) yield telling.fresh(await telling.pending(operation));
  if (revision === null) return;
  let oldest: TimelineEntry | null = null;
  const revisions = wanted ? wanted.revisions() : store.history.timeline(revision, ahead + SPARE);
  const size = Math.max(Math.min(ahead, LARGE_BATCH), BATCH);
  const groupSize = () => Math.min(ahead, wanted?.areRead ? READ_BATCH : size);
  for await (const group of inGroups(revisions, groupSize)) {
    const known: TimelineEntry[] = oldest ? [oldest, ...group] : [...group];
    oldest = known.pop() ?? null;
    yield* telling.added(known, hint, size);
  }
  if (!oldest) return;
  const events: StoredEvent[] = [];
  for await (const some of telling.added([oldest], hint, size)) events.push(...some);
  const sealed = wanted?.sealed ?? null;
  if (sealed?.size !== 0) events.push(...(await telling.untold((month) => sealed?.has(month) !== false)));
  yield events.sort((a, b) => (a.head.id < b.head.id ? 1 : -1));
}
