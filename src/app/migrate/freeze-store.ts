import { ConflictError, NoRepositoryError, RefusedError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { applyEdits } from '../../model/state/apply.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import type { Backend } from '../../store/port/backend.js';
import type { Clock } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import { followPublished } from '../../store/publish/follow-published.js';
import { MOVED_VERSION, movedOf } from '../../store/read/records.js';
import { type Copied, type CopyParts, type CopyRange, copyRevisions, swapFailed } from './copy-revisions.js';

/** How often the head may move while kgit.yaml is to be changed. */
const MAX_TRIES = 200;
const WAIT_MS = 50;

export interface FreezeParts {
  readonly store: Backend;
  readonly author: Actor;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'random'>;
  readonly note: (message: string) => void;
}

/** A change of kgit.yaml, and what lies before and behind it. */
interface MarkerChange {
  readonly before: Revision;
  readonly revision: Revision;
}

/** Changes kgit.yaml on whatever the head is. @param edit given the newest revision and its kgit.yaml */
async function changeMarker(
  { store, author, timeoutMs, clock, note }: FreezeParts,
  message: string,
  edit: (before: Revision, text: string) => string,
): Promise<MarkerChange> {
  for (let tries = 1; ; tries++) {
    const { revision: before } = await store.refresh(timeoutMs);
    const text = before === null ? null : await store.view(before).read(MARKER_FILE);
    if (before === null || text === null)
      throw new NoRepositoryError(`${store.target} is not a state repository: it has no ${MARKER_FILE}`);
    const files = new Map([[MARKER_FILE, edit(before, text)]]);
    const outcome = await store.swap(before, [{ message, author, time: clock.now(), files }], timeoutMs);
    if (outcome.kind === 'swapped') {
      for (const line of [...outcome.notes, ...(await followPublished(store))]) note(line);
      return { before, revision: outcome.revisions[0] ?? before };
    }
    const isRaced = outcome.kind === 'moved' || outcome.kind === 'busy';
    if (!isRaced || tries === MAX_TRIES) throw swapFailed(store.target, outcome);
    await clock.sleep(WAIT_MS * clock.random());
  }
}

/**
 * Freezes a store: one last commit makes every kgit refuse to read and write it. Throws ConflictError if it is frozen
 * already, NoRepositoryError, RefusedError, RemoteError.
 * @param to where the store goes, without secrets
 */
export function freezeStore(parts: FreezeParts, to: string): Promise<MarkerChange> {
  const at = new Date(parts.clock.now()).toISOString();
  return changeMarker(parts, `migrate: the store moves to ${to}\n`, (revision, text) => {
    const frozen = movedOf(text);
    if (frozen !== null)
      throw new ConflictError(`${parts.store.target} was frozen meanwhile: it moves to ${frozen.to}`, {
        suggestions: ['If that is this migration: run it again with --resume when the other run has ended'],
        data: { path: MARKER_FILE, expected: 'in use', actual: frozen.to },
      });
    const moved = { to, revision, by: parts.author.name, at };
    const edits = [
      { op: 'set' as const, path: ['apiVersion'], value: MOVED_VERSION },
      { op: 'set' as const, path: ['moved'], value: moved },
    ];
    return applyEdits(text, edits, MARKER_FILE).text;
  });
}

/** Opens a frozen store again, with this kgit.yaml. Throws ConflictError if it is not frozen any more, as `freezeStore`. */
export function unfreezeStore(parts: FreezeParts, marker: string): Promise<MarkerChange> {
  return changeMarker(parts, 'migrate: the store is in use again\n', (_, text) => {
    if (movedOf(text) !== null) return marker;
    throw new ConflictError(`${parts.store.target} is in use already`, { data: { path: MARKER_FILE } });
  });
}

/**
 * Copies revisions of a frozen store up to the one before it was frozen. If the copy is refused, the store is opened
 * again. Throws as `copyRevisions` and `unfreezeStore`.
 */
export async function copyFrozen(parts: FreezeParts, copying: CopyParts, range: CopyRange): Promise<Copied> {
  try {
    return await copyRevisions(copying, range);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    await unfreezeStore(parts, (await parts.store.view(range.upTo).read(MARKER_FILE)) ?? '');
    const { message, suggestions, data } = error;
    throw new RefusedError(`${message}; ${parts.store.target} is in use again`, {
      suggestions,
      data,
      cause: error,
    });
  }
}
