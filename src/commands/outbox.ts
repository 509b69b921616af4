import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { LIST_FLAGS, sortedBy } from '../cli/flags/list-options.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { outboxResult, proposedJson, withProposals } from '../cli/render/write/outbox-result.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { OpenRepository } from '../setup/composition.js';
import type { Settings } from '../setup/settings.js';
import { isCi } from '../setup/trust.js';
import type { Outbox as Operations } from '../store/outbox/outbox.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import { pendingOperation } from '../store/outbox/pending-operation.js';
import type { CommandResult } from '../terminal/output.js';

export default class Outbox extends KgitCommand<typeof Outbox> {
  static override summary = 'List the writes that wait to be published, and why.';
  static override description = helpText(
    KgitCommand,
    `Lists the operations that are kept here and are not on the branch yet. An operation that the remote refuses is marked, and does not keep the others from being published. retry publishes them now, as kgit sync does; with --propose it proposes all of them, or the named one, for a protected branch. drop discards an operation for good. requeue puts back an operation that this clone published within publish.keep and that the remote has lost; kgit sync then publishes it again.`,
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
    const { verb, id } = this.args;
    if ((verb === 'drop' || verb === 'requeue') && id === undefined)
      throw new UsageError('which operation? ID is missing', { suggestions: ["'kgit outbox' lists them"] });
    const isProposed = this.flags.propose;
    if (isProposed && verb !== 'retry')
      throw new UsageError(`${verb} proposes nothing`, {
        suggestions: ['Propose what waits: kgit outbox retry --propose'],
      });
    if ((verb === 'list' || verb === 'retry') && id !== undefined && !isProposed)
      throw new UsageError(`${verb} takes no ID: operations are published in their order`);
    // Pending operations can be listed and dropped even if kgit.yaml cannot be read; publishing needs it.
    const { opened, settings } = verb === 'retry' ? await this.open('never') : await this.openUnread();
    const { repository } = opened;
    if (verb === 'drop') await this.#drop(id as string, repository.outbox);
    if (verb === 'requeue') await this.#requeue(id as string, repository.outbox);
    const proposals = isProposed ? await this.#propose(opened, settings, id) : null;
    if (verb === 'retry' && !isProposed) {
      const report = await repository.sync(this.deadline(settings));
      for (const note of report.notes) this.note(note);
      if (report.error) throw report.error;
    }
    const entries = await repository.outbox.list();
    const head = await repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, entries.length);
    const operations = entries.map((entry) => pendingOperation(entry, repository.store.target, this.now()));
    const listed = outboxResult(sortedBy(operations, this.flags['sort-by'], (operation) => operation));
    return proposals === null ? listed : withProposals(listed, proposals);
  }

  async #propose(
    opened: OpenRepository,
    settings: Settings,
    id: string | undefined,
  ): Promise<WriteOutcome[]> {
    const { notProposed, proposeOutbox } = await import('../app/propose/propose-outbox.js');
    const { outcomes, failed, notes } = await proposeOutbox(opened, settings, this.environment, {
      id,
      title: this.flags.title,
      branch: this.flags['proposal-branch'],
      mustOpen: isCi(this.environment),
      deadline: this.deadline(settings),
    });
    for (const note of notes) this.note(note);
    const [first, ...others] = failed;
    if (first) throw notProposed([first, ...others], proposedJson(outcomes));
    return outcomes;
  }

  async #drop(id: string, outbox: Pick<Operations, 'remove'>): Promise<void> {
    if (await outbox.remove(id)) return;
    throw new NotFoundError(`no operation ${id} waits`, {
      suggestions: ["'kgit outbox' lists those that do"],
      data: { id },
    });
  }

  async #requeue(id: string, outbox: Pick<Operations, 'requeue'>): Promise<void> {
    if (await outbox.requeue(id, null)) return;
    throw new NotFoundError(`no operation ${id} is kept of those that this clone published`, {
      suggestions: ["They are kept for publish.keep: 'kgit log' shows what is at the remote"],
      data: { id },
    });
  }
}
