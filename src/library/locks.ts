/** The locks of a store: takes, lists, breaks and releases them. */
import { leaseActor } from '../app/lock/lease-actor.js';
import { listLocks } from '../app/lock/list-locks.js';
import type { Claims } from '../app/write/writing.js';
import { UsageError } from '../errors.js';
import {
  claimOf,
  expiresAt,
  type LeaseClaim,
  type LeaseRecord,
  MAX_TTL,
  MIN_TTL,
} from '../model/lease/lease.js';
import { lockName } from '../model/lease/lock-name.js';
import type { Writer } from '../model/operation/make-operation.js';
import { systemClock } from '../setup/this-host.js';
import type { EndedLease, LeaseActor } from '../store/lease/acquisition.js';
import { LeaseKeeper } from '../store/lease/lease-keeper.js';
import type { Leases } from '../store/lease/leases.js';
import { type ClaimedLease, type EndedLock, Lease } from './lease.js';
import type { BreakOptions, HeldLock, LockOptions, LocksOptions } from './types.js';

const TTL_MS = 5 * 60_000;

function heldLock(record: LeaseRecord, freeAt: number, isOurs: boolean): HeldLock {
  const { name, token, holder, acquiredAt, reason = null } = record;
  return {
    ...{ name, token, holder: holder.name, host: holder.host, runId: holder.runId ?? null, reason },
    ...{ acquiredAt: new Date(acquiredAt), expiresAt: new Date(expiresAt(record)) },
    ...{ freeAt: new Date(freeAt), isOurs },
  };
}

function endedLock(name: string, { previous, operation, revision, unrecorded }: EndedLease): EndedLock {
  const { name: holder, host, token, expiresAt: end } = previous;
  const event = unrecorded ? null : (operation.events[0]?.event.id ?? null);
  return { name, token, holder, host, expiresAt: new Date(end), event, revision };
}

/** Who takes or ends a lease; the event of an ended one is of the time at which it was ended. */
function actorOf(writer: Writer, { reason, requirePublish }: BreakOptions): LeaseActor {
  const now = () => ({ ...writer, now: systemClock.now() });
  return leaseActor(now, { reason, mustTell: requirePublish === true });
}

/** Returns a number of ms from a caller if it is within bounds. Throws UsageError. */
function checkedMs(name: string, ms: number, min: number, max: number): number {
  if (Number.isFinite(ms) && ms >= min && ms <= max) return ms;
  throw new UsageError(`${name} is a number of milliseconds from ${min} to ${max}`, {
    data: { option: name },
  });
}

/** @internal */
export class StoreLocks {
  readonly #leases: Leases;
  /** Claims that this process got from `kgit lock NAME -- COMMAND`. */
  readonly #handed: readonly LeaseClaim[];
  readonly #held = new Map<string, ClaimedLease>();

  constructor(leases: Leases, handed: readonly LeaseClaim[]) {
    this.#leases = leases;
    this.#handed = handed;
  }

  async take(name: string, options: LockOptions, writer: Writer, talkMs: number): Promise<Lease> {
    const { ttl = TTL_MS, wait = 0, onWait } = options;
    const { broke, record } = await this.#leases.acquire(
      {
        ...actorOf(writer, options),
        ...{ name: lockName(name), lease: writer.ids.next(), isShared: false },
        ttl: checkedMs('ttl', ttl, MIN_TTL, MAX_TTL),
        wait: checkedMs('wait', wait, 0, Number.MAX_SAFE_INTEGER),
        onWait: (held, freeAt) => onWait?.(heldLock(held, freeAt, false)),
      },
      talkMs,
    );
    const claim = claimOf(record);
    const keeper = new LeaseKeeper(this.#leases, systemClock, talkMs);
    const lost = new AbortController();
    await keeper.start(claim, writer.actor, () => lost.abort(keeper.lost));
    this.#held.set(name, { claim, stop: () => keeper.stop() });
    const release = async () => {
      await keeper.stop();
      this.#held.delete(name);
      if (keeper.lost) throw keeper.lost;
      await this.#leases.release(claim, writer.actor, talkMs);
    };
    return new Lease({ record, broke: broke && endedLock(name, broke), signal: lost.signal, release });
  }

  async list({ fetch, onStale, onBroken }: LocksOptions, talkMs: number): Promise<HeldLock[]> {
    const isFetched = fetch === undefined ? undefined : fetch === 'always';
    const { standings, broken, staleness } = await listLocks(this.#leases, isFetched, talkMs);
    if (staleness) onStale?.(staleness);
    for (const { where, problem } of broken) onBroken?.(where, problem);
    return standings.map(({ record, freeAt, isOurs }) => heldLock(record, freeAt, isOurs));
  }

  async break(name: string, options: BreakOptions, writer: Writer, talkMs: number): Promise<EndedLock> {
    const by = actorOf(writer, options);
    const { ended } = await this.#leases.break(lockName(name), writer.ids.next(), by, talkMs);
    return endedLock(name, ended);
  }

  /** The leases that writes of this store may be made under. */
  get claims(): Claims {
    return { handed: this.#handed, taken: [...this.#held.values()].map(({ claim }) => claim) };
  }

  /** Stops all renewals; leases that are still held expire by themselves. */
  async stop(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ stop }) => stop()));
  }
}
