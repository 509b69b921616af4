import { helpText, KgitCommand } from '../base-command.js';
import type { CommandResult } from '../cli/output.js';
import { oneLine } from '../cli/terminal-text.js';

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
    const { head, published, pending, behind } = report;
    this.setRepository(head.revision, head.fetchedAt, pending.length);
    if (report.error) {
      const Class = report.error.constructor as new (message: string, details: object) => Error;
      const data = { ...report.error.data, published, pending: pending.length };
      throw new Class(report.error.message, { suggestions: report.error.suggestions, data });
    }
    const rejected = report.rejected.map(({ id, error }) => ({
      operation: id,
      code: error.code,
      message: error.message,
    }));
    const moved = head.revision !== reading.revision;
    return {
      json: { published, rejected, pending: pending.length, behind },
      names: published,
      lines: ({ style }) => [
        `${style('green', '✓')} ${published.length} published, ${pending.length} waiting ${style('dim', `${oneLine(opened.branch)}@${head.revision?.slice(0, 10) ?? 'empty'}${moved ? '' : ', nothing new'}`)}`,
        ...rejected.map(
          ({ operation, message }) => `${style('yellow', '!')} ${operation} was dropped: ${oneLine(message)}`,
        ),
      ],
    };
  }
}
