import { Flags } from '@oclif/core';
import type { Context } from './base-command.js';
import { asKgitError } from './cli/failure.js';
import { UsageError } from './errors.js';
import type { PreviousHolder } from './model/lease.js';
import { lockSubject } from './model/subject.js';
import type { LeaseActor } from './store/leases.js';
import { thisHost } from './this-host.js';
import { WriteCommand } from './write-command.js';

/** What became of the event of a lease that was ended. */
export interface Audit {
  readonly event: string;
  readonly delivery: string;
  readonly revision: string | null;
}

/** The flags of a write but for those that a lock has no use for: it is taken now, and at the remote. */
function lockFlags(): typeof WriteCommand.baseFlags {
  const { lock, queue, 'dry-run': dryRun, ...flags } = WriteCommand.baseFlags;
  // Known, so that it is refused with the reason.
  const propose = Flags.boolean({ hidden: true });
  return { ...flags, propose } as unknown as typeof WriteCommand.baseFlags;
}

/** Base of the commands that take and end leases. */
export abstract class LeaseCommand extends WriteCommand {
  static override baseFlags = lockFlags();

  protected override open(policy?: Parameters<WriteCommand['open']>[0]): Promise<Context> {
    if (this.flags['propose'] !== true) return super.open(policy);
    throw new UsageError('a lock cannot be proposed: it is held from now on, or not at all', {
      suggestions: [
        'Leave --propose out: a lock is a ref of its own, which no protection of a branch is about',
      ],
    });
  }

  /** Who takes or ends a lease. */
  protected leaseActor(context: Context): LeaseActor {
    const author = this.actor(context);
    const runId = this.ciRun.id;
    const holder = { name: author.name, host: thisHost.hostname, ...(runId === undefined ? {} : { runId }) };
    return { holder, author, ...(this.flags.reason === undefined ? {} : { reason: this.flags.reason }) };
  }

  /** Records that somebody's lease was ended by this command; the lock has moved by now, so a failure is told and no end. */
  protected async recordBreak(
    context: Context,
    name: string,
    previous: PreviousHolder,
    reason: string | undefined,
  ): Promise<Audit | null> {
    const { token, host, runId, expiresAt } = previous;
    const parameters = {
      ...{ token, holder: previous.name, holder_host: host, expires_at: new Date(expiresAt).toISOString() },
      ...(runId === undefined ? {} : { holder_run: runId }),
    };
    const why = reason === undefined ? {} : { reason };
    try {
      const event = this.event(context, { action: 'lock_broken', parameters, ...why });
      const operation = this.operation(context, [{ subject: lockSubject(name), event }]);
      const { delivery, revision } = await this.submit(context, operation);
      return { event: event.id, delivery, revision };
    } catch (thrown) {
      const error = asKgitError(thrown);
      this.note(
        `that the lease of ${previous.name} was ended is recorded in the lock alone: ${error.message}`,
      );
      return null;
    }
  }
}
