import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { cannotKeep, NO_LINKS } from '../../store/local/durable-files.js';
import type { Clock, Host } from '../../store/port/host.js';
import type { FileSystem } from '../../store/port/means.js';
import { type LockRecord, type Outcome, RefLocks } from '../branch/ref-locks.js';
import { heldLock } from '../process/git.js';
import { namesIn, removeAt, syncFolder, writeNew } from './files.js';

/** How long to wait for a file that another git has locked, in ms. */
const PATIENCE_MS = 2_000;

export interface LockPlace {
  readonly fs: FileSystem;
  /** The folder that all worktrees share. */
  readonly commonDir: string;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  readonly host: Host;
  readonly clock: Clock;
}

/** A file to lock. */
export interface Wanted {
  /** Its path in the repository. */
  readonly name: string;
  /** What it is to hold; null if it is to be removed. */
  readonly text: string | null;
}

/** The lock file of a file, and its twin. */
interface LockFile extends Wanted {
  readonly path: string;
  /** Null on a file system without hard links. */
  twin: string | null;
  outcome: Outcome;
}

/**
 * git's own locks of files (`FILE.lock`), which a file is replaced by. Each is a hard link to a twin that is recorded before,
 * so that the next kgit tells the locks of a process that was killed at any moment from those of another git.
 */
export class LockFiles {
  readonly #place: LockPlace;
  readonly #records: RefLocks;

  constructor(place: LockPlace) {
    this.#place = place;
    this.#records = new RefLocks(place.commonDir, place.folder, place.host);
  }

  /** Removes the locks that killed processes of kgit left. Throws EnvironmentError. */
  removeLeftBehind(): Promise<void> {
    return this.#records.removeLeftBehind();
  }

  /** Takes locks, all or none, in the order of their names. Throws EnvironmentError. */
  async take(wanted: readonly Wanted[]): Promise<HeldLocks> {
    const { fs, commonDir } = this.#place;
    const id = randomBytes(6).toString('hex');
    const files = wanted.map(({ name, text }): LockFile => {
      const path = join(commonDir, name);
      const outcome = text === null ? 'remove' : 'replace';
      return { name, text, path: `${path}.lock`, twin: `${path}.${id}.lock`, outcome };
    });
    const record = (isDecided: boolean) => this.#records.plan(id, files, isDecided);
    const held = new HeldLocks(fs, files, await record(false), () => record(true));
    try {
      // As git does, in one order everywhere, so that no two wait for each other.
      for (const file of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
        await this.#take(file);
        held.add(file.name);
      }
      if (files.some(({ twin }) => twin === null)) await record(false);
    } catch (error) {
      await held.release();
      throw error;
    }
    return held;
  }

  async #take(file: LockFile): Promise<void> {
    const { clock } = this.#place;
    const { path, twin, text } = file;
    // What the file is to hold is durable before any file is replaced.
    if (twin !== null) await this.#write(twin, text ?? '');
    for (const begun = clock.now(); ; ) {
      try {
        return await this.#name(file);
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw cannotKeep(path, error);
        await this.removeLeftBehind();
        if (clock.now() - begun > PATIENCE_MS)
          throw heldLock(`Unable to create '${path}': File exists`) ?? error;
        await clock.sleep(5 + 20 * clock.random());
      }
    }
  }

  async #write(path: string, text: string): Promise<void> {
    const { fs } = this.#place;
    for (;;) {
      try {
        return await writeNew(fs, path, text);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw cannotKeep(path, error);
        // The first ref of its folder; or a git that deleted a ref has removed the empty folder.
        await fs.mkdir(dirname(path), { recursive: true });
      }
    }
  }

  async #name(file: LockFile): Promise<void> {
    const { fs } = this.#place;
    try {
      if (file.twin !== null) return await fs.link(file.twin, file.path);
    } catch (error) {
      if (file.twin === null || !hasCode(error, ...NO_LINKS)) throw error;
      await removeAt(fs, file.twin);
      file.twin = null;
    }
    // A kill before it is recorded leaves a lock that looks like another git's, as a kill of git itself does.
    await writeNew(fs, file.path, file.text ?? '');
  }
}

/** Locks of this process, until they are released. */
export class HeldLocks {
  readonly #fs: FileSystem;
  readonly #files: readonly LockFile[];
  #record: LockRecord;
  readonly #decide: () => Promise<LockRecord>;
  /** Once a lock is renamed, its name is free for others. */
  readonly #held = new Set<string>();
  /** Whether it is decided that the outcomes come about, and not all have. */
  #isUnderWay = false;

  constructor(
    fs: FileSystem,
    files: readonly LockFile[],
    record: LockRecord,
    decide: () => Promise<LockRecord>,
  ) {
    this.#fs = fs;
    this.#files = files;
    this.#record = record;
    this.#decide = decide;
  }

  add(name: string): void {
    this.#held.add(name);
  }

  /** From now on all outcomes come about, by the next kgit if this process is killed. Throws EnvironmentError. */
  async decide(): Promise<void> {
    this.#record = await this.#decide();
    this.#isUnderWay = true;
  }

  /** Has a file stay as it is. */
  keep(name: string): void {
    this.#file(name).outcome = 'stay';
  }

  /** Brings about the outcomes, in the order in which the locks were asked for. Throws EnvironmentError. */
  async finish(): Promise<void> {
    for (const { name, path, outcome } of this.#files) {
      if (outcome === 'replace') await this.put(name);
      else if (outcome === 'remove') await this.#remove(path.slice(0, -'.lock'.length));
    }
    this.#isUnderWay = false;
  }

  async #remove(target: string): Promise<void> {
    try {
      await this.#fs.unlink(target).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM')) throw error;
      });
      await syncFolder(this.#fs, dirname(target));
    } catch (error) {
      throw cannotKeep(target, error);
    }
  }

  /** Changes what a file is to hold. Throws EnvironmentError. */
  async write(name: string, text: string): Promise<void> {
    const { path } = this.#file(name);
    try {
      const handle = await this.#fs.open(path, 'w');
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw cannotKeep(path, error);
    }
  }

  /** Replaces a file by its lock, with the new content in it. Throws EnvironmentError. */
  async put(name: string): Promise<void> {
    const { path } = this.#file(name);
    const target = path.slice(0, -'.lock'.length);
    try {
      await this.#fs.rename(path, target).catch(async (error: unknown) => {
        if (!hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
        // Folders of refs that are gone.
        await removeEmpty(this.#fs, target);
        await this.#fs.rename(path, target);
      });
      this.#held.delete(name);
      await syncFolder(this.#fs, dirname(path));
    } catch (error) {
      throw cannotKeep(target, error);
    }
  }

  /** Releases the locks that have replaced no file; after a failure of what is decided, leaves them to whoever is next. */
  async release(): Promise<void> {
    if (this.#isUnderWay) return this.#record.leave();
    for (const { name, path, twin } of this.#files) {
      if (this.#held.delete(name)) await removeAt(this.#fs, path);
      if (twin !== null) await removeAt(this.#fs, twin);
    }
    await this.#record.forget();
  }

  #file(name: string): LockFile {
    const file = this.#files.find((each) => each.name === name);
    if (file === undefined) throw new RangeError(`${name} is not locked`);
    return file;
  }
}

async function removeEmpty(fs: FileSystem, folder: string): Promise<void> {
  for (const name of await namesIn(fs, folder)) await removeEmpty(fs, join(folder, name));
  await fs.rmdir(folder).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
