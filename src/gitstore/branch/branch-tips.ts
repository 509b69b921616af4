import type { Clock } from '../../store/port/host.js';
import type { Head, Revision } from '../../store/port/state-store.js';

/** How often the refs of this clone are looked at, in ms. */
const LOOK_MS = 200;
/** How old the last fetch of this clone may become unless the caller says, in ms. */
const FETCH_MS = 5_000;
/** How long a fetch may take, in ms. */
const FETCH_LIMIT_MS = 30_000;

export interface WatchedBranch {
  /** A text that differs once a ref of the branch has moved. */
  readonly looks: () => Promise<string>;
  readonly head: () => Promise<Head>;
  /** When this clone last heard from the remote, in ms since the epoch; null if there is no remote. */
  readonly fetchedAt: (() => Promise<number>) | null;
  readonly fetch: (timeoutMs: number) => Promise<unknown>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly signal: AbortSignal;
  /** How old the last fetch of this clone may become, in ms. */
  readonly maxAge?: number | undefined;
}

/**
 * Yields the tip of a branch, then the new one whenever it may have moved, until `signal` aborts. What other processes of
 * this clone publish or fetch is seen at once, the rest by a fetch when the last one, by whichever process, is older than `maxAge`. Throws as a fetch does.
 */
export async function* branchTips({
  looks,
  head,
  fetchedAt,
  fetch,
  clock,
  signal,
  maxAge = FETCH_MS,
}: WatchedBranch): AsyncGenerator<Revision> {
  for (let seen: string | null = null; !signal.aborted; ) {
    // Before the fetch, which may fail: others bring news, too.
    const found = await looks();
    if (found !== seen) {
      seen = found;
      const { revision } = await head();
      if (revision !== null) yield revision;
    }
    const isDue = fetchedAt !== null && clock.now() - (await fetchedAt()) >= maxAge;
    if (isDue) await fetch(FETCH_LIMIT_MS);
    else await clock.sleep(LOOK_MS);
  }
}
