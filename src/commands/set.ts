import { Flags } from '@oclif/core';
import { withSharingAdvice } from '../app/secret/sharing-advice.js';
import { changeState } from '../app/write/change-state.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { assignmentNote, parseAssignment } from '../cli/input/assignments.js';
import { UsageError } from '../errors.js';
import type { Precondition } from '../model/operation/operation.js';
import { formatStatePath, parseStatePath } from '../model/state/state-path.js';
import type { CommandResult } from '../terminal/output.js';

export default class SetPaths extends StateCommand<typeof SetPaths> {
  static override summary = "Change a deployment's state.";
  static override description = helpText(
    StateCommand,
    `Sets paths of the state document, all or none, and records an event that says who, when and why. The value after = is text, except for true, false, null and numbers that keep their spelling (3, -0.5); 1.10 and 007 stay text. The value after := is YAML: [a, b], {k: v}, "3". A new top-level key other than deployment, kof, azure and aws needs --create-key. If nothing changes, nothing is written.

--secret PATH=- reads a secret from the standard input, or asks for it on a terminal; --secret PATH=@FILE reads it from a file. It is encrypted for the team (kgit secrets recipients list) before it is kept anywhere. --if-absent and --if-revision count secrets; --if cannot compare one.`,
  );
  static override examples = [
    '<%= config.bin %> set deployment.phase=create_vms',
    '<%= config.bin %> set --secret azure.client_secret=@secret.txt',
    '<%= config.bin %> set kof.installed=true kof.version=1.5.0 --reason "upgrade window"',
    '<%= config.bin %> set deployment.phase=create_vms --if deployment.phase=setup_network',
    `<%= config.bin %> set 'kof.regions:=[eu, us]' kof.version=1.10`,
    `<%= config.bin %> set 'deployment.vm_states."node.example.com".state=Succeeded' --string`,
  ];
  static override strict = false;
  static override usage = 'set PATH=VALUE… PATH:=YAML… [FLAGS]';
  static override flags = {
    string: Flags.boolean({ summary: 'Take every VALUE as text.' }),
    secret: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=-|@FILE',
      summary: 'A secret, encrypted for the team: from the standard input, a prompt or a file.',
    }),
    'create-key': Flags.boolean({ summary: 'Allow a new top-level key.' }),
    if: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      summary: 'Only if PATH has this VALUE now.',
    }),
    'if-absent': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'Only if PATH does not exist.',
    }),
    'if-revision': Flags.string({
      helpValue: 'REV',
      summary: "Only if the deployment's state has not changed since REV.",
    }),
    action: Flags.string({
      default: 'state_changed',
      helpValue: 'WORD',
      summary: 'The action of the event.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0 && !this.flags.secret) {
      throw new UsageError('nothing to set', {
        suggestions: ['Give PATH=VALUE, for example deployment.phase=create_vms'],
      });
    }
    const asString = this.flags.string;
    const edits = this.words.map((word) => {
      const { path, value, hint } = parseAssignment(word, asString);
      if (hint !== null) this.note(assignmentNote(formatStatePath(path), hint));
      return { op: 'set' as const, path, value };
    });
    const secrets = await this.#secrets();
    const change = {
      ...(secrets.size > 0 ? { secrets } : {}),
      fields: { ...this.eventFields, action: this.flags.action },
      edits,
      preconditions: this.#preconditions(asString),
      knownKeysOnly: !this.flags['create-key'],
    };
    return this.change(await this.open('never'), (writing) =>
      withSharingAdvice(writing, edits, () => changeState(writing, this.target, change)),
    );
  }

  /** Reads the secrets that --secret names; loaded on demand. */
  async #secrets(): Promise<ReadonlyMap<string, string>> {
    const named = this.flags.secret ?? [];
    if (named.length === 0) return new Map();
    const { readSecrets } = await import('../cli/input/secret-input.js');
    return readSecrets(named);
  }

  #preconditions(asString: boolean): Precondition[] {
    const equals = (this.flags.if ?? []).map((text) => {
      const { path, value } = parseAssignment(text, asString);
      return { check: 'equals' as const, path, value };
    });
    const absent = (this.flags['if-absent'] ?? []).map((text) => ({
      check: 'absent' as const,
      path: parseStatePath(text),
    }));
    const revision = this.flags['if-revision'];
    const unchanged = revision === undefined ? [] : [{ check: 'unchanged-since' as const, revision }];
    return [...equals, ...absent, ...unchanged];
  }
}
