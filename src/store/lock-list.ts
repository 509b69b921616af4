import { isTaken, type LeaseRecord, takeoverAt } from '../model/lease.js';
import type { HeldLeases } from './held-leases.js';
import type { Clock } from './host.js';
import { ofLock } from './lease-errors.js';
import type { BrokenLock } from './lease-store.js';
import type { StateStore } from './state-store.js';

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
}

/** All locks that somebody has, by name, and refs that hold none; as last seen here where `talkMs` is null. Throws RemoteError. */
export async function listLocks(
  store: StateStore,
  held: HeldLeases,
  clock: Clock,
  talkMs: number | null,
): Promise<LockList> {
  const ours = new Set((await held.claims()).map(({ lease }) => lease));
  const standings: LockStanding[] = [];
  const { tips, broken } = await ofLock(store.leases.list(talkMs));
  for (const tip of tips.values()) {
    const { record } = tip;
    await held.tokens.note(record.name, record.token);
    if (!isTaken(record)) continue;
    const freeAt = takeoverAt(record, await held.seenSince(tip, clock.now()));
    standings.push({ record, isOurs: ours.has(record.lease), freeAt });
  }
  return { standings, broken };
}
