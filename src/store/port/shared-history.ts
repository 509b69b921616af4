import { RemoteError } from '../../errors.js';
import type { Revision } from './state-store.js';

/** The shared history no longer contains the head that was known here. */
export interface Rewrite {
  readonly from: Revision;
  /** Where the head is now. */
  readonly to: Revision;
  /** How many of the revisions known here it removed; null if the old head is not here. */
  readonly removed: number | null;
  /**
   * `moved`: somebody moved the head. `lost`: the head went back, and the server no longer has the old one. `unclear`:
   * the head went back, and the server does not say whether it still has the old one.
   */
  readonly cause: 'moved' | 'lost' | 'unclear';
}

/** `data.cause` of the ConflictError when `refresh` finds an `OtherHistory`; continue with `acceptHistory`. */
export const OTHER_HISTORY = 'other-history';

/** `data.cause` of `wentBack`. */
export const WENT_BACK = 'went-back';

/** The error for a revision that the store does not have any more. */
export function wentBack(revision: Revision): RemoteError {
  return new RemoteError(`revision ${revision} is not in the store any more`, {
    suggestions: ["See what became of its history: 'kgit sync'"],
    data: { revision, cause: WENT_BACK },
  });
}

/** Two unrelated histories: the one known here, and the one on the server. */
export interface OtherHistory {
  readonly known: Revision;
  readonly found: Revision;
  /** How many revisions each has, as far as they are here; null if none are. */
  readonly knownCount: number | null;
  readonly foundCount: number;
}

/** The history of a store on a server, which people or a restored backup may replace. */
export interface SharedHistory {
  /**
   * Called once when `refresh` sees a rewrite, before the head moves to the new tip. Concurrent processes may each call
   * it.
   */
  onRewrite?: ((rewrite: Rewrite) => Promise<void>) | undefined;
  /**
   * Asks the server for a history unrelated to the one known here; null if there is none. Changes nothing. Throws
   * RemoteError.
   */
  otherHistory(timeoutMs: number): Promise<OtherHistory | null>;
  /** Replaces the history known here with the server's. Throws EnvironmentError. */
  acceptHistory(other: OtherHistory): Promise<void>;
}
