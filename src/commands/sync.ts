import { Flags } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { otherHistoryLines } from '../app/open/rewrite-note.js';
import { acceptRewrite, syncNow } from '../app/outbox/sync-now.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import { syncedResult } from '../cli/render/write/sync-result.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Sync extends KgitCommand<typeof Sync> {
  static override summary = 'Publish waiting writes and fetch those of others.';
  static override description = helpText(
    KgitCommand,
    `Publishes the outbox, fetches, and updates the checkout. Operations that can no longer be applied are reported once and dropped. Exits with 0 if nothing is left waiting, otherwise with the code of the failure. If the remote's branch was replaced by an unrelated history, it changes nothing; --accept-rewrite shows both histories, asks, and continues with the remote's. See docs/write-path.md.`,
    'NO_REPO',
    'REMOTE',
    'ENVIRONMENT',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> sync',
    '<%= config.bin %> sync --json',
    '<%= config.bin %> sync --accept-rewrite',
  ];
  static override flags = {
    'accept-rewrite': Flags.boolean({
      summary: "If an unrelated history replaced the remote's branch, show it and continue with it.",
    }),
    yes: Flags.boolean({ ...yesFlag('With --accept-rewrite: do not ask.'), dependsOn: ['accept-rewrite'] }),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.open('never');
    if (this.flags['accept-rewrite']) await this.#accept(context);
    const parts = { deadline: this.deadline(context.settings), note: (line: string) => this.note(line) };
    const synced = await syncNow(context, parts);
    const { head, result } = synced;
    this.setRepository(head.revision, head.fetchedAt, result.pending);
    return syncedResult(synced, context.opened.name);
  }

  async #accept(context: Context): Promise<void> {
    const { name } = context.opened;
    const isAccepted = await acceptRewrite(context, {
      clock: systemClock,
      confirm: async (other, waiting) => {
        for (const line of otherHistoryLines(other, name, waiting)) this.note(line);
        const question = {
          text: "Continue with the remote's history?",
          declined: 'nothing was changed',
          withYes: 'kgit sync --accept-rewrite --yes',
        };
        await mustAgree(question, this.flags.yes);
      },
    });
    if (!isAccepted) this.note(`the remote's ${name} shares its history with this clone: nothing to accept`);
  }
}
