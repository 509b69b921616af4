import { Args } from '@oclif/core';
import { helpText, KgitCommand } from '../base-command.js';
import type { CommandResult } from '../cli/output.js';
import { formatTable } from '../cli/table.js';
import { formatAge } from '../cli/time.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { OutboxEntry } from '../store/outbox.js';
import { pendingOperation } from '../store/pending-operation.js';

export default class Outbox extends KgitCommand {
  static override summary = 'What waits to be published, and why.';
  static override description = helpText(
    `Lists the operations that are kept here and not yet on the branch. retry publishes them now, as kgit sync does; drop takes one out for good: what it recorded is lost.`,
    'USAGE',
    'NO_REPO',
    'NOT_FOUND',
    'REMOTE',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> outbox',
    '<%= config.bin %> outbox retry',
    '<%= config.bin %> outbox drop 01JZXK5B7Q3M8N2V4C6D9F0G1H',
  ];
  static override args = {
    verb: Args.string({
      options: ['list', 'retry', 'drop'],
      default: 'list',
      description: 'list, retry or drop.',
    }),
    id: Args.string({ description: 'The operation to drop.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const { verb, id } = this.args;
    if (verb === 'drop' && id === undefined)
      throw new UsageError('which operation? ID is missing', { suggestions: ["'kgit outbox' lists them"] });
    if (verb !== 'drop' && id !== undefined)
      throw new UsageError(`${verb} takes no ID: operations are published in their order`);
    const { opened, settings } = await this.open('never');
    const { repository } = opened;
    if (verb === 'drop') await this.#drop(id as string, repository.outbox);
    if (verb === 'retry') {
      const report = await repository.sync(this.deadline(settings));
      for (const note of report.notes) this.note(note);
      if (report.error) throw report.error;
    }
    const entries = await repository.outbox.list();
    const head = await repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, entries.length);
    return this.#result(entries, repository.store.target);
  }

  async #drop(id: string, outbox: { remove(id: string): Promise<boolean> }): Promise<void> {
    if (await outbox.remove(id)) return;
    throw new NotFoundError(`no operation ${id} waits`, {
      suggestions: ["'kgit outbox' lists those that do"],
      data: { id },
    });
  }

  #result(entries: readonly OutboxEntry[], target: string): CommandResult {
    const operations = entries.map((entry) => pendingOperation(entry, target, this.now()));
    return {
      json: { operations },
      names: operations.map(({ id }) => id),
      rows: operations,
      lines: ({ style, width }) => {
        if (operations.length === 0) return [style('dim', 'nothing waits')];
        const rows = operations.map(({ id, subject, action, age, attempts, error }) => [
          id,
          subject ?? '?',
          action ?? '?',
          formatAge(age * 1000),
          String(attempts),
          error ?? '',
        ]);
        return formatTable(['OPERATION', 'SUBJECT', 'ACTION', 'AGE', 'TRIES', 'WHY'], rows, style, width);
      },
    };
  }
}
