import { Args, Flags } from '@oclif/core';
import { mergeHost } from '../app/legacy/merge-host.js';
import { mirrorFiles } from '../app/legacy/mirror-files.js';
import { helpText } from '../cli/base/help-text.js';
import { LegacyCommand } from '../cli/base/legacy-command.js';
import { keptText } from '../cli/render/import-plan.js';
import { counted } from '../model/value/counted.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Mirror extends LegacyCommand<typeof Mirror> {
  static override summary = "Follow the deployment scripts' files while old scripts still write them.";
  static override description = helpText(
    LegacyCommand,
    `Merges what is new in the files of DIR into the repository. With --watch, it keeps running and publishes each change
within seconds. A file that is only half written is read again later. Scripts that use kgit shell-init need no mirror.`.replaceAll(
      '\n',
      ' ',
    ),
  );
  static override examples = ['<%= config.bin %> mirror ~/k0rdent-azure-setup --watch'];
  static override args = {
    dir: Args.string({ required: true, description: "The scripts' checkout, or its state folder." }),
  };
  static override flags = {
    watch: Flags.boolean({ summary: 'Keep running until interrupted.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.open('never');
    const { outbox } = context.opened.repository;
    const writer = this.backgroundWriter(context);
    const end = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
    const files = await mirrorFiles(this.args.dir, {
      host: mergeHost(
        context,
        () => this.writer(context),
        (operation) => writer.keep(operation),
      ),
      writer,
      lock: this.folderLock(context),
      clock: systemClock,
      waiting: () => outbox.size(),
      onConflict: (conflict) => this.note(keptText(conflict)),
      onBroken: (path, message) => this.note(`${path}: ${message}`),
      ...(this.flags.watch ? { until: end.signal } : {}),
    });
    await this.refreshRepository(context);
    return {
      json: { files, pending: await outbox.size() },
      rows: files,
      names: files.map(({ path }) => path),
      lines: ({ style }) => [`${style('green', '✓')} ${counted(files.length, 'file')}`],
    };
  }
}
