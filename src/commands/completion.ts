import { Args } from '@oclif/core';
import { helpText, KgitCommand } from '../base-command.js';
import { completionScript, SHELLS, type Shell } from '../cli/completion-script.js';
import type { CommandResult } from '../cli/output.js';

export default class Completion extends KgitCommand {
  static override summary = 'Print the completion code of a shell.';
  static override description = helpText('Completes commands, their words and flags.', 'USAGE');
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion fish | source',
    '<%= config.bin %> completion zsh > "$fpath[1]/_kgit"',
  ];
  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: 'The shell.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const commands = this.config.commands
      .filter(({ hidden }) => !hidden)
      .map(({ id, summary, flags, args }) => ({
        id,
        summary: summary ?? '',
        flags: Object.entries(flags ?? {})
          .flatMap(([name, flag]) => ('allowNo' in flag && flag.allowNo ? [name, `no-${name}`] : [name]))
          .sort()
          .map((name) => `--${name}`),
        words: Object.values(args ?? {})[0]?.options ?? [],
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const script = completionScript(this.args['shell'] as Shell, this.config.bin, commands);
    return { json: { shell: this.args['shell'], script }, lines: () => [script.trimEnd()] };
  }
}
