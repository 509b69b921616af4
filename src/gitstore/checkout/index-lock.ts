import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { rename } from '../../platform/small-files.js';
import {
  cannotKeep,
  createDurably,
  putBack,
  readNamed,
  removeFile,
} from '../../store/local/durable-files.js';
import { type Host, identityOf, isGone, type ProcessIdentity } from '../../store/port/host.js';

/** kgit's own lock files are shorter; git's holds the next index and may be large. */
const MAX_HOLDER_BYTES = 4096;
const POLL_MS = 100;
/** How long to wait for the user's own git to finish with an index, in ms. */
const PATIENCE_MS = 2_000;
/** How long to wait for another kgit that moves a checkout, in ms: with thousands of files it takes a while. */
const KGIT_PATIENCE_MS = 10_000;

/** Who holds a lock: the same facts that kgit's other locks keep. */
interface Holder extends ProcessIdentity {
  readonly kgit: string;
  readonly nonce: string;
}

type Found = Holder | 'free' | 'foreign';

const WHAT = 'kgit is moving this checkout';

function parseHolder(text: string): Holder | 'foreign' {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    const isOurs = holder?.kgit === WHAT && typeof holder.pid === 'number' && holder.pid > 0;
    return isOurs ? (holder as Holder) : 'foreign';
  } catch {
    // git's own lock is empty, or holds an index.
    return 'foreign';
  }
}

async function holderOf(path: string): Promise<Found> {
  try {
    const bytes = await readNamed(path);
    if (bytes === undefined) return 'free';
    const isLong = bytes === null || bytes.length > MAX_HOLDER_BYTES;
    return isLong ? 'foreign' : parseHolder(bytes.toString('utf8'));
  } catch (error) {
    // A lock that cannot be read is another user's, and is left alone.
    if (hasCode(error, 'EACCES')) return 'foreign';
    throw error;
  }
}

/**
 * git's own lock of one index, `index.lock`: while it exists, the user's git neither changes the index nor commits. It
 * names the kgit that holds it, so that the next one can remove it once that process is certainly gone. A lock of
 * another git is never touched.
 */
export class IndexLock {
  readonly path: string;
  readonly #host: Host;
  readonly #nonce: string;

  /** @param nonce tells the locks of different processes apart */
  constructor(gitDir: string, host: Host, nonce: string) {
    this.path = join(gitDir, 'index.lock');
    this.#host = host;
    this.#nonce = nonce;
  }

  /**
   * Tries to take the lock. Throws EnvironmentError.
   * @returns null, or who holds it
   */
  async tryAcquire(): Promise<'git' | 'kgit' | null> {
    await this.removeLeftBehind();
    const holder: Holder = { kgit: WHAT, ...identityOf(this.#host.pid, this.#host), nonce: this.#nonce };
    if (await createDurably(this.path, `${JSON.stringify(holder)}\n`)) return null;
    return (await holderOf(this.path)) === 'foreign' ? 'git' : 'kgit';
  }

  /** Whether the lock is still ours: git advises users to remove a lock that they find. */
  async isOurs(): Promise<boolean> {
    const holder = await holderOf(this.path);
    return typeof holder === 'object' && holder.nonce === this.#nonce;
  }

  async release(): Promise<void> {
    if (await this.isOurs()) await removeFile(this.path);
  }

  /** Whether this lock was left behind by a kgit that is certainly gone. */
  async isLeftBehind(): Promise<boolean> {
    const holder = await holderOf(this.path);
    return typeof holder === 'object' && isGone(holder, this.#host);
  }

  /** Removes the lock if a kgit that is certainly gone left it behind. */
  async removeLeftBehind(): Promise<void> {
    const holder = await holderOf(this.path);
    if (typeof holder === 'string' || !isGone(holder, this.#host)) return;
    // The holder may have released the lock since: one that another process holds by now is not moved.
    const current = await holderOf(this.path);
    if (typeof current === 'string' || current.nonce !== holder.nonce) return;
    const aside = `${this.path}.${this.#nonce}.stolen`;
    try {
      await rename(this.path, aside);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      throw cannotKeep(aside, error);
    }
    const moved = await holderOf(aside);
    const isRight = typeof moved === 'object' && moved.nonce === holder.nonce;
    if (!isRight) await putBack(aside, this.path);
    await removeFile(aside);
  }
}

function stillHeld(path: string, by: 'git' | 'kgit'): EnvironmentError {
  if (by === 'kgit')
    return new EnvironmentError(`another kgit is moving a checkout: it holds ${path}`, {
      data: { path },
      suggestions: [
        `Wait for it, then run 'kgit sync'; where it runs on no machine any more, remove ${path} first`,
      ],
    });
  return new EnvironmentError(`another git is at work here, or one that died has left its lock: ${path}`, {
    data: { path },
    suggestions: [`If no git runs in this repository, remove ${path}, then run the command again`],
  });
}

/**
 * Takes the locks of several indexes, all or none, and waits a while for their holders. Throws EnvironmentError, with
 * the path, if one stays held.
 */
export async function takeIndexLocks(
  locks: readonly IndexLock[],
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    const refused = await tryAll(locks);
    if (refused === null) return;
    const { lock, by } = refused;
    if (waited >= (by === 'git' ? PATIENCE_MS : KGIT_PATIENCE_MS)) throw stillHeld(lock.path, by);
    await sleep(POLL_MS);
  }
}

async function tryAll(locks: readonly IndexLock[]): Promise<{ lock: IndexLock; by: 'git' | 'kgit' } | null> {
  const taken: IndexLock[] = [];
  const giveBack = () => Promise.all(taken.map((lock) => lock.release()));
  try {
    for (const lock of locks) {
      const by = await lock.tryAcquire();
      if (by !== null) {
        await giveBack();
        return { lock, by };
      }
      taken.push(lock);
    }
    return null;
  } catch (error) {
    await giveBack();
    throw error;
  }
}
