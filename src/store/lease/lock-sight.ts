import { KgitError } from '../../errors.js';
import {
  isClaimed,
  isSameMove,
  isTaken,
  type LeaseClaim,
  type LeaseRecord,
} from '../../model/lease/lease.js';
import type { Backend } from '../port/backend.js';
import type { LockTip } from '../port/lease-store.js';
import type { HeldLeases } from './held-leases.js';
import { fenced, fencedTwice, misplaced } from './lease-errors.js';

/** The tip of the same lock in another place, as seen from there; null if there is none. */
function secondOf({ stray, ...tip }: LockTip): LockTip | null {
  if (!stray?.other) return null;
  const { tip: second, place } = stray.other;
  return { ...second, stray: { place, isMisplaced: false, other: { tip, place: stray.place } } };
}

/** Finds the tips of locks, at the remote or as this clone knows them, and records what it sees. */
export class LockSight {
  readonly #store: Backend;
  readonly #held: HeldLeases;

  constructor(store: Backend, held: HeldLeases) {
    this.#store = store;
    this.#held = held;
  }

  /** Reads the lock from the remote and records its token, in case the lock is deleted before the next look. */
  async look(name: string, talkMs: number): Promise<LockTip | null> {
    const tip = await this.#store.leases.read(name, talkMs);
    const tokens = [tip, tip?.stray?.other?.tip].flatMap((each) => each?.record.token ?? []);
    if (tokens.length > 0) await this.#held.tokens.note(name, Math.max(...tokens));
    return tip;
  }

  /** Whether a lock has moved; false if the remote cannot be asked. */
  async hasMoved(name: string, before: LockTip | null, talkMs: number): Promise<boolean> {
    try {
      return (await this.look(name, talkMs))?.version !== before?.version;
    } catch (error) {
      // The first failure is the one to report.
      if (!(error instanceof KgitError)) throw error;
      return false;
    }
  }

  /** The tip of a claimed lease: as this clone knows it, else from the remote. Throws FencedError. */
  async tipOf(claim: LeaseClaim, talkMs: number, isFresh = false): Promise<LockTip> {
    const ours = isFresh ? null : await this.#held.read(claim.name);
    if (ours && isClaimed(ours.tip.record, claim)) return ours.tip;
    const tip = await this.look(claim.name, talkMs);
    const own = [tip, tip && secondOf(tip)].find((each) => each && isClaimed(each.record, claim));
    if (own) {
      await this.#held.update(own);
      return own;
    }
    await this.#held.remove(claim);
    throw fenced(claim, tip?.record ?? null);
  }

  /**
   * The tip of a lease that a write is about to renew, from the remote, so that nothing is written under it while
   * somebody holds the same lock in another place. Throws FencedError, RemoteError.
   */
  async writableTip(claim: LeaseClaim, talkMs: number, isFresh: boolean): Promise<LockTip> {
    const tip = await this.tipOf(claim, talkMs, isFresh || this.#store.isRemote);
    const { stray } = tip;
    if (stray?.isMisplaced) throw misplaced(claim, stray.place);
    if (stray?.other && isTaken(stray.other.tip.record)) throw fencedTwice(claim, stray);
    return tip;
  }

  /** Whether the lock is at exactly this record although its push failed or was not answered. */
  async hasLanded(record: LeaseRecord, talkMs: number): Promise<boolean> {
    try {
      const tip = await this.look(record.name, talkMs);
      if (!tip || !isSameMove(tip.record, record)) return false;
      await this.#held.update(tip);
      return true;
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      return false;
    }
  }
}
