import { type KgitError, RemoteError } from '../../errors.js';
import {
  acquired,
  broken,
  claimOf,
  isClaimed,
  isTaken,
  type LeaseClaim,
  type LeaseRecord,
  released,
  renewed,
  takeoverAt,
} from '../../model/lease/lease.js';
import { checkLeaseTexts } from '../../model/lease/lease-text.js';
import type { Actor } from '../../model/operation/operation.js';
import type { ProcessLock } from '../local/process-lock.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { LockMove, LockTip } from '../port/lease-store.js';
import { BACK_OFF_BASE_MS, backOffMs } from '../publish/back-off.js';
import { checkVersion } from '../read/records.js';
import { refuseMirror } from '../refuse-mirror.js';
import type { Acquired, Acquisition, BrokenLease, EndedLease, LeaseActor } from './acquisition.js';
import type { HeldLeases } from './held-leases.js';
import {
  lockHeld,
  lockUnknown,
  nobodyHas,
  notHeld,
  ofLock,
  othersWereFaster,
  publishingStill,
  refuseTwice,
} from './lease-errors.js';
import { atHand, type LockList, listLocks } from './lock-list.js';
import { LockSight } from './lock-sight.js';
import { moveRecorded, type RecordedOutcome } from './recorded-move.js';
import { toldToken } from './seen-tokens.js';

/** Loaded late: only commands that take or end a lease look for secrets in it. */
const guard = () => import('./guarded-lease.js');

/** Minimum number of tries for a free lock, however short the wait: other clones compete for it. */
const MIN_TRIES = 8;
const LOCAL_WAIT_MS = 50;
const EXPIRED = 'the lease had expired';

export interface LeasesParts {
  readonly store: Backend;
  readonly held: HeldLeases;
  /** The publisher's lock: what the publisher writes under a lease renews it. */
  readonly publishLock: ProcessLock;
  readonly clock: Clock;
}

/** The leases of a clone: acquires, renews, releases and breaks them. */
export class Leases {
  readonly #parts: LeasesParts;
  readonly sight: LockSight;

  constructor(parts: LeasesParts) {
    this.#parts = parts;
    this.sight = new LockSight(parts.store, parts.held);
  }

  get held(): HeldLeases {
    return this.#parts.held;
  }

  /** The highest known token of a lock. If the lock does not exist, the branch is searched, too. */
  async #highestToken(name: string, before: LeaseRecord | null): Promise<number> {
    const { store, held } = this.#parts;
    const seen = await held.tokens.highest(name);
    if (before !== null) return seen;
    const { revision } = await store.head();
    return Math.max(seen, await toldToken(store.view(revision), name));
  }

  /**
   * Takes a lock that is free, or whose lease has expired and was seen unchanged for a TTL. Throws LockHeldError if
   * somebody still holds it after the wait; InvalidStateError if the store moved meanwhile; RemoteError, RefusedError,
   * SecretError.
   */
  async acquire(wanted: Acquisition, talkMs: number): Promise<Acquired> {
    await refuseMirror(this.#parts.store);
    const { guardedReason } = await guard();
    const reason = guardedReason(wanted, wanted.name);
    return ofLock(this.#acquire({ ...wanted, reason }, talkMs));
  }

  async #acquire(wanted: Acquisition, talkMs: number): Promise<Acquired> {
    const { store, held, clock } = this.#parts;
    const { name, lease, holder, ttl, reason, author, isShared } = wanted;
    checkLeaseTexts(wanted);
    const until = clock.now() + wanted.wait;
    let isTold = false;
    let broke: EndedLease | null = null;
    let unanswered: KgitError | null = null;
    for (let tries = 1; ; tries++) {
      const asked = clock.now();
      const before = await this.#lookAfter(unanswered, name, talkMs);
      if (before) refuseTwice(before);
      const taken = before && isTaken(before.record) ? before.record : null;
      // A lock in the wrong place is at most ended there; the new one is created in the right place.
      const isMisplaced = before?.stray?.isMisplaced === true;
      // An earlier push whose answer was lost did land.
      if (before && taken?.lease === lease) return this.#keep(before, isShared, broke);
      const freeAt = before && taken ? takeoverAt(taken, await held.seenSince(before, clock.now())) : 0;
      if (asked >= freeAt) {
        // The store may have been frozen during the wait.
        if (tries > 1) await checkVersion(store.view((await store.refresh(talkMs)).revision), store.target);
        const break_ = taken && broken(taken, { lease, holder, reason: EXPIRED }, clock.now());
        const first = isMisplaced ? null : (break_ ?? before?.record ?? null);
        const seen = await this.#highestToken(name, first);
        const record = acquired(first, { name, lease, holder, ttl, reason }, clock.now(), seen);
        const endsOnly = break_ !== null && isMisplaced;
        const records = endsOnly ? [break_] : break_ ? [break_, record] : [record];
        const move = { name, from: isMisplaced && !endsOnly ? null : before, records, author };
        const end = break_ && (await this.#end(move, wanted, talkMs));
        broke = end?.ended ?? broke;
        const outcome = end?.outcome ?? (await store.leases.move(move, talkMs));
        if (outcome.kind === 'swapped' && outcome.tip && !endsOnly)
          return this.#keep(outcome.tip, isShared, broke);
        unanswered = outcome.kind === 'unknown' ? outcome.error : null;
        // A failure does not say who has the lock now.
        if (
          'error' in outcome &&
          outcome.kind !== 'unknown' &&
          !(await this.sight.hasMoved(name, before, talkMs))
        )
          throw outcome.error;
        if (tries >= MIN_TRIES && clock.now() >= until) throw othersWereFaster(name);
      } else if (taken) {
        if (clock.now() >= until) throw lockHeld(taken, freeAt, clock.now());
        if (!isTold) wanted.onWait(taken, freeAt);
        isTold = true;
      }
      await this.#backOff(tries, freeAt, until);
    }
  }

  /** Reads a lock. @param unanswered of a move before, of which the lock tells whether it took place */
  async #lookAfter(unanswered: KgitError | null, name: string, talkMs: number): Promise<LockTip | null> {
    try {
      return await this.sight.look(name, talkMs);
    } catch (error) {
      throw error instanceof RemoteError && unanswered !== null ? lockUnknown(unanswered) : error;
    }
  }

  async #keep(tip: LockTip, isShared: boolean, broke: EndedLease | null): Promise<Acquired> {
    await this.#parts.held.tokens.note(tip.record.name, tip.record.token);
    await this.#parts.held.add({ tip, isShared });
    return { record: tip.record, broke };
  }

  /** Moves a lock whose first record ends somebody's lease; the same swap records it on the branch. */
  async #end(
    move: LockMove,
    by: LeaseActor,
    talkMs: number,
  ): Promise<{ outcome: RecordedOutcome; ended: EndedLease | null }> {
    const { store, clock } = this.#parts;
    const [{ previous, reason } = {}] = move.records;
    if (!previous) throw new RangeError('the first record of the move ends no lease');
    const { withoutSecrets } = await guard();
    const operation = by.tell(move.name, withoutSecrets(previous), reason);
    const work = () => moveRecorded(store, clock, move, operation, clock.now() + talkMs, !by.mustTell);
    const outcome = await this.#underPublishLock(talkMs, work);
    if (outcome.kind !== 'swapped') return { outcome, ended: null };
    const { revision, unrecorded, notes } = outcome;
    return { outcome, ended: { previous, operation, revision, unrecorded, notes } };
  }

  /** Waits with jitter, so that clones waiting for one lock spread out, but at most until the lock may be free. */
  async #backOff(tries: number, freeAt: number, until: number): Promise<void> {
    const { clock } = this.#parts;
    const now = clock.now();
    const end = freeAt > now ? Math.min(freeAt, until) : Math.max(until, now + BACK_OFF_BASE_MS);
    await clock.sleep(Math.min(Math.ceil(backOffMs(clock, tries)), Math.max(end - now, 1)));
  }

  /**
   * The claim under which a write of this process may be published. Throws LockHeldError, ConflictError if nobody has
   * the lock, RemoteError.
   * @param handed the claims that were passed to this process
   */
  async claim(name: string, handed: readonly LeaseClaim[], talkMs: number): Promise<LeaseClaim> {
    const given = handed.findLast((claim) => claim.name === name);
    if (given) return given;
    const { held, clock } = this.#parts;
    const ours = await held.read(name);
    if (ours?.isShared) return claimOf(ours.tip.record);
    const tip = await ofLock(this.sight.look(name, talkMs));
    if (!tip || !isTaken(tip.record)) throw notHeld(name);
    throw lockHeld(tip.record, takeoverAt(tip.record, await held.seenSince(tip, clock.now())), clock.now());
  }

  /** Whether this clone holds the lease of a claim, as far as it knows. */
  async isHeldHere(claim: LeaseClaim): Promise<boolean> {
    const ours = await this.#parts.held.read(claim.name);
    return ours !== null && isClaimed(ours.tip.record, claim);
  }

  /** The record that renews a lease. */
  renewal(tip: LockTip): LeaseRecord {
    return renewed(tip.record, this.#parts.clock.now());
  }

  /** Restarts the TTL of a lease. Throws FencedError, RemoteError. */
  renew(claim: LeaseClaim, author: Actor, talkMs: number): Promise<LeaseRecord> {
    const renew = () => this.#advance(claim, author, talkMs, (tip) => this.renewal(tip));
    return ofLock(this.#underPublishLock(talkMs, renew));
  }

  /** Releases a lease. Throws FencedError if it was lost, RemoteError. */
  release(claim: LeaseClaim, author: Actor, talkMs: number): Promise<LeaseRecord> {
    const release = async () => {
      const make = ({ record }: LockTip) => released(record, this.#parts.clock.now());
      const record = await this.#advance(claim, author, talkMs, make);
      await this.#parts.held.remove(claim);
      return record;
    };
    return ofLock(this.#underPublishLock(talkMs, release));
  }

  async #advance(
    claim: LeaseClaim,
    author: Actor,
    talkMs: number,
    make: (tip: LockTip) => LeaseRecord,
  ): Promise<LeaseRecord> {
    const { store, held } = this.#parts;
    for (let tries = 1; ; tries++) {
      const from = await this.sight.tipOf(claim, talkMs, tries > 1);
      const record = make(from);
      const outcome = await store.leases.move({ name: claim.name, from, records: [record], author }, talkMs);
      if (outcome.kind === 'swapped') {
        await held.update(outcome.tip);
        return record;
      }
      if (outcome.kind !== 'moved') {
        if (await this.sight.hasLanded(record, talkMs)) return record;
        throw outcome.kind === 'unknown' ? lockUnknown(outcome.error) : outcome.error;
      }
      // Another clone with the same claim may have renewed it.
      if (tries >= MIN_TRIES) throw othersWereFaster(claim.name);
    }
  }

  /** Serialises renewals and writes under one lease, which would otherwise fence each other. */
  async #underPublishLock<T>(waitMs: number, work: () => Promise<T>): Promise<T> {
    const { publishLock, clock } = this.#parts;
    const until = clock.now() + waitMs;
    while (!(await publishLock.tryAcquire())) {
      if (clock.now() >= until) throw publishingStill();
      await clock.sleep(LOCAL_WAIT_MS * (0.5 + clock.random()));
    }
    try {
      return await work();
    } finally {
      await publishLock.release();
    }
  }

  /**
   * Ends somebody's lease, expired or not; returns the lock's new record. Throws NotFoundError if nobody has the lock,
   * SecretError.
   */
  async break(name: string, lease: string, by: LeaseActor, talkMs: number): Promise<BrokenLease> {
    await refuseMirror(this.#parts.store);
    // The name is not checked: somebody else chose it, and the remote already has it.
    const { guardedReason } = await guard();
    const reason = guardedReason(by, undefined);
    return ofLock(this.#break(name, lease, { ...by, reason }, talkMs));
  }

  async #break(name: string, lease: string, by: LeaseActor, talkMs: number): Promise<BrokenLease> {
    const { held, clock } = this.#parts;
    checkLeaseTexts(by);
    for (let tries = 1; ; tries++) {
      const from = await this.sight.look(name, talkMs);
      if (!from || !isTaken(from.record)) throw nobodyHas(name);
      const { holder, reason, author } = by;
      const record = broken(from.record, { lease, holder, reason }, clock.now());
      const { ended } = await this.#end({ name, from, records: [record], author }, by, talkMs);
      if (ended) {
        await held.remove(claimOf(from.record));
        return { record, ended };
      }
      if (tries >= MIN_TRIES) throw othersWereFaster(name);
    }
  }

  /**
   * Reads the lock from the remote and returns the error for releasing a lock that is not held here: LockHeldError or
   * NotFoundError.
   */
  async holderOf(name: string, talkMs: number): Promise<KgitError> {
    const { held, clock } = this.#parts;
    const tip = await ofLock(this.sight.look(name, talkMs));
    if (!tip || !isTaken(tip.record)) return nobodyHas(name);
    return lockHeld(tip.record, takeoverAt(tip.record, await held.seenSince(tip, clock.now())), clock.now());
  }

  /** All held locks, from the remote; if it does not answer, as last seen here, and why. */
  listAtHand(talkMs: number): ReturnType<typeof atHand> {
    return atHand((ms) => this.list(ms), talkMs);
  }

  /** All held locks, by name, and broken entries among them; as last seen here if `talkMs` is null. */
  list(talkMs: number | null): Promise<LockList> {
    const { store, held, clock } = this.#parts;
    return listLocks(store, held, clock, talkMs);
  }
}
