import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readdir, readFile, rename, stat, unlink } from '../../platform/small-files.js';
import {
  createWhole,
  orIfGone,
  privateFolder,
  removeFile,
  replaceDurably,
  replaceWhole,
} from '../../store/local/durable-files.js';
import { ProcessLock } from '../../store/local/process-lock.js';
import { type Host, identityOf, isGone, type ProcessIdentity } from '../../store/port/host.js';

/** What becomes of a locked file: the lock replaces it, it is removed, or it stays. */
export type Outcome = 'replace' | 'remove' | 'stay';

/** A lock that is to be recorded. */
export interface PlannedLock {
  readonly path: string;
  /** A hard link to it; null for a lock that is held and has none: it is known by what it is now. */
  readonly twin: string | null;
  readonly outcome: Outcome;
}

/** The record of the locks of this process. */
export interface LockRecord {
  /** Deletes it. Throws EnvironmentError. */
  readonly forget: () => Promise<void>;
  /** Leaves the locks to the next kgit that finds them, although this process goes on. Throws EnvironmentError. */
  readonly leave: () => Promise<void>;
}

/** A lock file made by kgit's git, and how it is told from another file at the same path. */
type LockFile = { readonly path: string; readonly outcome?: Outcome } & (
  | { readonly identity: string }
  /** It is a hard link to the file `twin`, which stays as long as the lock. */
  | { readonly twin: string }
);

interface Note extends ProcessIdentity {
  readonly locks: readonly LockFile[];
  /** Whether the moves are certain, so that whoever finds the locks makes them. */
  readonly isDecided?: boolean;
  /** Whether the process has left the locks to others. */
  readonly isLeft?: boolean;
}

function isLockFile(lock: unknown): boolean {
  if (!isMap(lock) || typeof lock['path'] !== 'string') return false;
  return typeof lock['identity'] === 'string' || typeof lock['twin'] === 'string';
}

function parseNote(text: string): Note | null {
  try {
    const json: unknown = JSON.parse(text);
    const isNote = isMap(json) && typeof json['pid'] === 'number' && Array.isArray(json['locks']);
    return isNote && (json['locks'] as unknown[]).every(isLockFile) ? (json as unknown as Note) : null;
  } catch {
    // A power cut emptied the file. It proves nothing, so no lock is removed.
    return null;
  }
}

async function identify(path: string): Promise<string | null> {
  const stats = await orIfGone(stat(path, { bigint: true }), null);
  return stats === null ? null : `${stats.dev} ${stats.ino} ${stats.ctimeNs}`;
}

/** Those of these lock files that are there, as they are now. */
async function identified(locks: readonly Omit<PlannedLock, 'twin'>[]): Promise<LockFile[]> {
  const found: LockFile[] = [];
  for (const { path, outcome } of locks) {
    const identity = await identify(path);
    if (identity !== null) found.push({ path, outcome, identity });
  }
  return found;
}

/** Whether a lock is there, and was made by the process that recorded it. */
async function isThere(lock: LockFile): Promise<boolean> {
  const found = await identify(lock.path);
  // Both are one file, so that their identities agree in all parts.
  return found !== null && found === ('twin' in lock ? await identify(lock.twin) : lock.identity);
}

/** Makes of a locked file what its lock is for. */
async function bringAbout({ path, outcome = 'replace' }: LockFile): Promise<void> {
  const target = path.slice(0, -'.lock'.length);
  try {
    if (outcome === 'replace') await rename(path, target);
    else if (outcome === 'remove') await unlink(target);
  } catch (error) {
    // Another git has removed the file, or made a folder of that name, meanwhile.
    const isOther =
      outcome === 'replace'
        ? hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')
        : hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM');
    if (!isOther) throw error;
  }
}

/**
 * Records the lock files that kgit's git holds while it moves refs (`REF.lock`, `HEAD.lock`). If that git is killed,
 * the next kgit removes exactly these files; a lock of any other git is never touched.
 */
export class RefLocks {
  readonly #commonDir: string;
  readonly #folder: string;
  readonly #host: Host;
  readonly #cleaning: ProcessLock;

  /** @param folder the clone's `kgit` folder */
  constructor(commonDir: string, folder: string, host: Host) {
    this.#commonDir = commonDir;
    this.#folder = join(folder, 'ref-locks');
    this.#host = host;
    this.#cleaning = new ProcessLock(join(folder, 'ref-locks.lock'), host, createWhole);
  }

  /**
   * Records the locks that a git process holds on refs. Throws EnvironmentError.
   * @param pid the process that has taken the locks
   * @param refs the refs, and `HEAD` if git may have locked it with one of them
   * @returns a function that deletes the record, to be called once git has released them
   */
  async note(pid: number, refs: readonly string[]): Promise<() => Promise<void>> {
    const locks = refs.map((ref) => ({
      path: join(this.#commonDir, `${ref}.lock`),
      outcome: 'stay' as const,
    }));
    const note = { ...identityOf(pid, this.#host), locks: await identified(locks) };
    return (await this.#record(String(pid), note, replaceWhole)).forget;
  }

  /**
   * Records locks that this process is about to take, or holds. The record outlasts a power cut, as the locks may: without
   * it, they would look like another git's. Throws EnvironmentError.
   * @param id tells the record from others of this process; a second one with the same id replaces the first
   * @param isDecided whether the next kgit is to bring about the outcomes if this process ends now
   */
  async plan(id: string, locks: readonly PlannedLock[], isDecided: boolean): Promise<LockRecord> {
    const { pid } = this.#host;
    const twins = locks.flatMap(({ path, twin, outcome }) =>
      twin === null ? [] : [{ path, twin, outcome }],
    );
    const others = await identified(locks.filter(({ twin }) => twin === null));
    const note = { ...identityOf(pid, this.#host), locks: [...twins, ...others], isDecided };
    return this.#record(`${pid}.${id}`, note, replaceDurably);
  }

  async #record(name: string, note: Note, write: typeof replaceWhole): Promise<LockRecord> {
    const file = join(this.#folder, name);
    await privateFolder(this.#folder);
    await write(file, JSON.stringify(note));
    return {
      forget: () => removeFile(file),
      leave: () => write(file, JSON.stringify({ ...note, isLeft: true })),
    };
  }

  /** Removes the locks of kgit's git processes that are certainly gone. Throws EnvironmentError. */
  async removeLeftBehind(): Promise<void> {
    if ((await this.#leftBehind()).length === 0) return;
    // One process at a time: of two that find the same lock, the second would remove what another git has put in its place.
    if (!(await this.#cleaning.tryAcquire())) return;
    try {
      for (const { file, note } of await this.#leftBehind()) {
        for (const lock of note?.locks ?? []) await this.#free(lock, note?.isDecided === true);
        await removeFile(file);
      }
    } finally {
      await this.#cleaning.release();
    }
  }

  /** Records of processes that are gone; null for a record that is damaged. */
  async #leftBehind(): Promise<{ readonly file: string; readonly note: Note | null }[]> {
    const found: { file: string; note: Note | null }[] = [];
    for (const name of await orIfGone(readdir(this.#folder), [])) {
      const file = join(this.#folder, name);
      const text = await orIfGone(readFile(file, 'utf8'), null);
      if (text === null) continue;
      const note = parseNote(text);
      // A process may be writing the text of a temporary file.
      const isOver =
        note === null ? !name.endsWith('.tmp') : note.isLeft === true || isGone(note, this.#host);
      if (isOver) found.push({ file, note });
    }
    return found;
  }

  /** Brings about the outcome that a lock is for, if it is decided, and removes the lock. */
  async #free(lock: LockFile, isDecided: boolean): Promise<void> {
    const { path } = lock;
    if (this.#isLock(path) && (!('twin' in lock) || this.#isLock(lock.twin)) && (await isThere(lock))) {
      if (isDecided) await bringAbout(lock);
      await removeFile(path);
    }
    if ('twin' in lock && this.#isLock(lock.twin)) await removeFile(lock.twin);
  }

  /** Whether a path can be a lock of this repository: the record may be damaged. */
  #isLock(path: string): boolean {
    return path.startsWith(`${this.#commonDir}/`) && path.endsWith('.lock') && !path.includes('/../');
  }
}
