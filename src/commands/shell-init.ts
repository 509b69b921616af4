import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Args } from '@oclif/core';
import { helpText, KgitCommand } from '../base-command.js';
import type { CommandResult } from '../cli/output.js';
import { SCRIPT_PHASES } from '../model/script-phases.js';

const SHELLS = ['bash'] as const;

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

export default class ShellInit extends KgitCommand {
  static override summary = "Print the deployment scripts' state library, over kgit.";
  static override description = helpText(
    `The functions by which k0rdent's setup scripts keep their state, with the same arguments, output and files: a script
that evaluates them in place of its own library runs unchanged, and what it does is recorded here. One helper process
serves the calls of a script.`.replaceAll('\n', ' '),
    'USAGE',
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
    const command = [process.execPath, process.argv[1] as string].map(quoted).join(' ');
    const text = await readFile(join(this.config.root, 'templates/shell/state-management.bash'), 'utf8');
    const script = text
      .replace('@PHASES@', () => SCRIPT_PHASES.join(' '))
      .replace('@COMMAND@', () => command)
      .replace('shell-server "$__kgit_folder" "$$"', (all) => [all, ...named.map(quoted)].join(' '));
    return { json: { shell: this.args['shell'], script }, lines: () => [script.trimEnd()] };
  }
}
