import { InvalidStateError } from '../../errors.js';
import { parseEvent } from '../../model/event/event-file.js';
import type { EventHint } from '../../model/event/event-hint.js';
import { parseEventPath } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Backend } from '../port/backend.js';
import type { TimelineEntry } from '../port/history.js';
import type { Revision, StateView } from '../port/state-store.js';
import { type Candidates, findCandidates, monthOfPath } from './event-search.js';
import { fileEvent, type StoredEvent } from './stored-events.js';

/** How many revisions are walked before the tip is searched: most queries ask for recent events. */
const WINDOW = 500;
/** The share of a window's revisions that must add wanted events for the walk to go on. */
const NEAR = 0.1;
/** How many files are located one by one rather than met on the walk. */
const MAX_LOCATED = 1_000;
/** So few files are read while the walk begins in any case, and so many at most: their texts are in memory together. */
const [MIN_EARLY, MAX_EARLY] = [255, 5_000];

export interface WantedOptions {
  readonly ahead?: number;
  readonly window?: number;
}

/** Whether all files can be located by name. */
const canLocate = ({ files, sealed }: Candidates) =>
  sealed.size === 0 && files.size <= MAX_LOCATED && [...files].every((path) => !/[\u0000-\u001f]/.test(path));

/**
 * The time line of the events that match a hint, newest first. Walking all revisions costs much more than searching the
 * tip, so the walk stops as soon as a search shows that little or nothing is left.
 */
export class WantedTimeline {
  readonly #store: Backend;
  readonly #revision: Revision;
  readonly #hint: EventHint;
  readonly #view: StateView;
  readonly #ahead: number;
  readonly #window: number;
  #candidates: Candidates | null = null;
  #early: ReadonlyMap<string, StoredEvent> = new Map();
  #areRead = false;
  /** Number of revisions that were walked, and of wanted events that those of this window added. */
  #walked = 0;
  #met = 0;
  /** Wanted files that were met before the search. */
  readonly #passed = new Set<string>();

  /**
   * @param view the files of `revision`
   * @param ahead how many events are likely to be read through it
   * @param window how many revisions are walked before the tip is searched
   */
  constructor(
    store: Backend,
    revision: Revision,
    hint: EventHint,
    view: StateView,
    { ahead = 0, window = WINDOW }: WantedOptions = {},
  ) {
    this.#store = store;
    this.#revision = revision;
    this.#hint = hint;
    this.#view = view;
    this.#ahead = ahead;
    this.#window = window;
  }

  /** The sealed months that may hold wanted events, as `<events folder>/YYYY-MM`; null before the search. */
  get sealed(): ReadonlySet<string> | null {
    return this.#candidates?.sealed ?? null;
  }

  /** Whether all events that are met were read while the walk began. */
  get areRead(): boolean {
    return this.#areRead;
  }

  /** The event at this path, if it was read while the walk began. */
  early(path: string): StoredEvent | undefined {
    return this.#early.get(path);
  }

  async #search(): Promise<Candidates> {
    const found = await findCandidates(this.#store, this.#revision, this.#view, this.#hint);
    for (const path of this.#passed) found.files.delete(path);
    return found;
  }

  /**
   * The files of all events of the wanted time. If all of them are likely to be read, or they are few, they are read while
   * the walk begins, and those that their heads rule out are left out, so that the walk ends earlier.
   */
  async #narrowed(): Promise<Candidates> {
    const most = Math.min(Math.max(this.#ahead, MIN_EARLY), MAX_EARLY);
    const events = new Map<string, StoredEvent>();
    const tried = new Set<string>();
    const take = (path: string, subject: Subject, text: () => string | null): void => {
      tried.add(path);
      const event = unlessBroken(() => {
        const stored = text();
        return stored === null ? null : fileEvent(subject, path, stored);
      });
      if (event) events.set(path, event);
    };
    const found = await findCandidates(this.#store, this.#revision, this.#view, this.#hint, { most, take });
    // What a sealed month has of an event counts more than a file beside it.
    if (found.sealed.size > 0) return found;
    this.#early = events;
    if (found.files.size > most) return found;
    const others = [...found.files].filter((path) => !tried.has(path));
    await Promise.all(others.map((path) => this.#read(path, take)));
    for (const [path, { head }] of events) if (!this.#hint.mayBeHead(head)) found.files.delete(path);
    this.#areRead = true;
    return found;
  }

  async #read(
    path: string,
    take: (path: string, subject: Subject, text: () => string | null) => void,
  ): Promise<void> {
    const place = parseEventPath(path);
    if (place === null) return;
    const text = await this.#view.read(path).then(
      (stored) => () => stored,
      (error: unknown) => () => {
        throw error;
      },
    );
    take(path, place.subject, text);
  }

  /** The revisions that added these files, newest first. */
  async *#located({ files }: Candidates): AsyncGenerator<TimelineEntry> {
    const [store, revision] = [this.#store, this.#revision];
    const wanted = await this.#wanted([...files]);
    // A single one needs no order: finding its place means looking at every revision.
    if (wanted.length === 1) yield { revision, added: wanted };
    if (wanted.length <= 1) return;
    const places = await store.history.placesOf(revision, wanted);
    const byPlace = new Map<number, string[]>();
    for (const [path, place] of places) byPlace.set(place, [...(byPlace.get(place) ?? []), path]);
    for (const place of [...byPlace.keys()].sort((a, b) => a - b))
      yield { revision, added: byPlace.get(place) ?? [] };
  }

  /** Those of these files whose events are wanted, and those that cannot be read. */
  async #wanted(paths: readonly string[]): Promise<string[]> {
    const isWanted = async (path: string): Promise<boolean> => {
      try {
        const early = this.early(path);
        if (early) return this.#hint.isWanted(early.read());
        const text = await this.#view.read(path);
        return text !== null && this.#hint.isWanted(parseEvent(text, path));
      } catch (error) {
        // Whoever reads the event says what is wrong with it.
        if (error instanceof InvalidStateError) return true;
        throw error;
      }
    };
    const verdicts = await Promise.all(paths.map(isWanted));
    return paths.filter((_, i) => verdicts[i]);
  }

  /** The walked revisions, each with the wanted events that it added, if any. */
  async *revisions(): AsyncGenerator<TimelineEntry> {
    // A search by time is cheap, and often shows that everything lies in the newest revisions. It runs while the walk begins.
    const search = this.#hint.isOfTime ? this.#narrowed() : null;
    // A failure is thrown below, where it is awaited: the walk may take longer to begin.
    search?.catch(() => undefined);
    const line = this.#store.history.timeline(this.#revision, undefined, this.#hint.publishedFrom);
    for await (const entry of line) {
      const isBegin = this.#walked === 0;
      if (isBegin ? search !== null : this.#walked % this.#window === 0) {
        this.#candidates ??= await (search ?? this.#search());
        if (this.#isComplete) return;
        if (!isBegin && this.#locates()) return yield* this.#located(this.#candidates);
        this.#met = 0;
      }
      yield this.#meet(entry);
      if (this.#isComplete) return;
    }
  }

  /** Counts a revision. Returns it with those of its files that may be wanted, each of which is met once. */
  #meet({ revision, added }: TimelineEntry): TimelineEntry {
    const wanted = added.filter((path) => mayBe(path, this.#hint, this.#candidates));
    this.#walked += 1;
    this.#met += wanted.length;
    if (!this.#candidates) for (const path of wanted) this.#passed.add(path);
    return { revision, added: wanted };
  }

  /** Whether all files were met, and no sealed month may hold more. */
  get #isComplete(): boolean {
    return this.#candidates?.files.size === 0 && this.#candidates.sealed.size === 0;
  }

  /** Whether locating what is left is faster than walking on, at the end of a window. */
  #locates(): boolean {
    // Events of one time mostly lie together.
    const isNear = this.#hint.isOfTime && this.#met >= this.#window * NEAR;
    return !isNear && this.#candidates !== null && canLocate(this.#candidates);
  }
}

/** Whether a path may be wanted; removes it from the candidates, so that each is met once. */
function mayBe(path: string, hint: EventHint, candidates: Candidates | null): boolean {
  if (candidates?.files.delete(path)) return true;
  if (candidates?.sealed.size === 0) return false;
  const place = parseEventPath(path);
  if (!place || !hint.mayBeId(place.id)) return false;
  return !candidates || candidates.sealed.has(monthOfPath(path));
}

/** The result of `read`; null if it fails on unreadable data: whoever reads the event later says what is wrong with it. */
function unlessBroken<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}
