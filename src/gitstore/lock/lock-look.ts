import { decodeLockName } from '../../model/lease/lock-name.js';
import { LOCK_PLACES, type LockPlace } from '../../model/lease/lock-place.js';
import { fetchFailure } from '../branch/push-outcome.js';
import { GitView } from '../objects/git-view.js';
import type { ObjectReader } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';
import { FETCH_OPTIONS } from '../process/transfer-options.js';
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

export interface LockLookOptions {
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
}

/** Reads a remote's locks in both places, and the lock place that the branch's settings name, with one fetch. */
export class LockLook {
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #options: LockLookOptions;

  constructor(git: Git, reader: ObjectReader, options: LockLookOptions) {
    this.#git = git;
    this.#reader = reader;
    this.#options = options;
  }

  /** Fetches the locks whose encoded names match a pattern. Throws RemoteError, EnvironmentError. */
  async fetch(pattern: string, timeoutMs: number): Promise<void> {
    const { remote, remoteName, branch } = this.#options;
    if (remote === null) return;
    const locks = LOCK_PLACES.map((place) => `+${LOCK_FOLDERS[place]}${pattern}:${SEEN[place]}${pattern}`);
    let refspecs = [...locks, `+refs/heads/${branch}:${SEEN_TIP}${branch}`];
    // The empty refmap leaves the user's own tracking branch alone: other fetches of this clone race for it.
    const options = ['fetch', ...FETCH_OPTIONS, '--refmap=', '--prune', '--end-of-options', remote];
    for (let tries = 1; ; tries++) {
      const result = await this.#git.talk(remote, [...options, ...refspecs], { timeout: timeoutMs });
      if (result.code === 0) return;
      // Nothing was published yet, so no place is decided.
      if (refspecs.length > locks.length && /couldn't find remote ref/.test(result.stderr)) {
        await this.#git.text(['update-ref', '-d', `${SEEN_TIP}${branch}`]);
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
    const { remote, branch } = this.#options;
    const places = remote === null ? { refs: LOCK_FOLDERS.refs } : SEEN;
    const tipRef = `${SEEN_TIP}${branch}`;
    const listed = await this.#git.text([
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      ...Object.values(places).map((place) => place + encoded),
      ...(remote === null ? [] : [tipRef]),
    ]);
    const lines = listed.split('\n').filter(Boolean);
    const refs = LOCK_PLACES.flatMap((place) => {
      const folder = remote === null ? LOCK_FOLDERS[place] : SEEN[place];
      return lines.flatMap((line) => {
        const [here = '', oid = ''] = line.split(' ');
        if (!here.startsWith(folder)) return [];
        const rest = here.slice(folder.length);
        return { ref: LOCK_FOLDERS[place] + rest, place, name: decodeLockName(rest), oid };
      });
    });
    const tip = lines.find((line) => line.startsWith(`${tipRef} `))?.slice(tipRef.length + 1);
    return { refs, decided: tip === undefined ? null : await this.decidedAt(tip) };
  }

  /** The lock place that a revision's settings name; null if they name none. Throws InvalidStateError. */
  async decidedAt(revision: string): Promise<LockPlace | null> {
    return this.#options.remote === null ? null : decidedPlace(new GitView(this.#reader, revision));
  }
}
