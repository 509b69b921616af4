import { decodeLockName } from '../../model/lease/lock-name.js';
import { LOCK_PLACES, type LockPlace } from '../../model/lease/lock-place.js';
import type { Remote } from '../branch/git-remote.js';
import { fetchFailure } from '../branch/push-outcome.js';
import type { RefStore } from '../branch/refs.js';
import { GitView } from '../objects/git-view.js';
import type { Objects } from '../objects/object-reader.js';
import { decidedPlace } from './decided-place.js';
import { LOCK_FOLDERS } from './lock-folders.js';

/** Local copies of the remote's lock refs, which keep their commits. */
export const SEEN: Readonly<Record<LockPlace, string>> = {
  refs: 'refs/kgit/seen/refs/',
  branches: 'refs/kgit/seen/branches/',
};
/** Local copy of the branch's tip, fetched together with the locks. */
const SEEN_TIP = 'refs/kgit/seen/tip/';
const FETCH_TRIES = 10;

/** A ref in a lock folder: `ref` is its name at the remote, `name` is null if no lock can have that ref. */
export interface FoundRef {
  readonly ref: string;
  readonly place: LockPlace;
  readonly name: string | null;
  readonly oid: string;
}

/** What a look at a remote's locks found. */
export interface Found {
  readonly refs: readonly FoundRef[];
  /** The lock place that the settings on the branch name; null if they name none. */
  readonly decided: LockPlace | null;
}

/** What locks are read with. */
export interface LockLookParts {
  /** Null for a purely local repository. */
  readonly remote: Remote | null;
  readonly refs: RefStore;
  readonly reader: Objects;
}

export interface LockLookOptions {
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
}

/** Reads a remote's locks in both places, and the lock place that the branch's settings name, with one fetch. */
export class LockLook {
  readonly #parts: LockLookParts;
  readonly #options: LockLookOptions;

  constructor(parts: LockLookParts, options: LockLookOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Fetches the locks whose encoded names match a pattern. Throws RemoteError, EnvironmentError. */
  async fetch(pattern: string, timeoutMs: number): Promise<void> {
    const { remote, refs } = this.#parts;
    const { remoteName, branch } = this.#options;
    if (remote === null) return;
    const locks = LOCK_PLACES.map((place) => `+${LOCK_FOLDERS[place]}${pattern}:${SEEN[place]}${pattern}`);
    let refspecs = [...locks, `+refs/heads/${branch}:${SEEN_TIP}${branch}`];
    for (let tries = 1; ; tries++) {
      const result = await remote.fetch(refspecs, { timeoutMs, prunes: true });
      if (result.code === 0) return;
      // Nothing was published yet, so no place is decided.
      if (refspecs.length > locks.length && /couldn't find remote ref/.test(result.stderr)) {
        await refs.apply([`delete ${SEEN_TIP}${branch}\n`]);
        refspecs = locks;
        continue;
      }
      // Try again if another process of this clone is updating the same refs.
      if (tries >= FETCH_TRIES || !/cannot lock ref 'refs\/kgit\/seen\//.test(result.stderr))
        throw fetchFailure(result, remoteName);
    }
  }

  /**
   * The remote's locks as last fetched: those at and below an encoded name, or all if it is empty.
   * Throws InvalidStateError if the settings name an unknown place.
   */
  async found(encoded: string): Promise<Found> {
    const isLocal = this.#parts.remote === null;
    const folders = isLocal ? LOCK_FOLDERS : SEEN;
    const tipRef = `${SEEN_TIP}${this.#options.branch}`;
    const places = isLocal ? (['refs'] as const) : LOCK_PLACES;
    const names = places.map((place) => folders[place] + encoded);
    const listed = await this.#parts.refs.list(isLocal ? names : [...names, tipRef]);
    const refs = places.flatMap((place) =>
      [...listed].flatMap(([here, oid]) => {
        if (!here.startsWith(folders[place])) return [];
        const rest = here.slice(folders[place].length);
        return { ref: LOCK_FOLDERS[place] + rest, place, name: decodeLockName(rest), oid };
      }),
    );
    const tip = listed.get(tipRef);
    return { refs, decided: tip === undefined ? null : await this.decidedAt(tip) };
  }

  /** The lock place that a revision's settings name; null if they name none. Throws InvalidStateError. */
  async decidedAt(revision: string): Promise<LockPlace | null> {
    const { remote, reader } = this.#parts;
    return remote === null ? null : decidedPlace(new GitView(reader, revision));
  }
}
