import { Flags } from '@oclif/core';
import { rollBack } from '../app/write/roll-back.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { rollbackResult } from '../cli/render/write/write-result.js';
import { parseStatePath } from '../model/state/state-path.js';
import type { CommandResult } from '../terminal/output.js';

export default class Rollback extends StateCommand<typeof Rollback> {
  static override summary = 'Restore an earlier state of a deployment, or of some of its paths.';
  static override description = helpText(
    StateCommand,
    `Sets every path that differs from the given revision back to its value there, as one new operation with its own event. Earlier events stay. The operation is published only if none of the paths has changed in the meantime (otherwise exit code 12). Without PATH, it restores the whole state.

Of a secret of the team, it takes the older encrypted file as it is, and needs no key: those who could read it then can read it again. If these are others than today's recipients, the result names the secrets to rotate. A value that was readable then and is a secret now stays as it is.`,
  );
  static override examples = [
    '<%= config.bin %> rollback --to HEAD~1 --dry-run',
    '<%= config.bin %> rollback --to before-upgrade kof.version --reason "upgrade failed"',
    '<%= config.bin %> rollback --to yesterday deployment.phases.create_vms',
  ];
  static override strict = false;
  static override usage = 'rollback --to REVISION|TIME [PATH…] [FLAGS]';
  static override flags = {
    to: Flags.string({
      required: true,
      helpValue: 'REVISION|TIME',
      summary: 'The revision or time to restore, for example HEAD~1, a tag, or 3d.',
    }),
    action: Flags.string({
      default: 'state_rolled_back',
      helpValue: 'WORD',
      summary: 'The action of the event.',
    }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const paths = this.words.map(parseStatePath);
    // A change that a proposal rolls back was often merged a moment ago.
    const context = await this.open(this.flags.propose ? 'always' : 'default');
    const wanted = {
      ...this.target,
      to: this.flags.to,
      paths,
      fields: { ...this.eventFields, action: this.flags.action },
    };
    return rollbackResult(await this.write(context, (writing) => rollBack(writing, wanted)));
  }
}
