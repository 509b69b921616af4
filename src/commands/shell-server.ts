import { rm } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { scriptCalls, serveScript, tellFailed } from '../app/legacy/serve-script.js';
import { helpText } from '../cli/base/help-text.js';
import { LegacyCommand } from '../cli/base/legacy-command.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class ShellServer extends LegacyCommand<typeof ShellServer> {
  static override hidden = true;
  static override summary = 'Serve the calls of a script that has evaluated kgit shell-init.';
  static override description = helpText(
    LegacyCommand,
    'The functions of kgit shell-init start it; you never need to run it. It answers calls through the FIFOs in FOLDER, publishes in the background, and ends with the script whose process id is PID.',
  );
  static override examples = ['<%= config.bin %> shell-server FOLDER PID'];
  static override args = {
    folder: Args.string({ required: true, description: 'The folder with the FIFOs.' }),
    pid: Args.string({ required: true, description: 'The process id of the script.' }),
  };

  /** Leases are renewed while the script has the terminal, so waits must not be shown. */
  protected override readonly tellsWaits = false;

  protected async execute(): Promise<CommandResult> {
    const script = { folder: this.args.folder, pid: Number(this.args.pid) };
    const tender = process.ppid;
    // The script handles interrupts from the terminal; the calls it makes while exiting are still served.
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    try {
      const context = await this.openAtTip();
      const writer = this.backgroundWriter(context);
      const calls = await scriptCalls(context, {
        writer: () => this.writer(context),
        keep: (operation, again) => writer.keep(operation, again),
        environment: this.environment,
        lock: this.folderLock(context),
        now: () => systemClock.now(),
      });
      await serveScript(script, calls, thisHost);
      await writer.finish();
    } catch (error) {
      await tellFailed(script, error);
      throw error;
    }
    // The shell that started this server removes the folder, unless that shell was killed.
    if (process.ppid !== tender) await rm(script.folder, { recursive: true, force: true });
    return { json: {}, lines: () => [] };
  }
}
