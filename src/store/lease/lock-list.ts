import { EnvironmentError, RemoteError } from '../../errors.js';
import { isTaken, type LeaseRecord, takeoverAt } from '../../model/lease/lease.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { BrokenLock } from '../port/lease-store.js';
import type { HeldLeases } from './held-leases.js';
import { ofLock } from './lease-errors.js';

/** The status of a lock, as shown to users. */
export interface LockStanding {
  readonly record: LeaseRecord;
  /** Whether this clone holds it. */
  readonly isOurs: boolean;
  /** When others may take it over, in ms since the epoch. */
  readonly freeAt: number;
}

/** The held locks, and the broken entries among them. */
export interface LockList {
  readonly standings: readonly LockStanding[];
  readonly broken: readonly BrokenLock[];
  /** Where locks are kept, as text for messages. */
  readonly place: string;
  /** Why this clone cannot record what it saw, which delays a takeover; null if it can. */
  readonly unkept: EnvironmentError | null;
}

/** Lists all held locks, by name, and broken entries; as last seen here if `talkMs` is null. Throws RemoteError. */
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
      // A read-only clone still lists what it sees.
      if (!(error instanceof EnvironmentError)) throw error;
      unkept = error;
    }
    if (!isTaken(record)) continue;
    standings.push({ record, isOurs: ours.has(record.lease), freeAt: takeoverAt(record, since) });
  }
  return { standings, broken, place, unkept };
}

/** Returns the current list; if the remote does not answer or the list cannot be recorded, as last seen here, and why. */
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
