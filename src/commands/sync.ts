import { helpText, KgitCommand } from '../base-command.js';
import type { CommandResult } from '../cli/output.js';
import { oneLine } from '../cli/terminal-text.js';
import { syncResult } from '../store/sync-result.js';

export default class Sync extends KgitCommand {
  static override summary = 'Publish what waits, and get what others published.';
  static override description = helpText(
    `Publishes the outbox, fetches, and brings the checkout to the branch. Operations that can no longer be carried out are told once and dropped. Exits 0 when nothing waits any more; else with the code of what is in the way.`,
    'NO_REPO',
    'REMOTE',
    'ENVIRONMENT',
    'REFUSED',
  );
  static override examples = ['<%= config.bin %> sync', '<%= config.bin %> sync --json'];

  protected async execute(): Promise<CommandResult> {
    const { opened, reading, settings } = await this.open('never');
    const { repository } = opened;
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
        `${style('green', '✓')} ${published.length} published, ${pending} waiting ${style('dim', `${oneLine(opened.branch)}@${head.revision?.slice(0, 10) ?? 'empty'}${moved ? '' : ', nothing new'}`)}`,
        ...rejected.map(
          ({ operation, message }) => `${style('yellow', '!')} ${operation} was dropped: ${oneLine(message)}`,
        ),
      ],
    };
  }
}
