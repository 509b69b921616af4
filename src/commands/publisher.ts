import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import type { CommandResult } from '../terminal/output.js';

export default class Publisher extends KgitCommand<typeof Publisher> {
  static override hidden = true;
  static override summary = 'Publish what waits when it is due, then end.';
  static override description = helpText(
    KgitCommand,
    `Writes start it where publish.interval is set; nobody else has to. It waits until the interval is over, publishes all that waits in one push, and ends when nothing was written for an interval more, 5 seconds at most, or at once where another one runs in this clone.`,
    'NO_REPO',
    'ENVIRONMENT',
  );
  static override examples = ['<%= config.bin %> publisher'];

  /** Runs in the background: the next command reports what it saw. */
  protected override get hasReader(): boolean {
    return false;
  }

  protected async execute(): Promise<CommandResult> {
    const { opened, settings } = await this.open('never');
    await opened.scheduled.run(settings.publishInterval, settings.timeout);
    const pending = await opened.repository.outbox.size();
    return { json: { pending }, lines: () => [] };
  }
}
