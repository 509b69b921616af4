import { KgitError } from '../../errors.js';
import type { LeaseClaim } from '../../model/lease/lease.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { PlannedEntry } from '../plan/plan-batch.js';
import type { LockMove, LockTip } from '../port/lease-store.js';
import type { Leases } from './leases.js';

const keyOf = ({ name, lease }: LeaseClaim) => `${name} ${lease}`;

/**
 * The leases under which entries of the outbox are to be published. Each is renewed by the very push that
 * publishes: a lock that does not change is not sent, and then the server checks nothing.
 */
export class ClaimedWrites {
  readonly #leases: Leases;
  /** By claim: where the lock is, as far as is known. */
  readonly #tips = new Map<string, LockTip>();
  /** Names of locks that the remote says are elsewhere. */
  readonly #doubted = new Set<string>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  /** Looks up the leases of the entries; gives those entries whose lease is lost (FENCED) or cannot be asked for (REMOTE). */
  async check(entries: readonly OutboxEntry[], talkMs: number): Promise<ReadonlyMap<OutboxEntry, KgitError>> {
    const failed = new Map<OutboxEntry, KgitError>();
    const asked = new Map<string, KgitError | null>();
    for (const entry of entries) {
      const claim = entry.operation?.claim;
      if (!claim) continue;
      const key = keyOf(claim);
      if (!asked.has(key)) asked.set(key, await this.#look(claim, talkMs));
      const error = asked.get(key);
      if (error) failed.set(entry, error);
    }
    this.#doubted.clear();
    return failed;
  }

  async #look(claim: LeaseClaim, talkMs: number): Promise<KgitError | null> {
    const isDoubted = this.#doubted.has(claim.name);
    if (this.#tips.has(keyOf(claim)) && !isDoubted) return null;
    try {
      this.#tips.set(keyOf(claim), await this.#leases.sight.writableTip(claim, talkMs, isDoubted));
      return null;
    } catch (error) {
      if (error instanceof KgitError && (error.code === 'FENCED' || error.code === 'REMOTE')) return error;
      throw error;
    }
  }

  /** The moves that renew what the planned entries need: what is there already needs none. */
  renewals(planned: readonly PlannedEntry[]): LockMove[] {
    const moves = new Map<string, LockMove>();
    for (const { entry, applied } of planned) {
      const { claim, actor: author } = entry.operation ?? {};
      const needs = applied.kind === 'commit' || applied.kind === 'unchanged';
      const from = claim && needs ? this.#tips.get(keyOf(claim)) : undefined;
      if (!claim || !author || !from || moves.has(claim.name)) continue;
      moves.set(claim.name, { name: claim.name, from, records: [this.#leases.renewal(from)], author });
    }
    return [...moves.values()];
  }

  /** Has these locks looked up anew: the remote says that they have moved. */
  doubt(names: readonly string[]): void {
    for (const name of names) this.#doubted.add(name);
  }

  /** Notes where the locks are that a push has renewed. */
  async noteRenewed(tips: ReadonlyMap<string, LockTip> | undefined): Promise<void> {
    for (const tip of tips?.values() ?? []) await this.#leases.held.update(tip);
  }
}
