import { endingFields } from '../../model/lease/lease.js';
import { makeEvent, makeOperation, type Writer } from '../../model/operation/make-operation.js';
import { lockSubject } from '../../model/subject/subject.js';
import type { LeaseActor } from '../../store/lease/acquisition.js';

export interface LeaseActorOptions {
  readonly message?: string | undefined;
  /** Why the lock is taken, or why somebody else's lease is ended. */
  readonly reason?: string | undefined;
  /** Why the lock is written although something in it looks secret. */
  readonly allowSecret?: string | undefined;
  /** Fails instead of ending a lease if the branch does not accept the event that records it. */
  readonly mustTell: boolean;
}

/**
 * Returns the actor who takes a lock or ends a lease, with a function that makes the event for an ended lease.
 * @param writer the writer as of now
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
