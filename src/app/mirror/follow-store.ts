import { type KgitError, LockHeldError, RemoteError } from '../../errors.js';
import { type FollowOptions, followChanges } from '../../store/read/follow-changes.js';
import { type Mirrored, type MirrorParts, mirrorStore } from './mirror-store.js';

/** How long a mirror that cannot be reached is left alone, in ms. */
const AWAY_MS = 5_000;

export interface FollowStoreOptions extends Pick<FollowOptions, 'signal'> {
  /** Called when the store or the mirror cannot be reached for the moment: once for each reason until it can. */
  readonly onAway: (error: KgitError) => void;
}

/** Whether an error of the mirror may pass by itself. */
function mayPass(error: unknown): error is RemoteError | LockHeldError {
  return (error instanceof RemoteError && !error.isDenied) || error instanceof LockHeldError;
}

/** Copies what is new, and tries again where the mirror cannot be reached; null if the signal ended it. */
async function caughtUp(
  parts: MirrorParts,
  { signal, onAway }: FollowStoreOptions,
): Promise<Mirrored | null> {
  let told: string | null = null;
  while (!signal.aborted) {
    try {
      return await mirrorStore(parts);
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (error.message !== told) onAway(error);
      told = error.message;
    }
    await pause(parts, signal);
  }
  return null;
}

async function pause({ clock }: MirrorParts, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    void clock.sleep(AWAY_MS).then(end);
  });
}

/**
 * Keeps a mirror up to date until the signal is aborted. Throws as `mirrorStore`, but waits for a store or mirror that
 * cannot be reached.
 * @returns how the mirror was left, with all commits that were added
 */
export async function followStore(parts: MirrorParts, options: FollowStoreOptions): Promise<Mirrored> {
  let last: Mirrored = { mirrored: null, revision: null, commits: 0 };
  const catchUp = async () => {
    const now = await caughtUp(parts, options);
    if (now) last = { ...now, commits: last.commits + now.commits };
  };
  await catchUp();
  // Whether the changes that are told now were copied with earlier ones.
  let isCopied = false;
  const follow = { ...options, clock: parts.clock };
  for await (const { revision } of followChanges(parts.source, last.mirrored, follow)) {
    if (!isCopied) await catchUp();
    isCopied = revision !== last.mirrored;
  }
  return last;
}
