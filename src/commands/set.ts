import { Flags } from '@oclif/core';
import { helpText } from '../base-command.js';
import { isInexactText, parseAssignment } from '../cli/assignments.js';
import type { CommandResult } from '../cli/output.js';
import { UsageError } from '../errors.js';
import type { Precondition } from '../model/operation.js';
import { formatStatePath, parseStatePath } from '../model/state-path.js';
import { StateCommand } from '../state-command.js';

export default class SetPaths extends StateCommand {
  static override summary = "Change a deployment's state.";
  static override description = helpText(
    `Sets paths of the state document, all at once or not at all, and leaves the event that says who, when and why. A VALUE is a YAML scalar or flow value: 3, true, text, [a, b], {k: v}; nothing is the empty string; a number that would lose digits is text. Where nothing changes, nothing is written.`,
    'USAGE',
    'NO_REPO',
    'LOCK_HELD',
    'CONFLICT',
    'FENCED',
    'INVALID_STATE',
    'NOT_FOUND',
    'REMOTE',
    'SECRET',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> set deployment.phase=create_vms',
    '<%= config.bin %> set kof.installed=true kof.version=1.5.0 --reason "upgrade window"',
    '<%= config.bin %> set deployment.phase=create_vms --if deployment.phase=setup_network',
    `<%= config.bin %> set 'deployment.vm_states."node.example.com".state=Succeeded' --string`,
  ];
  static override strict = false;
  static override usage = 'set PATH=VALUE… [FLAGS]';
  static override flags = {
    string: Flags.boolean({ summary: 'Take each VALUE as text, as it is.' }),
    if: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      summary: 'Only if PATH is VALUE now. May be repeated.',
    }),
    'if-absent': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'Only if PATH is not there. May be repeated.',
    }),
    'if-revision': Flags.string({
      helpValue: 'REV',
      summary: "Only if the deployment's state has not changed since.",
    }),
    action: Flags.string({
      default: 'state_changed',
      helpValue: 'WORD',
      summary: 'The action of the event.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0) {
      throw new UsageError('nothing to set', {
        suggestions: ['Give PATH=VALUE, for example deployment.phase=create_vms'],
      });
    }
    const asString = this.flags['string'] === true;
    const edits = this.words.map((word) => ({ op: 'set' as const, ...parseAssignment(word, asString) }));
    for (const { path, value } of edits) {
      const word = this.words[edits.findIndex((edit) => edit.path === path)] ?? '';
      if (typeof value === 'number' && !word.endsWith(`=${value}`)) {
        this.note(`${formatStatePath(path)} is the number ${value}; --string keeps the text as you wrote it`);
      }
      if (!asString && typeof value === 'string' && isInexactText(value)) {
        this.note(`${formatStatePath(path)} is kept as text: as a number it would lose digits`);
      }
    }
    const fields = { action: this.flags['action'] };
    const preconditions = this.#preconditions(asString);
    const context = await this.open('never');
    return this.change(context, await this.target(context), {
      fields,
      edits,
      preconditions,
      withdraw: false,
    });
  }

  #preconditions(asString: boolean): Precondition[] {
    const equals = ((this.flags['if'] as string[] | undefined) ?? []).map((text) => ({
      check: 'equals' as const,
      ...parseAssignment(text, asString),
    }));
    const absent = ((this.flags['if-absent'] as string[] | undefined) ?? []).map((text) => ({
      check: 'absent' as const,
      path: parseStatePath(text),
    }));
    const revision = this.flags['if-revision'] as string | undefined;
    const unchanged = revision === undefined ? [] : [{ check: 'unchanged-since' as const, revision }];
    return [...equals, ...absent, ...unchanged];
  }
}
