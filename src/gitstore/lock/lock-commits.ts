import { InvalidStateError } from '../../errors.js';
import { encodeLockName } from '../../model/lease/lock-name.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import type { Actor } from '../../model/operation/operation.js';
import type { LockMove, LockTip } from '../../store/port/lease-store.js';
import { namedCommitter } from '../objects/committer.js';
import type { Objects } from '../objects/object-reader.js';
import { type ChainLink, leaseMessage, nextLength, parseLeaseMessage } from './lease-message.js';
import { LOCK_FOLDERS } from './lock-folders.js';

/** `<ref>@<commit>#<length>`; older versions of kgit left the length out of the leases that a clone holds. */
const VERSION = /^(refs\/[^@]+)@([0-9a-f]{40})(?:#(\d{1,16}))?$/;

/** A lock's move as an update of its ref; `from` is null if the ref is to be created. */
export interface RefMove {
  readonly name: string;
  readonly ref: string;
  readonly from: string | null;
  readonly to: string;
  /** Whether the ref is forced because its chain starts anew. The push still demands the old value. */
  readonly isForced: boolean;
  readonly tip: LockTip;
}

/** The new tips of completed moves, by lock name. */
export function tipsOf(moves: readonly RefMove[]): Map<string, LockTip> {
  return new Map(moves.map(({ name, tip }) => [name, tip]));
}

/** A commit of a lock's chain. */
interface ChainPlace {
  readonly ref: string;
  readonly oid: string;
  readonly length: number;
}

const versionOf = ({ ref, oid, length }: ChainPlace) => `${ref}@${oid}#${length}`;

/** The commit that a version names. Throws InvalidStateError if it names none. */
export function versionParts({ version }: LockTip): ChainPlace {
  const [, ref, oid, length = '1'] = VERSION.exec(version) ?? [];
  // An empty object id in a refspec would delete the ref.
  if (!ref || !oid) throw new InvalidStateError(`${version.slice(0, 100)} names no commit of a lock`);
  return { ref, oid, length: Number(length) };
}

/** The ref of a lock in a place. */
const lockRef = (place: LockPlace, name: string): string => LOCK_FOLDERS[place] + encodeLockName(name);

/** The place of a lock's ref. */
export const placeOfRef = (ref: string): LockPlace =>
  ref.startsWith(LOCK_FOLDERS.branches) ? 'branches' : 'refs';

/** Quotes a word for the shell: git allows ref names that a shell would act on. */
const shellWord = (word: string) => (/^[\w./%:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/**
 * The error for a ref in a lock folder that holds no lock.
 * @param remote name of the remote that has it; null in a purely local repository
 */
export function foreignRef(remote: string | null, ref: string, problem: string): InvalidStateError {
  const word = shellWord(ref);
  const server = remote === null ? '' : shellWord(remote);
  const [look, remove] =
    remote === null
      ? [`git show ${word}`, `git update-ref -d ${word}`]
      : [`git fetch ${server} ${word} && git show FETCH_HEAD`, `git push ${server} ${shellWord(`:${ref}`)}`];
  return new InvalidStateError(`${ref}: ${problem}`, {
    suggestions: [
      `See what it is: ${look}`,
      `Update kgit, if a newer one wrote it; else remove it: ${remove}`,
    ],
    data: { ref },
  });
}

/**
 * Reads a lock's tip from the commit of its ref. Throws InvalidStateError if kgit did not make the commit,
 * EnvironmentError if it cannot be read here.
 * @param remote name of the remote that has it; null in a purely local repository
 */
export async function readTip(
  reader: Objects,
  remote: string | null,
  ref: string,
  oid: string,
): Promise<LockTip> {
  const object = await reader.read(oid, ref);
  const text = object?.type === 'commit' ? object.data.toString('utf8') : '';
  const link = parseLeaseMessage(text.slice(text.indexOf('\n\n') + 2));
  if (link !== null && ref.endsWith(`/${encodeLockName(link.record.name)}`))
    return { version: versionOf({ ref, oid, length: link.length }), record: link.record };
  const what = object === null || object.type === 'commit' ? 'commit' : object.type;
  throw foreignRef(remote, ref, `its ${what} ${oid.slice(0, 10)} is none that kgit made of a lock`);
}

/** A commit without files. */
export interface EmptyCommit {
  readonly message: string;
  readonly parent: string | null;
  readonly author: Actor;
  readonly committer: Actor;
  /** Seconds since the epoch, of author and committer. */
  readonly seconds: number;
}

/** Makes the commits of lock chains. */
export interface EmptyCommits {
  /** Stores the empty tree, which every commit names. Throws EnvironmentError. */
  storeTree(): Promise<void>;
  /** Stores a commit and returns its id. Throws EnvironmentError. */
  store(commit: EmptyCommit): Promise<string>;
}

/** Builds the commits of lock chains: empty trees, with the record in the message. */
export class LockCommits {
  readonly #commits: EmptyCommits;
  readonly #committer: Actor;

  constructor(commits: EmptyCommits, committer: Actor) {
    this.#commits = commits;
    this.#committer = committer;
  }

  /**
   * Builds the commits of a move.
   * @param place where to create a lock that does not exist yet
   * @param trims whether a long chain may start anew, which rewinds the ref
   */
  async build(move: LockMove, place: LockPlace, trims: boolean): Promise<RefMove> {
    const before = move.from === null ? null : versionParts(move.from);
    const ref = before?.ref ?? lockRef(place, move.name);
    let parent = before?.oid ?? null;
    let length = before?.length ?? 0;
    let isForced = false;
    // git can read the empty tree even if it is not stored, but fsck reports it missing. A renewal finds it stored
    // already.
    if (move.records.some(({ action }) => action === 'acquire' || action === 'break'))
      await this.#commits.storeTree();
    for (const record of move.records) {
      // Branches may be closed to forced pushes, so chains there never start anew.
      length = nextLength(length);
      const isNewRoot = parent !== null && length === 1 && trims && placeOfRef(ref) === 'refs';
      isForced ||= isNewRoot;
      parent = await this.#commit({ record, length }, isNewRoot ? null : parent, move.author);
    }
    const record = move.records.at(-1);
    if (parent === null || !record) throw new RangeError('a move of a lock has at least one record');
    const tip = { version: versionOf({ ref, oid: parent, length }), record };
    return { name: move.name, ref, from: before?.oid ?? null, to: parent, isForced, tip };
  }

  async #commit(link: ChainLink, parent: string | null, author: Actor): Promise<string> {
    const committer = await namedCommitter(this.#committer);
    const seconds = Math.floor(link.record.at / 1000);
    return this.#commits.store({ message: leaseMessage(link), parent, author, committer, seconds });
  }
}
