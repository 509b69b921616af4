import { Args, Flags } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { proposalLines } from '../cli/render/write/proposal-lines.js';
import { actorOf } from '../setup/identity.js';
import type { CommandResult } from '../terminal/output.js';
import { oneLine } from '../terminal/terminal-text.js';

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
    const { opened, settings } = await this.open('never');
    const [{ resolveBranch }, { tellRequest }] = await Promise.all([
      import('../app/propose/resolve-branch.js'),
      import('../app/propose/tell-request.js'),
    ]);
    const author = actorOf(settings, this.environment, opened.identity);
    const deadline = this.deadline(settings);
    const resolved = await resolveBranch(
      opened,
      this.args.branch,
      { author, isRebased: this.flags.rebase },
      deadline,
    );
    const { proposal, notes } = await tellRequest(opened, settings, this.environment, resolved, deadline);
    for (const note of notes) this.note(note);
    const head = await opened.repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, await opened.repository.outbox.size());
    const { branch, revision, isMerged, files, attempts } = resolved;
    return {
      json: {
        branch,
        revision,
        delivery: isMerged ? 'proposed' : 'unchanged',
        attempts,
        merged: files,
        url: proposal.url,
        number: proposal.number,
        ...(proposal.request ? { request: proposal.request } : {}),
      },
      names: [branch],
      rows: files.map((file) => ({ file })),
      lines: (screen) => [
        isMerged
          ? `${screen.style('green', '✓')} ${oneLine(branch)} merged with ${oneLine(opened.name)} ${screen.style('dim', revision.slice(0, 10))}`
          : screen.style('dim', `${oneLine(branch)} has nothing to merge`),
        ...files.map((file) => `  ${screen.style('dim', 'path by path:')} ${oneLine(file)}`),
        ...proposalLines({ proposal }, screen),
      ],
    };
  }
}
