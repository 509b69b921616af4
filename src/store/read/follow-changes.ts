import { EnvironmentError, RemoteError } from '../../errors.js';
import type { Clock } from '../port/host.js';
import { WENT_BACK } from '../port/shared-history.js';
import type { Revision, RevisionChange, StateStore } from '../port/state-store.js';

/** How long a server that cannot be reached is left alone, in ms. */
const AWAY_MS = 2_000;

export interface FollowOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** As in `StateStore.changes`. */
  readonly maxAge?: number | undefined;
  /** Called when the store cannot be read for the moment: once for each reason until it can. */
  readonly onAway: (error: RemoteError | EnvironmentError) => void;
}

/**
 * Yields the revisions of a store that follow `after`, each once and in order, and new ones as they come, until it is
 * ended. Waits while the server cannot be reached. Throws RemoteError if the server does not let us in, and `wentBack` if
 * the store lost the revision seen last.
 * @param after null for all revisions
 */
export async function* followChanges(
  store: Pick<StateStore, 'changes'>,
  after: Revision | null,
  { clock, signal, maxAge, onAway }: FollowOptions,
): AsyncGenerator<RevisionChange> {
  const { ended, release } = endOf(signal);
  let at = after;
  let told: string | null = null;
  try {
    while (!signal.aborted) {
      const changes = store.changes(at, signal, maxAge)[Symbol.asyncIterator]();
      try {
        for (;;) {
          // A request that has no answer yet does not hold up the end.
          const next = await Promise.race([changes.next(), ended]);
          if (next === null || next.done) return;
          told = null;
          at = next.value.revision;
          yield next.value;
        }
      } catch (error) {
        if (!mayPass(error)) throw error;
        if (error.message !== told) onAway(error);
        told = error.message;
      } finally {
        changes.return?.()?.then(undefined, () => undefined);
      }
      await Promise.race([clock.sleep(AWAY_MS), ended]);
    }
  } finally {
    release();
  }
}

/** Does `work`, again while the server cannot be reached; null if it is ended. Throws as `followChanges` does. */
export async function whenThere<T>(
  work: () => Promise<T>,
  { clock, signal, onAway }: FollowOptions,
): Promise<T | null> {
  const { ended, release } = endOf(signal);
  let told: string | null = null;
  try {
    while (!signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (!mayPass(error)) throw error;
        if (error.message !== told) onAway(error);
        told = error.message;
      }
      await Promise.race([clock.sleep(AWAY_MS), ended]);
    }
    return null;
  } finally {
    release();
  }
}

function mayPass(error: unknown): error is RemoteError | EnvironmentError {
  if (error instanceof RemoteError) return !error.isDenied && error.data['cause'] !== WENT_BACK;
  return error instanceof EnvironmentError;
}

function endOf(signal: AbortSignal): { readonly ended: Promise<null>; readonly release: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<null>((resolve) => {
    end = () => resolve(null);
  });
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return { ended, release: () => signal.removeEventListener('abort', end) };
}
