import { Flags } from '@oclif/core';
import { otherHistoryLines } from '../app/open/rewrite-note.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import type { OpenRepository } from '../setup/composition.js';
import type { Settings } from '../setup/settings.js';
import { pendingOperation } from '../store/outbox/pending-operation.js';
import { syncResult } from '../store/publish/sync-result.js';
import type { CommandResult } from '../terminal/output.js';
import { oneLine } from '../terminal/terminal-text.js';

export default class Sync extends KgitCommand<typeof Sync> {
  static override summary = 'Publish waiting writes and fetch those of others.';
  static override description = helpText(
    KgitCommand,
    `Publishes the outbox, fetches, and updates the checkout. Operations that can no longer be applied are reported once and dropped. Exits 0 if nothing waits any more, else with the code of the failure. If the remote's branch was replaced by an unrelated history, it changes nothing; --accept-rewrite shows both histories, asks, and continues with the remote's. See docs/write-path.md.`,
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
      summary: "Continue with the remote's history where it replaced the one known here; shown first.",
    }),
    yes: Flags.boolean({ ...yesFlag('With --accept-rewrite: do not ask.'), dependsOn: ['accept-rewrite'] }),
  };

  protected async execute(): Promise<CommandResult> {
    const { opened, reading, settings } = await this.open('never');
    const { repository } = opened;
    if (this.flags['accept-rewrite']) await this.#accept(opened, settings);
    const report = await repository.sync(this.deadline(settings));
    for (const note of report.notes) this.note(note);
    const { head } = report;
    this.setRepository(head.revision, head.fetchedAt, report.pending.length);
    const result = syncResult(report);
    const { published, rejected, pending } = result;
    const moved = head.revision !== reading.revision;
    return {
      json: { ...result },
      names: published,
      lines: ({ style }) => [
        `${style('green', '✓')} ${published.length} published, ${pending} waiting ${style('dim', `${oneLine(opened.name)}@${head.revision?.slice(0, 10) ?? 'empty'}${moved ? '' : ', nothing new'}`)}`,
        ...rejected.map(
          ({ operation, message }) => `${style('yellow', '!')} ${operation} was dropped: ${oneLine(message)}`,
        ),
      ],
    };
  }

  async #accept({ repository, name: branch }: OpenRepository, settings: Settings): Promise<void> {
    const { store, outbox } = repository;
    const other = (await store.shared?.otherHistory(settings.timeout)) ?? null;
    if (other === null) {
      this.note(`the remote's ${branch} has a common history with what is known here: nothing to accept`);
      return;
    }
    const waiting = (await outbox.list()).filter(({ target }) => target === store.target);
    const operations = waiting.map((entry) => pendingOperation(entry, store.target, this.now()));
    for (const line of otherHistoryLines(other, branch, operations)) this.note(line);
    const question = {
      text: "Go on with the remote's history?",
      declined: 'nothing was changed',
      withYes: 'kgit sync --accept-rewrite --yes',
    };
    await mustAgree(question, this.flags.yes);
    await store.shared?.acceptHistory(other);
  }
}
