import type { EventHint } from '../../model/event/event-hint.js';
import { parseEventPath } from '../../model/subject/layout.js';
import type { Backend } from '../port/backend.js';
import type { TimelineEntry } from '../port/history.js';
import type { Revision } from '../port/state-store.js';
import { type Candidates, findCandidates, monthOfPath } from './candidates.js';

/** Revisions that are looked through before the tip is searched instead: what is asked for is mostly new. */
const WINDOW = 500;
/** The part of a window's revisions that has to add something wanted for the walk to go on. */
const NEAR = 0.1;
/** Files that are looked up one by one rather than met on the way back. */
const MAX_LOCATED = 1_000;

/** Whether the walk may end once all files were met: not while a sealed month may hold more. */
const isComplete = ({ files, sealed }: Candidates) => files.size === 0 && sealed.size === 0;

/** Whether each file may be asked for by name. */
const canLocate = ({ files, sealed }: Candidates) =>
  sealed.size === 0 && files.size <= MAX_LOCATED && [...files].every((path) => !/[\u0000-\u001f]/.test(path));

/**
 * The time line of the events that a hint lets through, newest first. A walk through all revisions costs much more
 * than a search of the tip, so it is given up when a search shows that little or nothing is left to be met.
 */
export class WantedTimeline {
  readonly #store: Backend;
  readonly #revision: Revision;
  readonly #hint: EventHint;
  readonly #window: number;
  #candidates: Candidates | null = null;

  /** @param window how many revisions are walked before the tip is searched */
  constructor(store: Backend, revision: Revision, hint: EventHint, window = WINDOW) {
    this.#store = store;
    this.#revision = revision;
    this.#hint = hint;
    this.#window = window;
  }

  /** The sealed months that may hold wanted events, as `<events folder>/YYYY-MM`; null while nobody has looked. */
  get sealed(): ReadonlySet<string> | null {
    return this.#candidates?.sealed ?? null;
  }

  async #search(passed: ReadonlySet<string>): Promise<Candidates> {
    const found = await findCandidates(this.#store, this.#revision, this.#hint);
    for (const path of passed) found.files.delete(path);
    return found;
  }

  /** The revisions that added wanted events, each with those alone, and others without any. */
  async *revisions(): AsyncGenerator<TimelineEntry> {
    // By time the search is cheap, and often shows at once that all lies in the newest revisions.
    if (this.#hint.isOfTime) this.#candidates = await this.#search(new Set());
    if (this.#candidates && isComplete(this.#candidates)) return;
    const passed = new Set<string>();
    let walked = 0;
    let met = 0;
    for await (const { revision: at, added } of this.#store.history.timeline(this.#revision)) {
      if (walked > 0 && walked % this.#window === 0) {
        this.#candidates ??= await this.#search(passed);
        if (isComplete(this.#candidates)) return;
        // What is looked for by time lies together, mostly: then the walk meets it sooner than it is located.
        const isNear = this.#hint.isOfTime && met >= this.#window * NEAR;
        if (!isNear && canLocate(this.#candidates))
          return yield* located(this.#store, this.#revision, this.#candidates);
        met = 0;
      }
      walked += 1;
      const wanted = added.filter((path) => mayBe(path, this.#hint, this.#candidates));
      met += wanted.length;
      if (!this.#candidates) for (const path of wanted) passed.add(path);
      yield { revision: at, added: wanted };
      if (this.#candidates && isComplete(this.#candidates)) return;
    }
  }
}

/** Whether a path that was met may be wanted; it is taken from the candidates, so each is met once. */
function mayBe(path: string, hint: EventHint, candidates: Candidates | null): boolean {
  const place = parseEventPath(path);
  if (!place || !hint.mayBeId(place.id)) return false;
  return !candidates || candidates.files.delete(path) || candidates.sealed.has(monthOfPath(path));
}

async function* located(
  store: Backend,
  revision: Revision,
  { files }: Candidates,
): AsyncGenerator<TimelineEntry> {
  if (files.size === 0) return;
  const places = await store.history.placesOf(revision, [...files]);
  const byPlace = new Map<number, string[]>();
  for (const [path, place] of places) byPlace.set(place, [...(byPlace.get(place) ?? []), path]);
  for (const place of [...byPlace.keys()].sort((a, b) => a - b))
    yield { revision, added: byPlace.get(place) ?? [] };
}
