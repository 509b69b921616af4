import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Context } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { LegacyCommand } from '../cli/base/legacy-command.js';
import { NotFoundError } from '../errors.js';
import type { Operation } from '../model/operation/operation.js';
import { counted } from '../model/value/counted.js';
import { hasCode } from '../model/value/error-codes.js';
import { scriptLocks } from '../setup/composition.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import { FolderLock } from '../store/local/folder-lock.js';
import { textHash } from '../store/local/imported-files.js';
import { type MergeHost, mergeRead } from '../sync/apply/merge-files.js';
import type { ImportConflict, ImportedFile } from '../sync/plan/import-plan.js';
import { areRecorded } from '../sync/plan/import-stands.js';
import { STATE_FOLDER } from '../sync/read/legacy-family.js';
import { type LegacyFile, readLegacyFiles } from '../sync/read/read-legacy-files.js';
import type { CommandResult } from '../terminal/output.js';

/** How often it looks at the files where nobody tells that they change, in ms. */
const LOOK_MS = 2_000;
/** How long after a change it waits for the rest of it, in ms. */
const SETTLE_MS = 300;
/** How often a file that cannot be read is tried again before it is reported. */
const TRIES = 5;

export default class Mirror extends LegacyCommand {
  static override summary = "Follow the deployment scripts' files while old scripts still write them.";
  static override description = helpText(
    LegacyCommand,
    `Merges what is new in the files of DIR, and with --watch goes on to do so: a change is published within seconds. A
file that is only half written is tried again. Transitional: scripts that use kgit shell-init need no mirror.`.replaceAll(
      '\n',
      ' ',
    ),
  );
  static override examples = ['<%= config.bin %> mirror ~/k0rdent-azure-setup --watch'];
  static override args = {
    dir: Args.string({ required: true, description: "The scripts' checkout, or its state folder." }),
  };
  static override flags = {
    watch: Flags.boolean({ summary: 'Go on until it is interrupted.' }),
  };

  readonly #seen = new Map<string, string>();
  readonly #tries = new Map<string, number>();
  readonly #wakes = new Set<() => void>();
  #isOver = false;
  /** How many operations waited when the files were merged last, and those of them that were taken as there. */
  #waited: { count: number; operations: readonly Operation[] } = { count: 0, operations: [] };

  protected async execute(): Promise<CommandResult> {
    const folder = this.args['dir'] as string;
    const context = await this.open('never');
    const host = this.mergeHost(context);
    const lock = new FolderLock(scriptLocks(this.environment, context.opened), thisHost, systemClock);
    const places = basename(folder) === STATE_FOLDER ? resolve(folder) : resolve(folder, STATE_FOLDER);
    const rows = new Map<string, ImportedFile>();
    const merge = async () => {
      await this.#lookAgain(context, host);
      // Between a file and its record what the script API wrote would look as if an old script had written it.
      const merged = await lock.exclusively(places, async () => {
        const files = await this.#changed(folder);
        // What lies beside a changed file says what it is about, so all of them are merged.
        return files.length > 0 ? mergeRead(files, host) : null;
      });
      for (const conflict of merged?.conflicts ?? []) this.note(keptText(conflict));
      for (const row of merged?.files ?? []) {
        rows.set(row.path, row);
        this.#tell(row);
      }
      return merged !== null;
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        this.#isOver = true;
        this.#wake();
      });
    const watchers = this.flags['watch'] === true ? await this.#watchers(folder) : [];
    try {
      do {
        await merge();
        if (this.flags['watch'] === true && !this.#isOver) await this.#pause();
      } while (this.flags['watch'] === true && !this.#isOver);
    } finally {
      for (const watcher of watchers) watcher.close();
    }
    await this.publishRest();
    if (await merge()) await this.publishRest();
    await this.refreshRepository(context);
    const files = [...rows.values()];
    return {
      json: { files, pending: await context.opened.repository.outbox.size() },
      rows: files,
      names: files.map(({ path }) => path),
      lines: ({ style }) => [`${style('green', '✓')} ${counted(files.length, 'file')}`],
    };
  }

  /** Has the files seen anew where what waited when they were merged, and was taken as there, was refused since. */
  async #lookAgain({ opened }: Context, host: MergeHost): Promise<void> {
    const count = await opened.repository.outbox.size();
    // Nothing is refused that is not taken out of the outbox.
    if (count === this.#waited.count) return;
    const { view, pending } = await host.read();
    if (!(await areRecorded(this.#waited.operations, view))) this.#seen.clear();
    this.#waited = { count, operations: pending };
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
  }

  async #watchers(folder: string) {
    const found = [];
    for (const place of [folder, join(folder, 'state'), join(folder, 'old_deployments')]) {
      const isThere = await stat(place).then(
        (stats) => stats.isDirectory(),
        (error: unknown) => {
          if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
          throw error;
        },
      );
      // Where a folder cannot be watched, looking at it every few seconds does.
      if (isThere) found.push(watch(place, () => this.#wake()).on('error', () => undefined));
    }
    return found;
  }

  /** Until a file changes, or for a while. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wakes.delete(end);
        resolve();
      };
      const timer = setTimeout(end, LOOK_MS);
      this.#wakes.add(end);
    });
    if (!this.#isOver) await systemClock.sleep(SETTLE_MS);
  }

  /** All files, where any has changed since it was last seen; none else. Throws NotFoundError without --watch. */
  async #changed(folder: string): Promise<readonly LegacyFile[]> {
    let files: readonly LegacyFile[];
    try {
      files = await readLegacyFiles([folder]);
    } catch (error) {
      // The scripts may be moving their files away just now, or not have begun yet.
      if (error instanceof NotFoundError && this.flags['watch'] === true) return [];
      throw error;
    }
    const news = files.filter(({ path, text }) => {
      const hash = text === null ? '' : textHash(text);
      const isNew = this.#seen.get(path) !== hash;
      this.#seen.set(path, hash);
      return isNew;
    });
    return news.length > 0 ? files : [];
  }

  /** Reports a file that cannot be read once it was tried some times: until then it may be half written. */
  #tell({ path, error }: ImportedFile): void {
    if (error === null) {
      this.#tries.delete(path);
      return;
    }
    const tries = (this.#tries.get(path) ?? 0) + 1;
    this.#tries.set(path, tries);
    if (tries < TRIES && this.flags['watch'] === true) this.#seen.delete(path);
    if (tries === TRIES || this.flags['watch'] !== true) this.note(`${path}: ${error.message}`);
  }
}

/** What is said of a value that both sides have changed: nobody is there to be asked. */
function keptText({ from, path, repository, file }: ImportConflict): string {
  const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
  return `${from}: ${path} is ${text(file)} there and ${text(repository)} in the repository, which stays; 'kgit set' changes it`;
}
