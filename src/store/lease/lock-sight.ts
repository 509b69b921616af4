import { KgitError } from '../../errors.js';
import { isClaimed, isTaken, type LeaseClaim, type LeaseRecord } from '../../model/lease/lease.js';
import type { Backend } from '../port/backend.js';
import type { LockTip } from '../port/lease-store.js';
import type { HeldLeases } from './held-leases.js';
import { fenced, fencedTwice, misplaced } from './lease-errors.js';

/** What lies under a lock's name in another place, seen from there; null where nothing does. */
function secondOf({ stray, ...tip }: LockTip): LockTip | null {
  if (!stray?.other) return null;
  const { tip: second, place } = stray.other;
  return { ...second, stray: { place, isMisplaced: false, other: { tip, place: stray.place } } };
}

/** Where locks stand: as the remote has them, or as this clone knows them. What is seen is noted. */
export class LockSight {
  readonly #store: Backend;
  readonly #held: HeldLeases;

  constructor(store: Backend, held: HeldLeases) {
    this.#store = store;
    this.#held = held;
  }

  /** The lock as the remote has it now; its token is noted, for the lock may be deleted before the next look. */
  async look(name: string, talkMs: number): Promise<LockTip | null> {
    const tip = await this.#store.leases.read(name, talkMs);
    const tokens = [tip, tip?.stray?.other?.tip].flatMap((each) => each?.record.token ?? []);
    if (tokens.length > 0) await this.#held.tokens.note(name, Math.max(...tokens));
    return tip;
  }

  /** Whether a lock is elsewhere than it was; false where that cannot be asked. */
  async hasMoved(name: string, before: LockTip | null, talkMs: number): Promise<boolean> {
    try {
      return (await this.look(name, talkMs))?.version !== before?.version;
    } catch (error) {
      // What failed first is what the user has to know.
      if (!(error instanceof KgitError)) throw error;
      return false;
    }
  }

  /** Where a lease that is claimed stands: as this clone knows it, else as the remote has it. Throws FencedError. */
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
   * Where a lease stands that a write is to renew: as the remote has it now, so that none is written under while somebody
   * holds the same lock in another place. Throws FencedError, RemoteError.
   */
  async writableTip(claim: LeaseClaim, talkMs: number, isFresh: boolean): Promise<LockTip> {
    const tip = await this.tipOf(claim, talkMs, isFresh || this.#store.isRemote);
    const { stray } = tip;
    if (stray?.isMisplaced) throw misplaced(claim, stray.place);
    if (stray?.other && isTaken(stray.other.tip.record)) throw fencedTwice(claim, stray);
    return tip;
  }

  /** Whether the lock is at this very commit, though the answer to its push was another one, or none. */
  async hasLanded(record: LeaseRecord, talkMs: number): Promise<boolean> {
    try {
      const tip = await this.look(record.name, talkMs);
      if (tip?.record.nonce !== record.nonce) return false;
      await this.#held.update(tip);
      return true;
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      return false;
    }
  }
}
