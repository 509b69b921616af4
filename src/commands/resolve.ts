import { Args, Flags } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { resolveResult } from '../cli/render/write/resolve-result.js';
import type { CommandResult } from '../terminal/output.js';

export default class Resolve extends KgitCommand<typeof Resolve> {
  static override summary = 'Resolve the conflicts of a proposal.';
  static override description = helpText(
    KgitCommand,
    `Merges the state branch into a proposal that the forge shows as conflicted, and pushes the result. State documents are merged path by path and keep the comments of both sides, where a forge merges line by line. Forges that merge by rebase alone do not rebase a merge: --rebase makes one commit of the proposal instead. The text of the request to merge is updated; if kgit cannot write to the forge, the text is printed. If both sides changed a path to different values, nothing is pushed (12), and each such path is listed with its values and the commands that decide it.`,
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
    branch: Args.string({ description: 'The branch of the proposal; that of your only one if left out.' }),
  };
  static override flags = {
    rebase: Flags.boolean({
      summary: 'Make one commit on top of the state branch, for a forge that merges by rebase alone.',
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
