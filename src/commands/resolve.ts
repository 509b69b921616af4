import { Args, Flags } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { resolveResult } from '../cli/render/write/resolve-result.js';
import type { CommandResult } from '../terminal/output.js';

export default class Resolve extends KgitCommand<typeof Resolve> {
  static override summary = 'Resolve the conflicts of a proposal.';
  static override description = helpText(
    KgitCommand,
    `Merges the state branch into a proposal that the forge shows as conflicted, and pushes the result. A forge merges line by line; kgit merges state documents path by path and keeps the comments of both sides. If the forge accepts only rebases, use --rebase, which turns the proposal into one commit on top of the state branch. kgit also updates the text of the request to merge, or prints it if it cannot write to the forge. If both sides changed a path to different values, kgit pushes nothing (exit code 12) and lists each such path with its values and the commands that decide it. Of a secret of the team, it names who set it on each side, and when.`,
    'NO_REPO',
    'CONFLICT',
    'INVALID_STATE',
    'NOT_FOUND',
    'REMOTE',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> resolve',
    '<%= config.bin %> resolve kgit/propose/grace/dep-a',
    '<%= config.bin %> resolve --rebase',
  ];
  static override args = {
    branch: Args.string({
      description: 'The branch of the proposal; if left out, that of your only proposal.',
    }),
  };
  static override flags = {
    rebase: Flags.boolean({
      summary: 'Make one commit on top of the state branch, for a forge that accepts only rebases.',
    }),
    user: Flags.string({ helpValue: 'NAME', summary: 'Who does it (KGIT_USER).' }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.open('never');
    const intent = { branch: this.args.branch, isRebased: this.flags.rebase };
    const deadline = this.deadline(context.settings);
    const { resolveProposal } = await import('../app/propose/resolve-proposal.js');
    const resolved = await resolveProposal(context, intent, this.environment, deadline);
    for (const note of resolved.notes) this.note(note);
    await this.refreshRepository(context);
    return resolveResult(resolved, context.opened.name);
  }
}
