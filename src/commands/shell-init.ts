import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { shellCode } from '../sync/script-api/shell-code.js';
import type { CommandResult } from '../terminal/output.js';

const SHELLS = ['bash'] as const;

export default class ShellInit extends KgitCommand<typeof ShellInit> {
  static override summary = "Print the deployment scripts' state library, built on kgit.";
  static override description = helpText(
    KgitCommand,
    `Prints the functions with which k0rdent's setup scripts keep their state, with the same arguments, output and files. A
script that evaluates them in place of its own library runs unchanged, and kgit records what it does. One helper process
serves a script and the scripts that it starts.`.replaceAll('\n', ' '),
  );
  static override examples = ['eval "$(<%= config.bin %> shell-init bash)"'];
  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: 'The shell.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const { repo, config } = this.flags;
    const named = Object.entries({ repo, config }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    const script = shellCode(this.config.root, process.execPath, named);
    return { json: { shell: this.args.shell, script }, lines: () => [script.trimEnd()] };
  }
}
