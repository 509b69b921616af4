import type { Leases } from '../../store/lease/leases.js';

export type ListedLocks = Awaited<ReturnType<Leases['list']>> & {
  /** Why the remote could not be asked, so that the locks are shown as last seen here; else null. */
  readonly staleness: Awaited<ReturnType<Leases['listAtHand']>>['staleness'];
};

/**
 * Lists the locks that somebody holds.
 * @param fetch true asks the remote and fails if it does not answer; false does not ask; undefined asks, and falls back
 *   to what was last seen
 * @param talkMs how long the remote may take to answer
 */
export async function listLocks(
  leases: Leases,
  fetch: boolean | undefined,
  talkMs: number,
): Promise<ListedLocks> {
  if (fetch === undefined) return leases.listAtHand(talkMs);
  return { ...(await leases.list(fetch ? talkMs : null)), staleness: null };
}
