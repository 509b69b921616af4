import { claimOf, type LeaseRecord } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Leases } from '../../store/lease/leases.js';

/**
 * Releases the lease that `kgit lock NAME` took in this clone. Throws LockHeldError if somebody else, or a command of
 * this clone, holds the lock; NotFoundError if nobody does; FencedError, RemoteError.
 * @param talkMs how long the remote may take to answer
 */
export async function releaseLock(
  leases: Leases,
  name: string,
  author: Actor,
  talkMs: number,
): Promise<LeaseRecord> {
  const ours = await leases.held.read(name);
  if (!ours?.isShared) throw await leases.holderOf(name, talkMs);
  return leases.release(claimOf(ours.tip.record), author, talkMs);
}
