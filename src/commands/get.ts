import { Args, Flags } from '@oclif/core';
import { aboutDeployment } from '../app/open/subjects.js';
import { readValue } from '../app/read/read-value.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { KIND_COMMANDS } from '../cli/habits/habit-table.js';
import { assignedText } from '../cli/input/assignments.js';
import { valueJson } from '../cli/render/json/state-json.js';
import { formatStatePath, parseStatePath } from '../model/state/state-path.js';
import type { Value } from '../model/value/value.js';
import { numberText } from '../model/yaml/number-text.js';
import { formatYaml } from '../model/yaml/yaml.js';
import type { CommandResult } from '../terminal/output.js';

export default class Get extends ReadCommand<typeof Get> {
  static override summary = "Read a deployment's state.";
  static override description = helpText(
    ReadCommand,
    `Prints the value at PATH, or the whole state: a scalar as it is, a mapping or list as YAML, null as null. If PATH does not exist, nothing is printed and the exit code is 15, unless --default is given. A value that an import withheld is printed only on the machine that imported it; on others the exit code is 19. A secret of the team is printed as <secret>, with --json as {"secret": true}; --reveal decrypts it with your own key.`,
    'NOT_FOUND',
    'SECRET',
  );
  static override examples = [
    '<%= config.bin %> get deployment.phase',
    '<%= config.bin %> get kof --deployment k0rdent-abc123 -o json',
    '<%= config.bin %> get kof.version --default 1.5.0',
    `<%= config.bin %> get 'deployment.vm_states."node.example.com".public_ip'`,
  ];
  static override args = {
    path: Args.string({ description: 'Dotted path; quote unusual keys, address lists by index.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); may be omitted if there is only one.',
    }),
    default: Flags.string({ helpValue: 'VALUE', summary: 'Value to print if the path does not exist.' }),
    reveal: Flags.boolean({ summary: 'Decrypt secrets of the team with your own key.' }),
    at: Flags.string({
      helpValue: 'REVISION|TIME',
      summary: 'The state as it was at a revision or time, for example 3d or "2025-07-11 14:30".',
    }),
  };

  protected override get readsHistory(): boolean {
    return this.flags.at !== undefined;
  }

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = this.args.path === undefined ? [] : parseStatePath(this.args.path);
    const { at, default: preset, reveal } = this.flags;
    const context = await this.openFetched('default', at === undefined ? aboutDeployment : undefined);
    const text = formatStatePath(path);
    const command = Object.hasOwn(KIND_COMMANDS, text) ? KIND_COMMANDS[text] : undefined;
    const query = {
      path,
      at,
      reveal: reveal ? this.environment : undefined,
      mayMiss: preset !== undefined,
      suggestions: command === undefined ? [] : [`Did you mean '${command}'?`],
    };
    const { deployment, value, isWithheld, hidden } = await readValue(context, query, this.now());
    if (isWithheld) this.note(`${text} is withheld from the repository: only this machine has it`);
    const shown =
      hidden.length > 0 && value !== undefined ? await this.#withoutSecrets(value, hidden.length) : value;
    return {
      json: valueJson(deployment, text, value === undefined ? assignedText(preset ?? '').value : value),
      isExact: true,
      lines: () => [valueText(shown === undefined ? preset : shown)],
      names: text ? [text] : [],
    };
  }

  /** Tells of secrets that are not shown, and puts words in their places. Loaded on demand: few states have any. */
  async #withoutSecrets(value: Value, count: number): Promise<Value> {
    const { hiddenNote, withSecretWords } = await import('../cli/render/secret/hidden-secrets.js');
    this.note(hiddenNote(count));
    return withSecretWords(value);
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'object' && value !== null ? formatYaml(value).trimEnd() : String(value);
}
