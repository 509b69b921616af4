import { KgitError } from '../../errors.js';
import type { LeaseClaim } from '../../model/lease/lease.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { PlannedEntry } from '../plan/plan-batch.js';
import type { LockMove, LockTip } from '../port/lease-store.js';
import type { Leases } from './leases.js';

const keyOf = ({ name, lease }: LeaseClaim) => `${name} ${lease}`;

/**
 * The leases under which entries of the outbox are published. The push that publishes an entry also renews its lease: a
 * lock that does not change is not sent, and the server would then not check it.
 */
export class ClaimedWrites {
  readonly #leases: Leases;
  /** By claim: the last known tip of the lock. */
  readonly #tips = new Map<string, LockTip>();
  /** Names of locks that, according to the remote, have moved. */
  readonly #doubted = new Set<string>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  /**
   * Looks up the leases of the entries. Returns the entries whose lease is lost (FENCED) or cannot be checked (REMOTE).
   */
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

  /** The moves that renew the leases of the planned entries. Entries already published need none. */
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

  /** Marks locks to be looked up again, because the remote reports that they have moved. */
  doubt(names: readonly string[]): void {
    for (const name of names) this.#doubted.add(name);
  }

  /** Records the new tips of the locks that a push has renewed. */
  async noteRenewed(tips: ReadonlyMap<string, LockTip> | undefined): Promise<void> {
    for (const tip of tips?.values() ?? []) {
      await this.#leases.held.update(tip);
      this.#tips.set(keyOf(tip.record), tip);
    }
  }
}
