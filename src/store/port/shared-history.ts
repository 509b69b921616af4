import type { Revision } from './state-store.js';

/** The shared history no longer contains the head that was known here. */
export interface Rewrite {
  readonly from: Revision;
  /** Where the head is now. */
  readonly to: Revision;
  /** How many revisions went with it, of those that are known here; null where the old head is not here. */
  readonly removed: number | null;
  /**
   * `moved`: somebody moved the head. `lost`: it went back, and the server does not have the old one any more.
   * `unclear`: it went back, and the server does not say whether it has the old one.
   */
  readonly cause: 'moved' | 'lost' | 'unclear';
}

/** `data.cause` of the ConflictError of a `refresh` that found an `OtherHistory`: `acceptOther` is the way on. */
export const OTHER_HISTORY = 'other-history';

/** Two histories with nothing in common: the one that is known here, and the one that the server has. */
export interface OtherHistory {
  readonly known: Revision;
  readonly found: Revision;
  /** How many revisions each has, as far as they are here; null where none of it is. */
  readonly knownCount: number | null;
  readonly foundCount: number;
}

/** The history of a store on a server, which people or a restored backup may replace. */
export interface SharedHistory {
  /** Called when `refresh` sees a rewrite, before the head goes to the new tip; once for each, but for processes at the same time. */
  onRewrite?: ((rewrite: Rewrite) => Promise<void>) | undefined;
  /** Asks whether the server has another history than is known here; null where not. Changes nothing. Throws RemoteError. */
  otherHistory(timeoutMs: number): Promise<OtherHistory | null>;
  /** Takes the server's other history for the one known here. Throws EnvironmentError. */
  acceptHistory(other: OtherHistory): Promise<void>;
}
