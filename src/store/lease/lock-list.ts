import { EnvironmentError, RemoteError } from '../../errors.js';
import { isTaken, type LeaseRecord, takeoverAt } from '../../model/lease/lease.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { BrokenLock } from '../port/lease-store.js';
import type { HeldLeases } from './held-leases.js';
import { ofLock } from './lease-errors.js';

/** A lock as people see it. */
export interface LockStanding {
  readonly record: LeaseRecord;
  /** Whether this clone holds it. */
  readonly isOurs: boolean;
  /** From when on others may take it over, in ms since the epoch. */
  readonly freeAt: number;
}

/** The locks that somebody has, and what stands where locks should be. */
export interface LockList {
  readonly standings: readonly LockStanding[];
  readonly broken: readonly BrokenLock[];
  /** Where locks lie, for people. */
  readonly place: string;
  /** Why this clone cannot keep what it saw, so that a take-over waits longer; null where it can. */
  readonly unkept: EnvironmentError | null;
}

/** All locks that somebody has, by name, and refs that hold none; as last seen here where `talkMs` is null. Throws RemoteError. */
export async function listLocks(
  store: Backend,
  held: HeldLeases,
  clock: Clock,
  talkMs: number | null,
): Promise<LockList> {
  const ours = new Set((await held.claims()).map(({ lease }) => lease));
  const standings: LockStanding[] = [];
  const { tips, broken, place } = await ofLock(store.leases.list(talkMs));
  let unkept: EnvironmentError | null = null;
  for (const tip of tips.values()) {
    const { record } = tip;
    const now = clock.now();
    let since = now;
    try {
      await held.tokens.note(record.name, record.token);
      if (isTaken(record)) since = await held.seenSince(tip, now);
    } catch (error) {
      // A clone that can only be read tells what it sees, too.
      if (!(error instanceof EnvironmentError)) throw error;
      unkept = error;
    }
    if (!isTaken(record)) continue;
    standings.push({ record, isOurs: ours.has(record.lease), freeAt: takeoverAt(record, since) });
  }
  return { standings, broken, place, unkept };
}

/** What `list` gives now; as last seen here where the remote does not answer or cannot be noted, and why that is. */
export async function atHand(
  list: (talkMs: number | null) => Promise<LockList>,
  talkMs: number,
): Promise<LockList & { staleness: RemoteError | EnvironmentError | null }> {
  try {
    return { ...(await list(talkMs)), staleness: null };
  } catch (error) {
    if (!(error instanceof RemoteError || error instanceof EnvironmentError)) throw error;
    return { ...(await list(null)), staleness: error };
  }
}
