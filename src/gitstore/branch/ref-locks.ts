import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap } from '../../model/value/value.js';
import { orIfGone, privateFolder, removeFile, replaceWhole } from '../../store/local/durable-files.js';
import { type Host, identityOf, isGone, type ProcessIdentity } from '../../store/port/host.js';

/** A lock file made by kgit's git: another file at the same path has another identity. */
interface LockFile {
  readonly path: string;
  readonly identity: string;
}

interface Note extends ProcessIdentity {
  readonly locks: readonly LockFile[];
}

function parseNote(text: string): Note | null {
  try {
    const json: unknown = JSON.parse(text);
    const isLock = (lock: unknown) =>
      isMap(lock) && typeof lock['path'] === 'string' && typeof lock['identity'] === 'string';
    const isNote = isMap(json) && typeof json['pid'] === 'number' && Array.isArray(json['locks']);
    return isNote && (json['locks'] as unknown[]).every(isLock) ? (json as unknown as Note) : null;
  } catch {
    // A power cut emptied the file. It proves nothing, so no lock is removed.
    return null;
  }
}

async function identify(path: string): Promise<string | null> {
  const stats = await orIfGone(stat(path, { bigint: true }), null);
  return stats === null ? null : `${stats.dev} ${stats.ino} ${stats.ctimeNs}`;
}

/**
 * Records the lock files that kgit's git holds while it moves refs (`REF.lock`, `HEAD.lock`). If that git is killed,
 * the next kgit removes exactly these files; a lock of any other git is never touched.
 */
export class RefLocks {
  readonly #commonDir: string;
  readonly #folder: string;
  readonly #host: Host;

  /** @param folder the clone's `kgit` folder */
  constructor(commonDir: string, folder: string, host: Host) {
    this.#commonDir = commonDir;
    this.#folder = join(folder, 'ref-locks');
    this.#host = host;
  }

  /**
   * Records the locks that a git process holds on refs. Throws EnvironmentError.
   * @param pid the process that has taken the locks
   * @param refs the refs, and `HEAD` if git may have locked it with one of them
   * @returns a function that deletes the record, to be called once git has released them
   */
  async note(pid: number, refs: readonly string[]): Promise<() => Promise<void>> {
    const found: LockFile[] = [];
    for (const ref of refs) {
      const path = join(this.#commonDir, `${ref}.lock`);
      const identity = await identify(path);
      if (identity !== null) found.push({ path, identity });
    }
    const note: Note = { ...identityOf(pid, this.#host), locks: found };
    const file = join(this.#folder, String(pid));
    await privateFolder(this.#folder);
    await replaceWhole(file, JSON.stringify(note));
    return () => removeFile(file);
  }

  /** Removes the locks of kgit's git processes that are certainly gone. Throws EnvironmentError. */
  async removeLeftBehind(): Promise<void> {
    for (const name of await orIfGone(readdir(this.#folder), [])) {
      const file = join(this.#folder, name);
      const text = await orIfGone(readFile(file, 'utf8'), null);
      const note = text === null ? null : parseNote(text);
      if (note !== null && !isGone(note, this.#host)) continue;
      for (const { path, identity } of note?.locks ?? [])
        if (this.#isLock(path) && (await identify(path)) === identity) await removeFile(path);
      await removeFile(file);
    }
  }

  /** Whether a path can be a lock of this repository: the record may be damaged. */
  #isLock(path: string): boolean {
    return path.startsWith(`${this.#commonDir}/`) && path.endsWith('.lock') && !path.includes('/../');
  }
}
