import type { EventHint } from '../model/event-hint.js';
import { parseEventPath } from '../model/layout.js';
import { type Candidates, findCandidates, monthOfPath } from './candidates.js';
import type { Revision, StateStore, TimelineEntry } from './state-store.js';

/** Revisions that are looked through before the tip is searched instead: what is asked for is mostly new. */
const WINDOW = 500;
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
 * @param window how many revisions are walked before
 */
export async function* wantedTimeline(
  store: StateStore,
  revision: Revision,
  hint: EventHint,
  window = WINDOW,
): AsyncGenerator<TimelineEntry> {
  const search = async (passed: ReadonlySet<string>) => {
    const found = await findCandidates(store, revision, hint);
    for (const path of passed) found.files.delete(path);
    return found;
  };
  // By time the search is cheap, and often shows at once that all lies in the newest revisions.
  let candidates = hint.isOfTime ? await search(new Set()) : null;
  const passed = new Set<string>();
  let walked = 0;
  if (!candidates || !isComplete(candidates)) {
    for await (const { revision: at, added } of store.timeline(revision)) {
      if (walked++ === window) {
        candidates ??= await search(passed);
        if (isComplete(candidates) || canLocate(candidates)) break;
      }
      const wanted = added.filter((path) => mayBe(path, hint, candidates));
      if (!candidates) for (const path of wanted) passed.add(path);
      yield { revision: at, added: wanted };
      if (candidates && isComplete(candidates)) return;
    }
  }
  if (walked > window && candidates) yield* located(store, revision, candidates);
}

/** Whether a path that was met may be wanted; it is taken from the candidates, so each is met once. */
function mayBe(path: string, hint: EventHint, candidates: Candidates | null): boolean {
  const place = parseEventPath(path);
  if (!place || !hint.mayBeId(place.id)) return false;
  return !candidates || candidates.files.delete(path) || candidates.sealed.has(monthOfPath(path));
}

async function* located(
  store: StateStore,
  revision: Revision,
  { files }: Candidates,
): AsyncGenerator<TimelineEntry> {
  if (files.size === 0) return;
  const places = await store.placesOf(revision, [...files]);
  const byPlace = new Map<number, string[]>();
  for (const [path, place] of places) byPlace.set(place, [...(byPlace.get(place) ?? []), path]);
  for (const place of [...byPlace.keys()].sort((a, b) => a - b))
    yield { revision, added: byPlace.get(place) ?? [] };
}
