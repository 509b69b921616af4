import type { KgitError } from '../../errors.js';
import { claimOf, formatClaims, type LeaseClaim, type LeaseRecord } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import { type ChildEnd, type ChildOptions, runForUser } from '../../process/child-command.js';
import { EndSignals } from '../../process/end-signals.js';
import { LeaseKeeper } from '../../store/lease/lease-keeper.js';
import type { Leases } from '../../store/lease/leases.js';
import type { Clock } from '../../store/port/host.js';

/** The lease that a command is run under. */
export interface RunLease {
  readonly claim: LeaseClaim;
  /** Claims that this process inherited; it passes them on to the command. */
  readonly handed: readonly LeaseClaim[];
  readonly leases: Leases;
  readonly clock: Clock;
  /** Author of the renewals. */
  readonly author: Actor;
  /** How long the remote may take to answer, in ms. */
  readonly talkMs: number;
}

/**
 * Runs the user's command under a lease. The lease is renewed meanwhile and passed to the command in KGIT_LEASE. If the
 * lease is lost, the command is ended, and `lost` gives the reason. Throws FencedError if it was lost before the
 * command began.
 */
export async function runUnderLease(
  name: string,
  command: readonly string[],
  options: Omit<ChildOptions, 'isInteractive' | 'abort'>,
  { claim, handed, leases, clock, author, talkMs }: RunLease,
): Promise<{ end: ChildEnd; lost: KgitError | null }> {
  const keeper = new LeaseKeeper(leases, clock, talkMs);
  const abort = new AbortController();
  await keeper.start(claim, author, () => abort.abort());
  const end = await runForUser(name, command, {
    ...options,
    environment: { ...options.environment, KGIT_LEASE: formatClaims([...handed, claim]) },
    abort: { signal: abort.signal, lease: claim.lease },
  });
  await keeper.stop();
  return { end, lost: keeper.lost };
}

/** How a command under a lock ended. */
export interface LockedRun {
  readonly end: ChildEnd;
  /** Why the lock was not released: its lease was lost, or the remote could not be reached. */
  readonly failure: KgitError | null;
}

/**
 * Runs a command under a lease that was just taken, and releases the lease at the end. Throws FencedError if it was
 * lost before the command began.
 * @param asError turns anything thrown into a KgitError
 */
export async function runAndRelease(
  command: readonly string[],
  options: Pick<ChildOptions, 'environment' | 'stdout'>,
  record: LeaseRecord,
  lease: Omit<RunLease, 'claim'>,
  asError: (thrown: unknown) => KgitError,
): Promise<LockedRun> {
  const claim = claimOf(record);
  const { leases, author, talkMs } = lease;
  const signals = new EndSignals();
  try {
    const run = await runUnderLease('kgit lock', command, { ...options, signals }, { ...lease, claim });
    // From here on, signals no longer prevent the release of the lock.
    signals.to(() => undefined);
    if (run.lost) return { end: run.end, failure: run.lost };
    const failure = await leases.release(claim, author, talkMs).then(() => null, asError);
    return { end: run.end, failure };
  } finally {
    signals.release();
  }
}
