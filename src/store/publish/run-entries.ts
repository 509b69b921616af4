import { errorFromJson, InternalError, type KgitError } from '../../errors.js';
import type { Delivery } from '../outbox/delivery.js';
import type { Outbox, OutboxEntry, RefusedBefore } from '../outbox/outbox.js';
import { type PlannedEntry, sealingOf } from '../plan/plan-batch.js';
import type { Clock } from '../port/host.js';
import type { Revision } from '../port/state-store.js';
import { retryMs } from './back-off.js';
import { refusedNote } from './publish-errors.js';
import { type Refused, reasonOf } from './splitting.js';

export interface RunEntriesOptions {
  /** The store that is published to: entries made for another one wait on. */
  readonly target: string;
  /** The operation whose delivery this process returns itself, so it needs no result file. */
  readonly own: string | undefined;
  /** Of the operations that a server lost, those that may be published again. */
  readonly released: ReadonlySet<string>;
  /** Whether operations refused earlier are tried again however short ago that was. */
  readonly retriesAll: boolean;
}

/** The outbox as one run over it sees it: the entries that wait for it, and what became of each. */
export class RunEntries {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #options: RunEntriesOptions;
  readonly #deliveries = new Map<string, Delivery>();
  /** Operations that are not tried again in this run. */
  readonly #refused = new Set<string>();
  /** How many times the run tried to move the branch. */
  attempts = 0;

  constructor(outbox: Outbox, clock: Clock, options: RunEntriesOptions) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#options = options;
  }

  /** What became of the operations, by id. */
  get deliveries(): ReadonlyMap<string, Delivery> {
    return this.#deliveries;
  }

  /** The entries that wait and were never refused alone. */
  async fresh(): Promise<OutboxEntry[]> {
    return (await this.#all()).filter(({ refused }) => !refused);
  }

  /** The entries that an earlier run found to be refused alone, and that are due to be tried again. */
  async refusedBefore(): Promise<OutboxEntry[]> {
    const now = this.#clock.now();
    const isDue = ({ refused }: OutboxEntry) =>
      refused !== undefined && (this.#options.retriesAll || refused.next <= now);
    return (await this.#all()).filter((entry) => isDue(entry) && !this.#refused.has(entry.id));
  }

  async #all(): Promise<OutboxEntry[]> {
    const { target, released } = this.#options;
    return (await this.#outbox.list()).filter(
      (entry) => entry.operation && entry.target === target && (!entry.isHeld || released.has(entry.id)),
    );
  }

  /** The entries of which this run does not know yet what becomes of them. */
  open(entries: readonly OutboxEntry[]): OutboxEntry[] {
    return entries.filter(({ id }) => !this.#refused.has(id) && !this.#hasLeft(id));
  }

  /** Whether an operation has left the outbox. */
  #hasLeft(id: string): boolean {
    const delivery = this.#deliveries.get(id);
    return delivery !== undefined && delivery.kind !== 'pending';
  }

  /**
   * Ends the operations of a plan that is on the branch.
   * @param tip where the branch is
   * @param revisions the commits that it was moved for, one for each entry that has something to write
   */
  async finish(
    entries: readonly PlannedEntry[],
    tip: Revision | null,
    revisions: readonly Revision[] = [],
  ): Promise<void> {
    let next = 0;
    for (const { entry, applied } of entries) {
      const revision = applied.kind === 'commit' ? (revisions[next++] ?? null) : tip;
      await this.#end(entry, deliveryOf(applied, revision, this.attempts));
    }
  }

  /** Ends operations that can never be carried out. */
  async reject(entries: readonly OutboxEntry[], error: KgitError): Promise<void> {
    for (const entry of entries) await this.#end(entry, { kind: 'rejected', error, attempts: this.attempts });
  }

  /** Takes an operation out of the outbox, and tells whoever waits for it. */
  async #end(entry: OutboxEntry, delivery: Delivery): Promise<void> {
    this.#deliveries.set(entry.id, delivery);
    if (entry.id !== this.#options.own) await this.#outbox.report(entry.id, delivery);
    await this.#outbox.complete(entry, delivery.kind === 'published');
  }

  /** Rejects the write of this process, and leaves those that were acknowledged before: something must be mended first. */
  async rejectOwn(entries: readonly OutboxEntry[], error: KgitError): Promise<void> {
    for (const entry of entries) {
      if (this.#hasLeft(entry.id)) continue;
      if (entry.id === this.#options.own) await this.reject([entry], error);
      else await this.leave([entry], error);
    }
  }

  /**
   * Leaves entries in the outbox, and tells whoever waits for them why.
   * @param unknown whether they may be on the branch all the same
   * @param refused where they were refused alone
   */
  async leave(
    entries: readonly OutboxEntry[],
    error: KgitError,
    unknown = false,
    refused?: RefusedBefore,
  ): Promise<void> {
    for (const entry of entries) {
      if (this.#hasLeft(entry.id)) continue;
      const delivery: Delivery = { kind: 'pending', error, attempts: this.attempts, unknown };
      this.#deliveries.set(entry.id, delivery);
      const isOwn = entry.id === this.#options.own;
      // Without a try there is nothing new to note, and thousands may wait.
      const isKnown = this.attempts === 0 && entry.error?.message === error.message && !isOwn;
      if (isKnown && refused === undefined) continue;
      await this.#outbox.recordTrouble(entry, Math.max(this.attempts, 1), error, refused);
      // Whoever waits for it need not run into the same wall again.
      if (!isOwn) await this.#outbox.report(entry.id, delivery);
    }
  }

  /**
   * Puts an operation that was refused alone behind all others.
   * @returns what the user should know
   */
  async setAside(entry: OutboxEntry, { error, scope }: Refused): Promise<readonly string[]> {
    const isLocal = scope === 'local';
    this.#refused.add(entry.id);
    const isOwn = entry.id === this.#options.own;
    if (isLocal && isOwn) {
      await this.reject([entry], error);
      return [];
    }
    const times = (entry.refused?.times ?? 0) + 1;
    // What is in the way on this machine may be gone at any time, and to look costs no push.
    const next = this.#clock.now() + (isLocal ? 0 : retryMs(times));
    await this.leave([entry], error, false, { times, next });
    if (entry.refused && !isLocal) await this.#putOff(reasonOf(error.message), next);
    return isOwn || entry.refused ? [] : [refusedNote(entry.id)];
  }

  /** Puts off what was refused earlier for the same reason: it would be refused again. */
  async #putOff(reason: string, next: number): Promise<void> {
    for (const entry of await this.refusedBefore()) {
      const { refused, error } = entry;
      if (!refused || !error || reasonOf(error.message) !== reason) continue;
      this.#refused.add(entry.id);
      await this.#outbox.recordTrouble(entry, 0, errorFromJson(error), { ...refused, next });
    }
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
