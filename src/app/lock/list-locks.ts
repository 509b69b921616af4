import type { Leases } from '../../store/lease/leases.js';

export type ListedLocks = Awaited<ReturnType<Leases['list']>> & {
  /** Why the locks are told as they were last seen here. */
  readonly staleness: Awaited<ReturnType<Leases['listAtHand']>>['staleness'];
};

/**
 * The locks that somebody holds.
 * @param fetch true asks the remote, whose silence is an error; false asks nobody; undefined asks, and answers with
 *   what was last seen where the remote does not
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
