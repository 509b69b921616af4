import { claimOf, type LeaseRecord } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Leases } from '../../store/lease/leases.js';

/**
 * Releases the lease of a lock that `kgit lock NAME` took in this clone. Throws LockHeldError where somebody else holds
 * it, or a command of this clone does; NotFoundError where nobody does; FencedError, RemoteError.
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
