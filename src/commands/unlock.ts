import { Args, Flags } from '@oclif/core';
import { leaseActor } from '../app/lock/lease-actor.js';
import { releaseLock } from '../app/lock/release-lock.js';
import type { Context } from '../app/open/configured.js';
import { helpText } from '../cli/base/help-text.js';
import { LeaseCommand } from '../cli/base/lease-command.js';
import { unlockResult } from '../cli/render/lease-result.js';
import { UsageError } from '../errors.js';
import { lockName } from '../model/lease/lock-name.js';
import type { CommandResult } from '../terminal/output.js';

export default class Unlock extends LeaseCommand<typeof Unlock> {
  static override summary = "Release a lock, or end somebody else's lease.";
  static override description = helpText(
    LeaseCommand,
    `Releases the lease that kgit lock NAME took in this clone. With --force, it ends anybody's lease, expired or not: from then on, the holder's writes under it are refused. An event of lock/NAME records who ended the lease, why (--reason), and whose it was.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> unlock network',
    '<%= config.bin %> unlock network --force --reason "build-7 was shut down"',
    '<%= config.bin %> log lock/network',
  ];
  static override usage = 'unlock NAME [FLAGS]';
  static override args = { name: Args.string({ description: "The lock's name." }) };
  static override flags = {
    force: Flags.boolean({ summary: 'End the lease, whoever holds it.' }),
  };

  protected async execute(): Promise<CommandResult> {
    if (this.args.name === undefined)
      throw new UsageError('which lock? NAME is missing', { suggestions: ["'kgit locks' lists those held"] });
    const name = lockName(this.args.name);
    const context = await this.open('never');
    return this.flags.force ? this.#break(context, name) : this.#release(context, name);
  }

  async #release(context: Context, name: string): Promise<CommandResult> {
    const { opened, settings } = context;
    const { actor } = this.writer(context);
    return unlockResult(await releaseLock(opened.leases, name, actor, settings.timeout), null);
  }

  async #break(context: Context, name: string): Promise<CommandResult> {
    const { opened, settings } = context;
    const by = leaseActor(() => this.writer(context), this.leaseOptions);
    if (by.reason === undefined)
      this.note('no --reason given: the record will not say why the lease was ended');
    const { record, ended } = await opened.leases.break(name, this.ids.next(), by, settings.timeout);
    this.noteEnded(ended);
    return unlockResult(record, ended);
  }
}
