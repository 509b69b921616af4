import { InternalError, type KgitError } from '../../errors.js';
import { type PlannedEntry, sealingOf } from '../plan/planned.js';
import type { Revision } from '../port/state-store.js';
import type { Delivery } from './delivery.js';
import type { Outbox, OutboxEntry, RefusedBefore } from './outbox.js';

/** What became of the entries of one run over the outbox: kept there, or told to those who wait. */
export class Deliveries {
  readonly #outbox: Outbox;
  readonly #own: string | undefined;
  readonly #byId = new Map<string, Delivery>();

  /** @param own the operation whose delivery this process returns itself, so it needs no result file */
  constructor(outbox: Outbox, own: string | undefined) {
    this.#outbox = outbox;
    this.#own = own;
  }

  get byId(): ReadonlyMap<string, Delivery> {
    return this.#byId;
  }

  /** Ends an operation: it leaves the outbox, and who waits for it is told. */
  async complete(entry: OutboxEntry, delivery: Delivery): Promise<void> {
    this.#byId.set(entry.id, delivery);
    if (entry.id !== this.#own) await this.#outbox.report(entry.id, delivery);
    await this.#outbox.complete(entry, delivery.kind === 'published');
  }

  /** Ends entries that are on the branch at `tip`; those of them that it was moved for, at `revisions`. */
  async finish(
    entries: readonly PlannedEntry[],
    tip: Revision | null,
    revisions: readonly Revision[],
    attempts: number,
  ): Promise<void> {
    let next = 0;
    for (const { entry, applied } of entries) {
      const revision = applied.kind === 'commit' ? (revisions[next++] ?? null) : tip;
      await this.complete(entry, deliveryOf(applied, revision, attempts));
    }
  }

  /** Ends those operations that were to be published under a lease. */
  async rejectClaimed(entries: readonly PlannedEntry[], error: KgitError, attempts: number): Promise<void> {
    for (const { entry } of entries)
      if (entry.operation?.claim) await this.complete(entry, { kind: 'rejected', error, attempts });
  }

  /** Something here or there has to be mended first: our own write is refused, what was acknowledged before stays. */
  async refuseOwn(entries: readonly OutboxEntry[], error: KgitError, attempts: number): Promise<void> {
    for (const entry of entries) {
      if (this.isThrough(entry.id)) continue;
      if (entry.id === this.#own) await this.complete(entry, { kind: 'rejected', error, attempts });
      else await this.leave([entry], error, attempts, false);
    }
  }

  /**
   * Leaves entries in the outbox.
   * @param unknown whether they may be on the branch all the same
   * @param refused where they were refused alone
   */
  async leave(
    entries: readonly OutboxEntry[],
    error: KgitError,
    attempts: number,
    unknown: boolean,
    refused?: RefusedBefore,
  ): Promise<void> {
    for (const entry of entries) {
      if (this.isThrough(entry.id)) continue;
      const delivery: Delivery = { kind: 'pending', error, attempts, unknown };
      this.#byId.set(entry.id, delivery);
      // Nothing was tried, and what is told of it already is told again for each of the many that may wait.
      const isKnown = attempts === 0 && entry.error?.message === error.message && entry.id !== this.#own;
      if (isKnown && refused === undefined) continue;
      await this.#outbox.recordTrouble(entry, Math.max(attempts, 1), error, refused);
      // Whoever waits for it need not run into the same wall again.
      if (entry.id !== this.#own) await this.#outbox.report(entry.id, delivery);
    }
  }

  /** Whether an operation has left the outbox. */
  isThrough(id: string): boolean {
    const delivery = this.#byId.get(id);
    return delivery !== undefined && delivery.kind !== 'pending';
  }
}

function deliveryOf(applied: PlannedEntry['applied'], revision: Revision | null, attempts: number): Delivery {
  switch (applied.kind) {
    case 'rejected':
      return { kind: 'rejected', error: applied.error, attempts };
    case 'unchanged':
      return { kind: 'unchanged', revision, attempts, ...sealingOf(applied) };
    default: {
      if (revision === null) throw new InternalError('a published operation has no revision');
      const { changes, duplicates } = applied;
      return { kind: 'published', revision, attempts, changes, duplicates, ...sealingOf(applied) };
    }
  }
}
