import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { completionScript, SHELLS, type Shell } from '../cli/completion/shell-scripts.js';
import type { CommandResult } from '../terminal/output.js';

export default class Completion extends KgitCommand<typeof Completion> {
  static override summary = 'Print the completion code of a shell.';
  static override description = helpText(
    KgitCommand,
    `Completes commands, flags and their values, and what the repository stood in holds: subjects, phases, paths of the state, locks. It never uses the network. 'kubectl kgit' is completed by kubectl's own completion, from version 1.26 on.`,
  );
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion fish | source',
    '<%= config.bin %> completion zsh > "$fpath[1]/_kgit"',
  ];
  static override args = {
    shell: Args.custom<Shell>({ options: [...SHELLS] })({ required: true, description: 'The shell.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const script = completionScript(this.args.shell);
    return { json: { shell: this.args.shell, script }, lines: () => [script.trimEnd()] };
  }
}
