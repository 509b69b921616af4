import { Args } from '@oclif/core';
import { workOnHook } from '../app/review/work-on-hook.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import type { CommandResult } from '../terminal/output.js';

export default class Hooks extends KgitCommand<typeof Hooks> {
  static override summary = 'Have git check what you commit.';
  static override description = helpText(
    KgitCommand,
    `install writes the hook pre-commit of this clone, which runs kgit validate --staged before each commit of yours, in all its worktrees; git commit --no-verify skips it. It brings a hook of another version of kgit up to date, and leaves a hook of yours as it is: the message has the line to add. uninstall removes kgit's hook. kgit's own commits run no hooks. With the program pre-commit, use the hook kgit-validate of kgit's repository instead.`,
    'NO_REPO',
    'CONFLICT',
    'ENVIRONMENT',
  );
  static override examples = ['<%= config.bin %> hooks install', '<%= config.bin %> hooks uninstall'];
  static override args = {
    verb: Args.string({
      options: ['install', 'uninstall'],
      required: true,
      description: 'install or uninstall.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const verb = this.args.verb === 'install' ? 'install' : 'uninstall';
    const { opened } = await this.openUnread();
    const { path, changed } = await workOnHook(opened, verb);
    const is = verb === 'install' ? 'is installed' : 'is removed';
    return {
      json: { hook: path, installed: verb === 'install', changed },
      names: [path],
      lines: ({ style }) => [
        changed
          ? `${style('green', '✓')} the hook ${path} ${is}`
          : `${style('green', '✓')} nothing to do: the hook ${path} ${verb === 'install' ? 'is up to date' : 'is not there'}`,
      ],
    };
  }
}
