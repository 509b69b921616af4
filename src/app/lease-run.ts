import type { KgitError } from '../errors.js';
import type { LeaseClaim } from '../model/lease/lease.js';
import type { Actor } from '../model/operation/operation.js';
import { type ChildEnd, type ChildOptions, runForUser } from '../process/child-command.js';
import { LeaseKeeper } from '../store/lease/lease-keeper.js';
import type { Leases } from '../store/lease/leases.js';
import type { Clock } from '../store/port/host.js';
import { leaseVariable } from './lease-variable.js';

/** The lease that a command is run under. */
export interface RunLease {
  readonly claim: LeaseClaim;
  /** Claims that this process itself was handed: the command gets them, too. */
  readonly handed: readonly LeaseClaim[];
  readonly leases: Leases;
  readonly clock: Clock;
  /** Author of the renewals. */
  readonly author: Actor;
  /** ms */
  readonly talkMs: number;
}

/**
 * Runs a command of the user's own under a lease: renewed meanwhile, handed to the command in KGIT_LEASE; when
 * the lease is lost the command is ended, and `lost` says why. Throws FencedError where it is lost already.
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
  const environment = { ...options.environment, ...leaseVariable([...handed, claim]) };
  const end = await runForUser(name, command, {
    ...options,
    environment,
    abort: { signal: abort.signal, lease: claim.lease },
  });
  await keeper.stop();
  return { end, lost: keeper.lost };
}
