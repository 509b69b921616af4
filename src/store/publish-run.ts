import { ConflictError, InvalidStateError, type KgitError, RemoteError } from '../errors.js';
import { MARKER_FILE } from '../model/layout.js';
import { BACK_OFF_BASE_MS, backOffMs, standBackMs } from './back-off.js';
import { askersOf, decidable, ownOf, writersOf } from './batch-entries.js';
import { ClaimedWrites } from './claimed-writes.js';
import type { Combining } from './combining.js';
import { Deliveries } from './deliveries.js';
import type { Delivery } from './delivery.js';
import type { Clock } from './host.js';
import type { Leases } from './leases.js';
import type { Outbox, OutboxEntry } from './outbox.js';
import { planBatch } from './plan-batch.js';
import type { BatchPlan, PlannedEntry } from './planned.js';
import { lostRaces } from './publish-errors.js';
import { readMarker } from './records.js';
import type { Head, Offering, Revision, StateStore } from './state-store.js';

/** Shortest time that one talk with the remote is given, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** What a run over the outbox works with. */
export interface PublishRunParts {
  readonly store: StateStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly leases: Leases;
}

export interface PublishRunOptions {
  /** ms since the epoch; one try is made whatever it is. */
  readonly deadline: number;
  /** The operation whose delivery this process returns itself, so it needs no result file. */
  readonly own: string | undefined;
  /** Whether others write just now. */
  readonly isRaced: boolean;
  /** Whether the tip is asked for before the first try, which would lose. */
  readonly asksFirst: boolean;
  /** Whether clones take each other's operations along (`publish.combine`). */
  readonly combines: boolean;
}

/** Entries whose leases hold, and the head to plan them on. */
type Claimed = { readonly entries: readonly OutboxEntry[]; readonly head: Head | null };

/** What a run over the outbox did. */
export interface PublishReport {
  /** By id of the operation. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** What the user should know, such as a checkout left behind. */
  readonly notes: readonly string[];
  /** How many times the branch was tried to move. */
  readonly attempts: number;
  /** Whether others moved the branch meanwhile. */
  readonly isRaced: boolean;
}

/**
 * One run over the outbox by the process that holds the publish lock: takes all that waits (group commit),
 * applies it in memory to the tip and moves the branch by compare-and-swap; on a lost race it takes the new
 * tip and applies the operations again, never merging text.
 */
export class PublishRun {
  readonly #store: StateStore;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #options: PublishRunOptions;
  readonly #claims: ClaimedWrites;
  readonly #deliveries: Deliveries;
  readonly #notes: string[] = [];
  #attempts = 0;
  #isFresh: boolean;
  #lastPushMs = 0;
  #mayHaveLanded = false;
  /** The lock file of the server's that the last try ran into. */
  #lock: string | undefined;
  #isRaced = false;
  /** Where the branch was taken to be. */
  #believed: Revision | null = null;
  /** Null where clones do not take each other's operations along, or it is not known yet that others write. */
  #combining: Combining | null = null;
  #combines: boolean;

  constructor({ store, outbox, clock, leases }: PublishRunParts, options: PublishRunOptions) {
    this.#store = store;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#options = options;
    this.#claims = new ClaimedWrites(leases);
    this.#deliveries = new Deliveries(outbox, options.own);
    this.#isFresh = !store.isRemote;
    this.#combines = options.combines && store.offers !== undefined;
  }

  /** Whether other clones may publish an operation, whatever became of this run. */
  isOffered(id: string): boolean {
    return this.#deliveries.isOffered(id);
  }

  async run(): Promise<PublishReport> {
    this.#notes.push(...(await this.#store.settle()));
    await this.#outbox.dropEnded();
    let entries: readonly OutboxEntry[] = await this.#waiting();
    let head: Head | null = await this.#store.head();
    this.#believed = head.revision;
    if (this.#options.asksFirst && this.#store.isRemote && entries.length > 0) {
      const known = entries;
      head = await this.#refresh(known);
      entries = decidable(await this.#waiting(), known);
    }
    while (head && entries.length > 0) {
      ({ entries, head } = await this.#dropUnclaimed(entries, head));
      if (head === null || entries.length === 0) break;
      const plan = await planBatch(this.#store, head.revision, [
        ...entries,
        ...(this.#combining?.foreign ?? []),
      ]);
      this.#isRaced ||= plan.entries.some(
        ({ entry, applied }) => entry.isForeign && applied.kind === 'commit',
      );
      // A refusal, or 'nothing to do', counts only on the tip as it is now.
      const isSure = ({ applied }: PlannedEntry) => applied.kind === 'commit' || applied.kind === 'present';
      if (this.#isFresh || plan.entries.every(isSure)) {
        // Whose time is up tries himself.
        const mayWait = this.#isFresh && this.#clock.now() < this.#options.deadline;
        const isOthersTurn = mayWait && this.#combining?.isOthersTurn(plan.entries) === true;
        if (!isOthersTurn && (await this.#publish(plan, head))) break;
        if (this.#attempts > 1 && this.#clock.now() >= this.#options.deadline) {
          await this.#leave(entries, lostRaces(this.#attempts, this.#lock));
          break;
        }
        if (this.#store.isRemote) await this.#backOff(isOthersTurn);
      }
      const known = await this.#waiting();
      head = await this.#refresh(known);
      entries = decidable(await this.#waiting(), known);
    }
    await this.#outbox.forgetOldResults(this.#clock.now());
    const [attempts, isRaced] = [this.#attempts, this.#isRaced];
    return { deliveries: this.#deliveries.byId, notes: this.#notes, attempts, isRaced };
  }

  async #waiting(): Promise<OutboxEntry[]> {
    const { target } = this.#store;
    return (await this.#outbox.list()).filter((entry) => entry.operation && entry.target === target);
  }

  /**
   * The entries but for those whose lease is lost, or cannot be looked at: these end here, alone. The head is a newer one
   * where the tip was asked for, null where it did not answer.
   */
  async #dropUnclaimed(entries: readonly OutboxEntry[], head: Head): Promise<Claimed> {
    const failed = await this.#claims.check(entries, this.#talkMs);
    if (failed.size === 0) return { entries, head };
    const isLost = [...failed.values()].some(({ code }) => code !== 'REMOTE');
    const tip = isLost && !this.#isFresh ? await this.#refresh(entries) : head;
    if (tip === null) return { entries: [], head: null };
    // What is there already needs no lease: a push may land whatever its answer was, and the lease be lost since.
    const { entries: planned } = await planBatch(this.#store, tip.revision, [...failed.keys()]);
    const landed = planned.filter(({ applied }) => applied.kind === 'present');
    await this.#deliveries.finish(landed, tip.revision, [], this.#attempts);
    for (const [entry, error] of failed) {
      if (landed.some((each) => each.entry === entry)) continue;
      if (error.code === 'REMOTE') await this.#leave([entry], error, this.#mayHaveLanded);
      else await this.#deliveries.complete(entry, { kind: 'rejected', error, attempts: this.#attempts });
    }
    return { entries: entries.filter((entry) => !failed.has(entry)), head: tip };
  }

  /** How long one talk with the remote may take, in ms. */
  get #talkMs(): number {
    return Math.max(this.#options.deadline - this.#clock.now(), TALK_MIN_MS);
  }

  /** One try at the branch. True when the run is over: all is through, or trying again now is of no use. */
  async #publish(plan: BatchPlan, head: Head): Promise<boolean> {
    const locks = this.#claims.renewals(plan.entries);
    if (writersOf(plan.entries).length === 0 && locks.length === 0) {
      await this.#deliveries.finish(plan.entries, head.revision, [], this.#attempts);
      return true;
    }
    this.#attempts += 1;
    const began = this.#clock.now();
    const offering = locks.length > 0 ? undefined : await this.#offering(plan);
    const outcome = await this.#store.swap(head.revision, plan.commits, this.#talkMs, locks, offering);
    this.#lastPushMs = this.#clock.now() - began;
    this.#isFresh = !this.#store.isRemote;
    switch (outcome.kind) {
      case 'swapped':
        this.#notes.push(...outcome.notes);
        await this.#claims.noteRenewed(outcome.locks);
        await this.#deliveries.finish(
          plan.entries,
          outcome.revisions.at(-1) ?? head.revision,
          outcome.revisions,
          this.#attempts,
        );
        return true;
      case 'moved':
        this.#lock = outcome.lock;
        this.#isRaced ||= outcome.lock === undefined;
        return false;
      case 'fenced':
        this.#claims.doubt(outcome.names);
        return false;
      case 'not-atomic':
        for (const { entry } of plan.entries)
          if (entry.operation?.claim)
            await this.#deliveries.complete(entry, {
              kind: 'rejected',
              error: outcome.error,
              attempts: this.#attempts,
            });
        return false;
      case 'unknown':
        this.#mayHaveLanded = true;
        // Whether it landed shows at the new tip, where its events are or are not.
        if (this.#clock.now() < this.#options.deadline) return false;
        await this.#leave(writersOf(plan.entries), outcome.error, true);
        await this.#leave(askersOf(plan.entries), outcome.error);
        return true;
      case 'blocked':
        // What stands in the way may be of another clone's operation.
        if (this.#combining?.foreign.length) {
          this.#combines = false;
          this.#combining = null;
          return false;
        }
        await this.#deliveries.refuseOwn(ownOf(plan.entries), outcome.error, this.#attempts);
        return true;
      default:
        await this.#leave(ownOf(plan.entries), outcome.error);
        return true;
    }
  }

  /** What this clone lays down beside the branch with its next push: nothing where nobody else writes. */
  async #offering(plan: BatchPlan): Promise<Offering | undefined> {
    if (!this.#combines) return undefined;
    if (!this.#isRaced && !this.#options.isRaced) return { offer: null };
    this.#combining ??= await this.#combiner();
    const { offering, offered } = this.#combining.offering(writersOf(plan.entries));
    this.#deliveries.noteOffered(offered);
    return offering;
  }

  async #combiner(): Promise<Combining> {
    const { Combining } = await import('./combining.js');
    return new Combining(this.#store);
  }

  #leave(entries: readonly OutboxEntry[], error: KgitError, unknown = false): Promise<void> {
    return this.#deliveries.leave(entries, error, this.#attempts, unknown);
  }

  /** Asks for the new tip; null when the remote does not answer, and then all entries are left where they are. */
  async #refresh(entries: readonly OutboxEntry[]): Promise<Head | null> {
    try {
      const head = await this.#store.refresh(this.#talkMs, this.#combines);
      await this.#checkVersion(head.revision);
      this.#isFresh = true;
      // After a push without an answer it may be ourselves who moved the branch.
      this.#isRaced ||= !this.#mayHaveLanded && head.revision !== this.#believed;
      this.#mayHaveLanded = false;
      this.#believed = head.revision;
      if (this.#combines) {
        this.#combining ??= await this.#combiner();
        await this.#combining.look(head.revision, entries);
      }
      return head;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof InvalidStateError)
        await this.#deliveries.refuseOwn(entries, error, this.#attempts);
      else if (error instanceof RemoteError) await this.#leave(entries, error, this.#mayHaveLanded);
      else throw error;
      return null;
    }
  }

  /** What others made of the repository since we opened it, a newer version's above all, is not written into. */
  async #checkVersion(revision: Revision | null): Promise<void> {
    const view = this.#store.view(revision);
    if ((await view.read(MARKER_FILE)) !== null) await readMarker(view, this.#store.target);
  }

  async #backOff(isOthersTurn: boolean): Promise<void> {
    const left = Math.max(this.#options.deadline - this.#clock.now(), 0);
    await this.#clock.sleep(Math.min(this.#waitMs(isOthersTurn), left));
  }

  #waitMs(isOthersTurn: boolean): number {
    const base = Math.max(BACK_OFF_BASE_MS, this.#lastPushMs);
    // Others take it along: it has only to look whether they did, about once while one of them pushes.
    if (isOthersTurn) return base * (0.5 + this.#clock.random() / 2);
    const isCrowded = !this.#combines && (this.#options.isRaced || this.#attempts > 1);
    return isCrowded
      ? standBackMs(this.#clock, this.#lastPushMs)
      : backOffMs(this.#clock, this.#attempts, base);
  }
}
