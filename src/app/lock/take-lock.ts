import type { KgitError } from '../../errors.js';
import type { LeaseClaim, LeaseRecord } from '../../model/lease/lease.js';
import type { Writer } from '../../model/operation/make-operation.js';
import type { Environment } from '../../setup/this-host.js';
import type { Acquired, EndedLease } from '../../store/lease/acquisition.js';
import type { Clock } from '../../store/port/host.js';
import type { Configured } from '../open/configured.js';
import { type LeaseActorOptions, leaseActor } from './lease-actor.js';
import { type LockedRun, runAndRelease } from './run-under-lease.js';

export interface LockIntent extends LeaseActorOptions {
  readonly name: string;
  /** How long the lease lasts without renewal, in ms. */
  readonly ttl: number;
  /** How long to wait for a lock that somebody else holds, in ms. */
  readonly wait: number;
  /** A command to run under the lock, which is released at its end; null keeps the lock for the commands of this clone. */
  readonly command: readonly string[] | null;
  /** Where the standard output of the command goes. */
  readonly stdout: 'stdout' | 'stderr';
}

export interface LockParts {
  /** Returns the writer as of now. */
  readonly writer: () => Writer;
  readonly clock: Clock;
  readonly environment: Environment;
  /** Claims that this process inherited; it passes them on to the command. */
  readonly handed: readonly LeaseClaim[];
  /** Turns anything thrown into a KgitError: a lock that cannot be released must not hide how the command ended. */
  readonly asError: (thrown: unknown) => KgitError;
  /** Called once with the lease that is waited for. @param freeAt when it can be taken over, in ms since the epoch */
  readonly onWait: (record: LeaseRecord, freeAt: number) => void;
  /** Called if an expired lease was ended, before the command begins. */
  readonly onEnded: (ended: EndedLease) => void;
}

/** A lock that was taken, and how the command under it ended; null if there was none. */
export interface TakenLock {
  readonly acquired: Acquired;
  readonly run: LockedRun | null;
}

/**
 * Takes a lock and, with a command, runs it under the lock and releases the lock. Throws LockHeldError, RemoteError,
 * RefusedError; FencedError if the lease was lost before the command began.
 */
export async function takeLock(
  { opened, settings }: Pick<Configured, 'opened' | 'settings'>,
  { name, ttl, wait, command, stdout, ...options }: LockIntent,
  { writer, clock, environment, handed, asError, onWait, onEnded }: LockParts,
): Promise<TakenLock> {
  const { leases, repository } = opened;
  const talkMs = settings.timeout;
  const { ids, actor: author } = writer();
  const lease = { name, ttl, wait, lease: ids.next(), isShared: command === null, onWait };
  const acquired = await leases.acquire({ ...leaseActor(writer, options), ...lease }, talkMs);
  if (acquired.broke) onEnded(acquired.broke);
  if (command === null) return { acquired, run: null };
  // Ctrl-C would also end helper processes of the driver; they restart on demand.
  await repository.close();
  const under = { handed, leases, clock, author, talkMs };
  const child = { environment: { ...environment }, stdout };
  return { acquired, run: await runAndRelease(command, child, acquired.record, under, asError) };
}
