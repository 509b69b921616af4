import { Flags, type Interfaces } from '@oclif/core';
import type { LeaseActorOptions } from '../../app/lock/lease-actor.js';
import type { Context } from '../../app/open/configured.js';
import { type ErrorCode, UsageError } from '../../errors.js';
import type { EndedLease } from '../../store/lease/acquisition.js';
import { holderText } from '../../store/lease/lease-errors.js';
import { KgitCommand } from './base-command.js';
import type { CommandClass } from './command-class.js';
import { WRITE_FLAGS, WriteCommand } from './write-command.js';

/**
 * Returns the write flags except those that make no sense for a lock, which is taken and ended at the remote or not at
 * all.
 */
function lockFlags(): Interfaces.FlagInput {
  const { lock, queue, 'dry-run': dryRun, ...flags } = WRITE_FLAGS;
  // Declared so that it is refused with the reason.
  const propose = Flags.boolean({ hidden: true });
  const required = Flags.boolean({
    ...flags['require-publish'],
    summary: 'End no lease if the branch does not accept the event that records it (20).',
  });
  return { ...KgitCommand.baseFlags, ...flags, 'require-publish': required, propose };
}

/** Base class of the commands that take and end leases. */
export abstract class LeaseCommand<T extends CommandClass> extends WriteCommand<T> {
  static override baseFlags: Interfaces.FlagInput = lockFlags();

  static override get exits(): readonly ErrorCode[] {
    return [
      'USAGE',
      'NO_REPO',
      'LOCK_HELD',
      'FENCED',
      'INVALID_STATE',
      'REMOTE',
      'ENVIRONMENT',
      'SECRET',
      'REFUSED',
    ];
  }

  protected override open(policy?: Parameters<WriteCommand<T>['open']>[0]): Promise<Context> {
    if (this.flags.propose !== true) return super.open(policy);
    throw new UsageError('a lock cannot be proposed: it takes effect at once or not at all', {
      suggestions: [
        'Leave out --propose: a lock is a ref of its own, and branch protection does not apply to it',
      ],
    });
  }

  /** Returns what the flags say about the taking or ending of a lease. */
  protected get leaseOptions(): LeaseActorOptions {
    const { message, reason, 'allow-secret': allowSecret, 'require-publish': required } = this.flags;
    // Only the flag counts, even in CI: the lease of a dead job would block jobs on a protected branch.
    return { message, reason, allowSecret, mustTell: required === true };
  }

  /** Prints notes about an ended lease on stderr. */
  protected noteEnded({ previous, unrecorded, notes }: EndedLease): void {
    for (const note of notes) this.note(note);
    if (unrecorded)
      this.note(
        `the end of the lease of ${holderText(previous)} is recorded only in the lock: ${unrecorded.message}`,
      );
  }
}
