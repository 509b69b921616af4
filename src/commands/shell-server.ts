import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Args } from '@oclif/core';
import type { Configured } from '../app/configured.js';
import { helpText } from '../cli/base/help-text.js';
import { LegacyCommand, SECRET_GUARD } from '../cli/base/legacy-command.js';
import { KgitError, NotFoundError } from '../errors.js';
import { serveSlots } from '../process/shell-slots.js';
import { scriptLocks } from '../setup/composition.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import { FolderLock } from '../store/local/folder-lock.js';
import { noteWritten } from '../store/local/imported-files.js';
import { WithheldValues } from '../store/local/withheld-values.js';
import { UnfinishedCalls } from '../store/outbox/unfinished-calls.js';
import { readEvents, readState } from '../store/read/records.js';
import { fileOnlyMessage, isOver } from '../sync/apply/file-only-check.js';
import { fileOnly, mergeFiles } from '../sync/apply/merge-files.js';
import { deploymentValues } from '../sync/export/exported-state.js';
import type { ScriptHost } from '../sync/script-api/script-session.js';
import { CallServer } from '../sync/script-api/serve-call.js';
import type { CommandResult } from '../terminal/output.js';

/** How often it looks whether its script is there still, in ms. */
const LOOK_MS = 250;

export default class ShellServer extends LegacyCommand {
  static override hidden = true;
  static override summary = 'Serve the calls of a script that has evaluated kgit shell-init.';
  static override description = helpText(
    LegacyCommand,
    'The functions of kgit shell-init start it; nobody else has to. It answers over the fifos of FOLDER, publishes in the background, and ends with the script whose process id is PID.',
  );
  static override examples = ['<%= config.bin %> shell-server FOLDER PID'];
  static override args = {
    folder: Args.string({ required: true, description: 'The folder of the fifos.' }),
    pid: Args.string({ required: true, description: 'The process id of the script.' }),
  };

  /** Leases are renewed while the command has the terminal. */
  protected override readonly tellsWaits = false;

  protected async execute(): Promise<CommandResult> {
    const folder = this.args['folder'] as string;
    const tender = process.ppid;
    // A terminal's interrupt is the script's to answer: what it still calls on its way out is served.
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    try {
      const context = await this.openAtTip();
      const lock = new FolderLock(scriptLocks(this.environment, context.opened), thisHost, systemClock);
      const unfinished = new UnfinishedCalls(context.opened.localFolder);
      const warning = this.#warning(context);
      const calls = new CallServer({ host: this.#host(context), lock, unfinished, warning });
      await calls.mendAll();
      await this.#serve(folder, calls);
      await this.publishRest();
    } catch (error) {
      const code = error instanceof KgitError ? error.exitCode : 1;
      const message = error instanceof Error ? error.message : String(error);
      const text = `${code}\n${message.replaceAll('\n', ' ')}\n`;
      // Whole at once, for the calls look for it all the time.
      await writeFile(join(folder, 'failed.tmp'), text, { mode: 0o600 });
      await rename(join(folder, 'failed.tmp'), join(folder, 'failed'));
      throw error;
    }
    // The shell that started it removes the folder, unless it was ended.
    if (process.ppid !== tender) await rm(folder, { recursive: true, force: true });
    return { json: {}, lines: () => [] };
  }

  /** Serves until the script is gone and nothing has been asked for a moment. */
  #serve(folder: string, calls: CallServer): Promise<void> {
    const pid = Number(this.args['pid']);
    const began = thisHost.processStart(pid);
    // Not the time of day, which may be set back.
    let lastCall = performance.now();
    return new Promise((resolve, reject) => {
      const answer = async (words: readonly string[]) => {
        lastCall = performance.now();
        const { status, out, notes } = await calls.serve(words);
        const head = `${String(status).padStart(3, '0')}${notes === '' ? '-' : 'n'}`;
        const clean = (text: string) => text.replaceAll('\0', '\ufffd');
        return `${head}${clean(out)}\0${notes === '' ? '' : `${clean(notes)}\0`}`;
      };
      const close = serveSlots(folder, answer, (error) => {
        stop();
        reject(error);
      });
      const look = setInterval(() => {
        const isThere = thisHost.isAlive(pid) && thisHost.processStart(pid) === began;
        // A part of the script that runs in the background may outlive it.
        if (isThere || performance.now() - lastCall < 4 * LOOK_MS) return;
        stop();
        resolve();
      }, LOOK_MS);
      const stop = () => {
        clearInterval(look);
        close();
      };
    });
  }

  #host(context: Configured): Omit<ScriptHost, 'note' | 'touches'> {
    const { opened, settings } = context;
    const merge = this.mergeHost(context);
    const { namespace, deployment } = settings;
    return {
      keep: merge.keep,
      guard: merge.guard,
      secrets: SECRET_GUARD,
      withheld: new WithheldValues(opened.localFolder),
      actor: this.actor(context),
      hostname: thisHost.hostname,
      runId: this.ciRun.id,
      ids: this.ids,
      now: () => this.now(),
      management: merge.settings.management,
      ...{ namespace, deployment },
      recorded: async (subject) => {
        const { view } = await merge.read([subject]);
        const events = await readEvents(view, subject);
        const state = subject.kind === 'deployment' ? await readState(view, subject.id) : null;
        return deploymentValues(
          state ?? {},
          events.map((event) => event.read()),
        );
      },
      wrote: (path, edits) => noteWritten(opened.localFolder, path, edits),
      importFiles: async (paths) => {
        await mergeFiles(paths, merge);
      },
    };
  }

  /** What is to be said of a folder of state files once a script. */
  #warning(context: Configured): (folder: string) => Promise<string | null> {
    const { filesUntil } = context.settings;
    return async (folder) => {
      if (!isOver(filesUntil, this.now())) return null;
      try {
        const paths = await fileOnly([folder], this.mergeHost(context));
        return paths.length === 0 ? null : fileOnlyMessage(paths, filesUntil);
      } catch (error) {
        // No script fails for a warning; one that begins has no files yet.
        if (!(error instanceof KgitError)) throw error;
        return error instanceof NotFoundError ? null : error.message;
      }
    };
  }
}
