import { Flags } from '@oclif/core';
import { unsetPaths } from '../app/write/unset-paths.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { UsageError } from '../errors.js';
import { parseStatePath } from '../model/state/state-path.js';
import type { CommandResult } from '../terminal/output.js';

export default class UnsetPaths extends StateCommand<typeof UnsetPaths> {
  static override summary = "Remove paths from a deployment's state.";
  static override description = helpText(
    StateCommand,
    `Removes paths from the state document, all or none, and records an event. Paths that do not exist are ignored. Secrets of the team at a path or below it are removed with it; no key is needed. The history keeps them.`,
  );
  static override examples = [
    '<%= config.bin %> unset kof.regional_domain',
    '<%= config.bin %> unset azure aws --reason "moved to GCP"',
  ];
  static override strict = false;
  static override usage = 'unset PATH… [FLAGS]';
  static override flags = {
    action: Flags.string({
      default: 'state_changed',
      helpValue: 'WORD',
      summary: 'The action of the event.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0)
      throw new UsageError('nothing to unset', { suggestions: ['Give a PATH, for example kof.version'] });
    const paths = this.words.map(parseStatePath);
    const fields = { ...this.eventFields, action: this.flags.action };
    return this.change(await this.open('never'), (writing) =>
      unsetPaths(writing, { ...this.target, paths, fields }),
    );
  }
}
