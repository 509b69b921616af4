import { ConflictError, InvalidStateError, type KgitError, RemoteError } from '../../errors.js';
import { ClaimedWrites } from '../lease/claimed-writes.js';
import { Deliveries } from '../outbox/deliveries.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';
import { decidable, isBacklog, without, writersOf } from '../plan/batch-entries.js';
import { planBatch } from '../plan/plan-batch.js';
import type { BatchPlan, PlannedEntry } from '../plan/planned.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { Head, Revision } from '../port/state-store.js';
import { checkVersion } from '../read/records.js';
import { untilNextMs } from './back-off.js';
import { lostRaces, notComeTo } from './publish-errors.js';
import type { PublishReport, PublishRunOptions, PublishRunParts } from './publish-run-parts.js';
import { type Refused, Splitting } from './splitting.js';
import { Waiting } from './waiting.js';

/** Shortest time that one talk with the remote is given, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** How a run goes on: at the branch as it is now, at its new tip, or not at all. */
type Step = Head | 'refresh' | 'end';

/** Entries whose leases hold, and the head to plan them on. */
type Claimed = { readonly entries: readonly OutboxEntry[]; readonly head: Head | null };

/**
 * One run over the outbox by the process that holds the publish lock: takes all that waits (group commit),
 * applies it in memory to the tip and moves the branch by compare-and-swap; on a lost race it takes the new
 * tip and applies the operations again, never merging text.
 */
export class PublishRun {
  readonly #store: Backend;
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
  #splitting = new Splitting();
  /** What is published now: all that waits and was not refused before, then what was. */
  #isLast = false;
  readonly #waiting: Waiting;

  constructor({ store, outbox, clock, leases }: PublishRunParts, options: PublishRunOptions) {
    this.#store = store;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#options = options;
    this.#claims = new ClaimedWrites(leases);
    this.#deliveries = new Deliveries(outbox, options.own);
    this.#waiting = new Waiting({ store, outbox, clock }, options, this.#deliveries);
    this.#isFresh = !store.isRemote;
  }

  async run(): Promise<PublishReport> {
    this.#notes.push(...((await this.#store.workingCopy?.settle()) ?? []));
    await this.#outbox.dropEnded();
    let entries: readonly OutboxEntry[] = await this.#waiting.list();
    let head: Head | null = await this.#store.head();
    this.#believed = head.revision;
    if ((this.#options.isRaced || isBacklog(entries)) && this.#store.isRemote && entries.length > 0) {
      head = await this.#refresh(entries);
      entries = decidable(await this.#waiting.list(), entries);
    }
    head = await this.#publishAll(entries, head);
    const before = head === null ? [] : await this.#waiting.refusedBefore();
    if (before.length > 0) {
      this.#isLast = true;
      this.#splitting = new Splitting(true);
      await this.#publishAll(before, head);
    }
    await this.#outbox.forgetOld(this.#clock.now());
    const { byId: deliveries } = this.#deliveries;
    return { deliveries, notes: this.#notes, attempts: this.#attempts, isRaced: this.#isRaced };
  }

  /** Publishes entries; null where trying more is of no use now, else where the branch is. */
  async #publishAll(waiting: readonly OutboxEntry[], from: Head | null): Promise<Head | null> {
    let [entries, head] = [waiting, from];
    while (head && entries.length > 0) {
      ({ entries, head } = await this.#dropUnclaimed(entries, head));
      if (head === null || entries.length === 0) break;
      const batch = this.#splitting.next(entries);
      const plan = await planBatch(this.#store, head.revision, batch);
      // A refusal, or 'nothing to do', counts only on the tip as it is now.
      const isSure = ({ applied }: PlannedEntry) => applied.kind === 'commit' || applied.kind === 'present';
      if (this.#isFresh || plan.entries.every(isSure)) {
        const step: Step = await this.#publish(plan, head, entries);
        if (step === 'end') return null;
        if (step !== 'refresh') {
          head = step;
          entries = entries.filter(({ id }) => !this.#waiting.isSettled(id));
          continue;
        }
        if (this.#attempts > 1 && this.#clock.now() >= this.#options.deadline) {
          await this.#leave(entries, lostRaces(this.#attempts, this.#lock));
          return null;
        }
        if (this.#store.isRemote) await this.#backOff();
      }
      const known = await this.#candidates();
      head = await this.#refresh(known);
      entries = decidable(await this.#candidates(), known);
    }
    return head;
  }

  /** What may go into the next push. */
  #candidates(): Promise<OutboxEntry[]> {
    return this.#isLast ? this.#waiting.refusedBefore() : this.#waiting.list();
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

  /** One try at the branch, with some of the `entries` that wait. */
  async #publish(plan: BatchPlan, head: Head, entries: readonly OutboxEntry[]): Promise<Step> {
    const locks = this.#claims.renewals(plan.entries);
    if (writersOf(plan.entries).length === 0 && locks.length === 0) {
      await this.#deliveries.finish(plan.entries, head.revision, [], this.#attempts);
      return head;
    }
    this.#attempts += 1;
    const began = this.#clock.now();
    const outcome = await this.#store.swap(head.revision, plan.commits, this.#talkMs, locks);
    this.#lastPushMs = this.#clock.now() - began;
    this.#isFresh = !this.#store.isRemote;
    switch (outcome.kind) {
      case 'swapped': {
        this.#notes.push(...outcome.notes);
        await this.#claims.noteRenewed(outcome.locks);
        const revision = outcome.revisions.at(-1) ?? head.revision;
        await this.#deliveries.finish(plan.entries, revision, outcome.revisions, this.#attempts);
        this.#splitting.landed();
        this.#believed = revision;
        return { ...head, revision };
      }
      case 'moved':
        this.#lock = outcome.lock;
        this.#isRaced ||= outcome.lock === undefined;
        return 'refresh';
      case 'fenced':
        this.#claims.doubt(outcome.names);
        return 'refresh';
      case 'not-atomic':
        await this.#deliveries.rejectClaimed(plan.entries, outcome.error, this.#attempts);
        return 'refresh';
      case 'unknown':
        this.#mayHaveLanded = true;
        // Whether it landed shows at the new tip, where its events are or are not.
        if (this.#clock.now() < this.#options.deadline) return 'refresh';
        await this.#leave(writersOf(plan.entries), outcome.error, true);
        await this.#leave(without(entries, writersOf(plan.entries)), outcome.error);
        return 'end';
      case 'unreachable':
        await this.#leave(entries, outcome.error);
        return 'end';
      case 'denied':
        if (outcome.scope) return this.#refuse(plan, head, entries, { ...outcome, isBlocked: false });
        await this.#leave(entries, outcome.error);
        return 'end';
      default:
        return this.#refuse(plan, head, entries, { ...outcome, isBlocked: outcome.kind === 'blocked' });
    }
  }

  /** Goes on with fewer operations where a push was refused, until the one stands alone that is refused. */
  async #refuse(
    plan: BatchPlan,
    head: Head,
    entries: readonly OutboxEntry[],
    refused: Refused,
  ): Promise<Step> {
    const { error, isBlocked } = refused;
    const writers = writersOf(plan.entries);
    const verdict = this.#splitting.refused(writers, refused);
    if (verdict === 'stop') {
      if (isBlocked) await this.#deliveries.refuseOwn(entries, error, this.#attempts);
      else await this.#leave(entries, error);
      return 'end';
    }
    if (verdict === 'alone')
      for (const entry of writers)
        this.#notes.push(...(await this.#waiting.setAside(entry, refused, this.#attempts)));
    const rest = entries.filter(({ id }) => !this.#waiting.isSettled(id));
    if (rest.length === 0 || isBlocked || this.#clock.now() < this.#options.deadline) return head;
    await this.#leave(rest, notComeTo());
    return 'end';
  }

  #leave(entries: readonly OutboxEntry[], error: KgitError, unknown = false): Promise<void> {
    return this.#deliveries.leave(entries, error, this.#attempts, unknown);
  }

  /** Asks for the new tip; null when the remote does not answer, and then all entries are left where they are. */
  async #refresh(entries: readonly OutboxEntry[]): Promise<Head | null> {
    try {
      const head = await this.#store.refresh(this.#talkMs);
      await checkVersion(this.#store.view(head.revision), this.#store.target);
      this.#isFresh = true;
      // After a push without an answer it may be ourselves who moved the branch.
      this.#isRaced ||= !this.#mayHaveLanded && head.revision !== this.#believed;
      this.#mayHaveLanded = false;
      this.#believed = head.revision;
      return head;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof InvalidStateError)
        await this.#deliveries.refuseOwn(entries, error, this.#attempts);
      else if (error instanceof RemoteError) await this.#leave(entries, error, this.#mayHaveLanded);
      else throw error;
      return null;
    }
  }

  async #backOff(): Promise<void> {
    const left = Math.max(this.#options.deadline - this.#clock.now(), 0);
    const isCrowded = this.#options.isRaced || this.#attempts > 1;
    const tried = { attempts: this.#attempts, pushMs: this.#lastPushMs, isCrowded };
    await this.#clock.sleep(Math.min(untilNextMs(this.#clock, tried), left));
  }
}
