import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { NotFoundError } from '../../errors.js';
import type { Operation } from '../../model/operation/operation.js';
import { parseSubject } from '../../model/subject/subject.js';
import { hasCode } from '../../model/value/error-codes.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import { textHash } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { Clock } from '../../store/port/host.js';
import { forgetPublished } from '../../sync/apply/forget-published.js';
import { type MergeHost, mergeRead } from '../../sync/apply/merge-files.js';
import type { ImportConflict, ImportedFile } from '../../sync/plan/import-plan.js';
import { areRecorded } from '../../sync/plan/import-stands.js';
import { STATE_FOLDER } from '../../sync/read/legacy-family.js';
import { type LegacyFile, readLegacyFiles } from '../../sync/read/read-legacy-files.js';
import type { BackgroundWriter } from './background-writer.js';

/** Interval between checks of the files if no change is reported, in ms. */
const LOOK_MS = 2_000;
/** Delay after a change, to let related changes arrive, in ms. */
const SETTLE_MS = 300;
/** Number of times that an unreadable file is read before it is reported. */
const TRIES = 5;

export interface MirrorParts {
  readonly host: MergeHost;
  readonly writer: Pick<BackgroundWriter, 'finish'>;
  /** Lock of the script API on a folder of state files. */
  readonly lock: FolderLock;
  readonly clock: Clock;
  /** Number of waiting operations. */
  readonly waiting: () => Promise<number>;
  /** Called for each value that both file and repository changed: the repository's stays. */
  readonly onConflict: (conflict: ImportConflict) => void;
  /** Called for each file that stays unreadable. */
  readonly onBroken: (path: string, message: string) => void;
  /** Ends watching when aborted; if absent, the files are merged once. */
  readonly until?: AbortSignal;
}

/** Merges the files of one checkout of the deployment scripts, once or whenever they change. */
class FolderMirror {
  readonly #folder: string;
  readonly #parts: MirrorParts;
  /** Rows of the merged files, by path. */
  readonly rows = new Map<string, ImportedFile>();
  /** Hash of each file's content when it was last merged, by path. */
  readonly #seen = new Map<string, string>();
  readonly #tries = new Map<string, number>();
  readonly #wakes = new Set<() => void>();
  /** The operations that waited at the last merge, and counted as recorded. */
  #waited: { count: number; operations: readonly Operation[] } = { count: 0, operations: [] };

  /** Whether secrets were merged that may be on this machine in the clear as well. */
  #isSharing = false;

  constructor(folder: string, parts: MirrorParts) {
    this.#folder = folder;
    this.#parts = parts;
  }

  get #isWatching(): boolean {
    return this.#parts.until !== undefined;
  }

  /** Merges what has changed; false if nothing has. */
  async merge(): Promise<boolean> {
    const { host, lock, onConflict } = this.#parts;
    await this.forgetShared();
    await this.#forgetRefused();
    const folder = this.#folder;
    const states = basename(folder) === STATE_FOLDER ? resolve(folder) : resolve(folder, STATE_FOLDER);
    // Without the lock, a script API write between a file and its record would look like one of an old script.
    const merged = await lock.exclusively(states, async () => {
      const files = await this.#changed();
      // A changed file is read together with its neighbours, which show what it belongs to.
      return files.length > 0 ? mergeRead(files, host) : null;
    });
    this.#isSharing ||= merged?.parts.some(({ secrets }) => secrets.length > 0) ?? false;
    for (const conflict of merged?.conflicts ?? []) onConflict(conflict);
    for (const row of merged?.files ?? []) {
      this.rows.set(row.path, row);
      this.#report(row);
    }
    return merged !== null;
  }

  /** Forgets this machine's own copies of shared secrets once all is published. */
  async forgetShared(): Promise<void> {
    const { host, waiting } = this.#parts;
    if (!this.#isSharing || (await waiting()) > 0) return;
    const names = new Set([...this.rows.values()].flatMap(({ subject }) => subject ?? []));
    const values = new WithheldValues(host.localFolder);
    await forgetPublished(
      values,
      [...names].map((name) => parseSubject(name)),
      () => host.read(),
    );
    this.#isSharing = false;
  }

  /** Merges changes until the signal is aborted. */
  async follow(until: AbortSignal): Promise<void> {
    const wake = () => {
      for (const end of this.#wakes) end();
    };
    until.addEventListener('abort', wake);
    const watchers = await this.#watch(wake);
    try {
      while (!until.aborted) {
        await this.merge();
        if (!until.aborted) await this.#pause(until);
      }
    } finally {
      until.removeEventListener('abort', wake);
      for (const watcher of watchers) watcher.close();
    }
  }

  /** Has all files merged again if an operation that counted as recorded has been refused since. */
  async #forgetRefused(): Promise<void> {
    const count = await this.#parts.waiting();
    // A refused operation leaves the outbox, so an equal count means that none was refused.
    if (count === this.#waited.count) return;
    const { view, pending } = await this.#parts.host.read();
    if (!(await areRecorded(this.#waited.operations, view))) this.#seen.clear();
    this.#waited = { count, operations: pending };
  }

  async #watch(wake: () => void) {
    const found = [];
    for (const place of [this.#folder, join(this.#folder, 'state'), join(this.#folder, 'old_deployments')]) {
      const isThere = await stat(place).then(
        (stats) => stats.isDirectory(),
        (error: unknown) => {
          if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
          throw error;
        },
      );
      // A folder that cannot be watched is still checked every few seconds.
      if (isThere) found.push(watch(place, wake).on('error', () => undefined));
    }
    return found;
  }

  /** Waits for a file to change, up to the interval. */
  async #pause(until: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wakes.delete(end);
        resolve();
      };
      const timer = setTimeout(end, LOOK_MS);
      this.#wakes.add(end);
    });
    if (!until.aborted) await this.#parts.clock.sleep(SETTLE_MS);
  }

  /** All files if any has changed since it was merged, else none. Throws NotFoundError unless it watches. */
  async #changed(): Promise<readonly LegacyFile[]> {
    let files: readonly LegacyFile[];
    try {
      files = await readLegacyFiles([this.#folder]);
    } catch (error) {
      // Scripts may be moving their files away right now, or may not have started.
      if (error instanceof NotFoundError && this.#isWatching) return [];
      throw error;
    }
    const changed = files.filter(({ path, text }) => {
      const hash = text === null ? '' : textHash(text);
      const isNew = this.#seen.get(path) !== hash;
      this.#seen.set(path, hash);
      return isNew;
    });
    return changed.length > 0 ? files : [];
  }

  /** Reports an unreadable file after several tries, because it may be half written. */
  #report({ path, error }: ImportedFile): void {
    if (error === null) {
      this.#tries.delete(path);
      return;
    }
    const tries = (this.#tries.get(path) ?? 0) + 1;
    this.#tries.set(path, tries);
    if (tries < TRIES && this.#isWatching) this.#seen.delete(path);
    if (tries === TRIES || !this.#isWatching) this.#parts.onBroken(path, error.message);
  }
}

/**
 * Merges the files that old scripts write in `folder` into the repository, once or until `parts.until` is aborted.
 * Returns the newest row of each file. Throws NotFoundError if there are none, unless it watches.
 */
export async function mirrorFiles(folder: string, parts: MirrorParts): Promise<readonly ImportedFile[]> {
  const mirror = new FolderMirror(folder, parts);
  if (parts.until) await mirror.follow(parts.until);
  else await mirror.merge();
  await parts.writer.finish();
  // Publishing may have led to refusals of operations that the files still contain.
  if (await mirror.merge()) await parts.writer.finish();
  await mirror.forgetShared();
  return [...mirror.rows.values()];
}
