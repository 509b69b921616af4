import { Args, Flags } from '@oclif/core';
import { aboutDeployment } from '../app/open/subjects.js';
import { compareStates } from '../app/read/compare-states.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { changesResult } from '../cli/render/change-rows.js';
import type { CommandResult } from '../terminal/output.js';

export default class Diff extends ReadCommand<typeof Diff> {
  static override summary = "Compare a deployment's state, path by path.";
  static override description = helpText(
    ReadCommand,
    `Without arguments, shows the last change. With one REV, shows what has changed since; with two, how the second differs from the first. A...B shows what B has changed since the merge base of A and B, as in git: the content of a proposal. A side left out is HEAD, the revision that is checked out. Each path comes with the last event that changed it. If there are several deployments and you name none, all that differ are shown; without arguments, the one that changed last.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> diff',
    '<%= config.bin %> diff HEAD~5',
    '<%= config.bin %> diff v1 v2 --deployment k0rdent-abc123',
    '<%= config.bin %> diff origin/main...origin/resize',
    '<%= config.bin %> diff origin/main... --json',
  ];
  static override args = {
    from: Args.string({ description: 'A revision, or A...B' }),
    to: Args.string({ description: 'A revision.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); all if omitted.',
    }),
  };

  protected override get readsHistory(): boolean {
    return this.args.from !== undefined;
  }

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const { from, to } = this.args;
    const context = await this.openFetched('default', from === undefined ? aboutDeployment : undefined);
    const { isOne, changes } = await compareStates(context, from, to);
    return changesResult(changes, { heads: !isOne, none: 'no difference' });
  }
}
