import { Args } from '@oclif/core';
import { type OutboxIntent, workOnOutbox } from '../app/outbox/work-on-outbox.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { LIST_FLAGS, sortedBy } from '../cli/flags/list-options.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { outboxResult } from '../cli/render/write/outbox-result.js';
import { UsageError } from '../errors.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Outbox extends KgitCommand<typeof Outbox> {
  static override summary = 'List the writes that wait to be published, and why.';
  static override description = helpText(
    KgitCommand,
    `Lists the operations that are kept here and are not on the branch yet. An operation that the remote refuses is marked and does not hold up the others. retry publishes them now, as kgit sync does. For a protected branch, retry --propose proposes all of them, or only ID. drop discards an operation for good. requeue puts back an operation that this clone published within publish.keep and that the remote has lost; kgit sync then publishes it again.`,
    'NO_REPO',
    'NOT_FOUND',
    'REMOTE',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> outbox',
    '<%= config.bin %> outbox retry',
    '<%= config.bin %> outbox retry --propose',
    '<%= config.bin %> outbox drop 01JZXK5B7Q3M8N2V4C6D9F0G1H',
    '<%= config.bin %> outbox requeue 01JZXK5B7Q3M8N2V4C6D9F0G1H',
  ];
  static override args = {
    verb: Args.string({
      options: ['list', 'retry', 'drop', 'requeue'],
      default: 'list',
      description: 'list, retry, drop or requeue.',
    }),
    id: Args.string({ description: 'The operation to drop, to propose, or to queue again.' }),
  };
  static override flags = { ...PROPOSE_FLAGS, ...LIST_FLAGS };

  protected override get readsHistory(): boolean {
    return this.flags.propose === true;
  }

  protected async execute(): Promise<CommandResult> {
    const intent = this.#intent();
    // Pending operations can be listed and dropped even if kgit.yaml cannot be read; publishing needs it.
    const publishes = intent.verb === 'retry' || intent.verb === 'propose';
    const context = publishes ? await this.open('never') : await this.openUnread();
    const { operations, proposed } = await workOnOutbox(context, intent, {
      environment: this.environment,
      clock: systemClock,
      deadline: this.deadline(context.settings),
      note: (message) => this.note(message),
    });
    await this.refreshRepository(context);
    return outboxResult(
      sortedBy(operations, this.flags['sort-by'], (operation) => operation),
      proposed,
    );
  }

  #intent(): OutboxIntent {
    const { id } = this.args;
    const { propose, title, 'proposal-branch': branch } = this.flags;
    const verb = this.args.verb as 'list' | 'retry' | 'drop' | 'requeue';
    if (propose && verb !== 'retry')
      throw new UsageError(`--propose works only with retry`, {
        suggestions: ['Propose what waits: kgit outbox retry --propose'],
      });
    if (propose) return { verb: 'propose', id, title, branch };
    if (verb === 'list' || verb === 'retry') {
      if (id === undefined) return { verb };
      throw new UsageError(`${verb} takes no ID: operations are published in order`);
    }
    if (id !== undefined) return { verb, id };
    throw new UsageError('which operation? ID is missing', { suggestions: ["'kgit outbox' lists them"] });
  }
}
