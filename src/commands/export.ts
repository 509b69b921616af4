import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { exportFiles } from '../app/legacy/export-files.js';
import { folderLock } from '../app/legacy/merge-host.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { exportLines, lockedText } from '../cli/render/export-lines.js';
import { Unkept } from '../cli/render/unkept.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Export extends KgitCommand<typeof Export> {
  static override summary = "Write the deployment scripts' files again.";
  static override description = helpText(
    KgitCommand,
    `Writes the YAML files in which k0rdent's setup scripts keep their state, from the repository's content: state/ and old_deployments/ under DIR. They have the same values in the same order. Secrets of the team are decrypted with your own key; those that were withheld are only on the machine that imported them. A file that has changed since it was imported is not overwritten.`,
    'FINDINGS',
    'NO_REPO',
    'CONFLICT',
    'INVALID_STATE',
    'NOT_FOUND',
    'ENVIRONMENT',
    'SECRET',
  );
  static override examples = [
    '<%= config.bin %> export --to ~/k0rdent-azure-setup',
    '<%= config.bin %> export deployment/k0rdent-demo --to /tmp/demo',
  ];
  static override args = {
    subject: Args.string({
      description: 'A deployment or cluster; all that the repository knows without it.',
    }),
  };
  static override flags = {
    to: Flags.string({ helpValue: 'DIR', default: '.', summary: 'The checkout of the scripts.' }),
    force: Flags.boolean({ summary: 'Overwrite files that have changed since they were imported.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.open();
    const { subject } = this.args;
    const unkept = new Unkept((message) => this.note(message));
    const files = await exportFiles(
      context,
      {
        ...(subject === undefined ? {} : { subject }),
        to: resolve(this.flags.to),
        force: this.flags.force,
      },
      {
        lock: folderLock(this.environment, context.opened.localFolder, thisHost, systemClock),
        skipped: this.skipped,
        environment: this.environment,
        onLocked: (name, locked) => this.note(lockedText(name, locked)),
        noting: (noted) =>
          unkept.unlessNoted('exported, but the next export takes the files for changed', noted),
      },
    );
    return {
      json: { files },
      rows: files,
      names: files.map(({ path }) => path),
      lines: (screen) => exportLines(files, screen),
    };
  }
}
