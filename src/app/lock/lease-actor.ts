import { endingFields } from '../../model/lease/lease.js';
import { makeEvent, makeOperation, type Writer } from '../../model/operation/make-operation.js';
import { lockSubject } from '../../model/subject/subject.js';
import type { LeaseActor } from '../../store/lease/acquisition.js';

export interface LeaseActorOptions {
  readonly message?: string | undefined;
  /** Why the lock is taken, or the lease of somebody else ended. */
  readonly reason?: string | undefined;
  /** Why what looks secret in the lock is written all the same. */
  readonly allowSecret?: string | undefined;
  /** Ends no lease where the branch does not take the event that tells of it. */
  readonly mustTell: boolean;
}

/**
 * Who takes a lock or ends a lease, with the event that records an ended one.
 * @param writer who writes, as of now
 */
export function leaseActor(
  writer: () => Writer,
  { message, reason, allowSecret, mustTell }: LeaseActorOptions,
): LeaseActor {
  const { actor: author, host, run } = writer();
  return {
    holder: { name: author.name, host, ...(run.id === undefined ? {} : { runId: run.id }) },
    author,
    reason,
    allowSecret,
    mustTell,
    tell: (name, previous, why) => {
      const now = writer();
      const event = makeEvent({ message, ...endingFields(previous, why) }, now);
      return makeOperation([{ subject: lockSubject(name), event }], now, {}, allowSecret);
    },
  };
}
