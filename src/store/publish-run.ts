import { ConflictError, InternalError, InvalidStateError, type KgitError, RemoteError } from '../errors.js';
import { MARKER_FILE } from '../model/layout.js';
import { ClaimedWrites } from './claimed-writes.js';
import type { Delivery } from './delivery.js';
import type { Clock } from './host.js';
import type { Leases } from './leases.js';
import type { Outbox, OutboxEntry } from './outbox.js';
import { planBatch } from './plan-batch.js';
import { type BatchPlan, type PlannedEntry, sealingOf } from './planned.js';
import { readMarker } from './records.js';
import type { Head, Revision, StateStore } from './state-store.js';

const BACKOFF_BASE_MS = 200;
const BACKOFF_CAP_MS = 5_000;
/** Shortest time that one talk with the remote is given, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** What a run over the outbox works with. */
export interface PublishRunParts {
  readonly store: StateStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly leases: Leases;
}

/** What a run over the outbox did. */
export interface PublishReport {
  /** By id of the operation. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** What the user should know, such as a checkout left behind. */
  readonly notes: readonly string[];
  /** How many times the branch was tried to move. */
  readonly attempts: number;
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
  readonly #deadline: number;
  readonly #own: string | undefined;
  readonly #claims: ClaimedWrites;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #notes: string[] = [];
  #attempts = 0;
  #isFresh: boolean;
  #lastPushMs = 0;
  #mayHaveLanded = false;
  /** The lock file of the server's that the last try ran into. */
  #lock: string | undefined;

  /**
   * @param deadline ms since the epoch; one try is made whatever it is
   * @param own the operation whose delivery this process returns itself, so it needs no result file
   */
  constructor({ store, outbox, clock, leases }: PublishRunParts, deadline: number, own?: string) {
    this.#store = store;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#own = own;
    this.#claims = new ClaimedWrites(leases);
    this.#isFresh = !store.isRemote;
  }

  async run(): Promise<PublishReport> {
    this.#notes.push(...(await this.#store.settle()));
    await this.#outbox.dropEnded();
    let entries: readonly OutboxEntry[] = await this.#waiting();
    let head: Head | null = await this.#store.head();
    while (head && entries.length > 0) {
      entries = await this.#dropUnclaimed(entries);
      if (entries.length === 0) break;
      const plan = await planBatch(this.#store, head.revision, entries);
      // A refusal, or 'nothing to do', counts only on the tip as it is now.
      const isSure = ({ applied }: PlannedEntry) => applied.kind === 'commit' || applied.kind === 'present';
      if (this.#isFresh || plan.entries.every(isSure)) {
        if (await this.#publish(plan, head)) break;
        if (this.#attempts > 1 && this.#clock.now() >= this.#deadline) {
          await this.#leave(entries, lostRaces(this.#attempts, this.#lock), false);
          break;
        }
        if (this.#store.isRemote) await this.#backOff();
      }
      const known = await this.#waiting();
      head = await this.#refresh(known);
      entries = decidable(await this.#waiting(), known);
    }
    await this.#outbox.forgetOldResults(this.#clock.now());
    return { deliveries: this.#deliveries, notes: this.#notes, attempts: this.#attempts };
  }

  async #waiting(): Promise<OutboxEntry[]> {
    const { target } = this.#store;
    return (await this.#outbox.list()).filter((entry) => entry.operation && entry.target === target);
  }

  /** The entries but for those whose lease is lost, or cannot be looked at: these end here, alone. */
  async #dropUnclaimed(entries: readonly OutboxEntry[]): Promise<readonly OutboxEntry[]> {
    const failed = await this.#claims.check(entries, this.#talkMs);
    for (const [entry, error] of failed) {
      if (error.code === 'REMOTE') await this.#leave([entry], error, this.#mayHaveLanded);
      else await this.#complete(entry, { kind: 'rejected', error, attempts: this.#attempts });
    }
    return entries.filter((entry) => !failed.has(entry));
  }

  /** How long one talk with the remote may take, in ms. */
  get #talkMs(): number {
    return Math.max(this.#deadline - this.#clock.now(), TALK_MIN_MS);
  }

  /** One try at the branch. True when the run is over: all is through, or trying again now is of no use. */
  async #publish(plan: BatchPlan, head: Head): Promise<boolean> {
    const locks = this.#claims.renewals(plan.entries);
    if (plan.commits.length === 0 && locks.length === 0) {
      await this.#finish(plan.entries, head.revision, []);
      return true;
    }
    this.#attempts += 1;
    const began = this.#clock.now();
    const outcome = await this.#store.swap(head.revision, plan.commits, this.#talkMs, locks);
    this.#lastPushMs = this.#clock.now() - began;
    this.#isFresh = !this.#store.isRemote;
    switch (outcome.kind) {
      case 'swapped':
        this.#notes.push(...outcome.notes);
        await this.#claims.noteRenewed(outcome.locks);
        await this.#finish(plan.entries, outcome.revisions.at(-1) ?? head.revision, outcome.revisions);
        return true;
      case 'moved':
        this.#lock = outcome.lock;
        return false;
      case 'fenced':
        this.#claims.doubt(outcome.names);
        return false;
      case 'not-atomic':
        for (const { entry } of plan.entries)
          if (entry.operation?.claim)
            await this.#complete(entry, { kind: 'rejected', error: outcome.error, attempts: this.#attempts });
        return false;
      case 'unknown':
        this.#mayHaveLanded = true;
        // Whether it landed shows at the new tip, where its events are or are not.
        if (this.#clock.now() < this.#deadline) return false;
        await this.#leave(writersOf(plan), outcome.error, true);
        return true;
      case 'blocked':
        await this.#refuseOwn(writersOf(plan), outcome.error);
        return true;
      default:
        await this.#leave(writersOf(plan), outcome.error, false);
        return true;
    }
  }

  /** Something here or there has to be mended first: our own write is refused, what was acknowledged before stays. */
  async #refuseOwn(entries: readonly OutboxEntry[], error: KgitError): Promise<void> {
    for (const entry of entries) {
      if (this.#isThrough(entry)) continue;
      if (entry.id === this.#own)
        await this.#complete(entry, { kind: 'rejected', error, attempts: this.#attempts });
      else await this.#leave([entry], error, false);
    }
  }

  async #finish(
    entries: readonly PlannedEntry[],
    tip: Revision | null,
    revisions: readonly Revision[],
  ): Promise<void> {
    let next = 0;
    for (const { entry, applied } of entries) {
      const revision = applied.kind === 'commit' ? (revisions[next++] ?? null) : tip;
      await this.#complete(entry, deliveryOf(applied, revision, this.#attempts));
    }
  }

  async #complete(entry: OutboxEntry, delivery: Delivery): Promise<void> {
    this.#deliveries.set(entry.id, delivery);
    if (entry.id !== this.#own) await this.#outbox.report(entry.id, delivery);
    await this.#outbox.complete(entry);
  }

  /** Asks for the new tip; null when the remote does not answer, and then all entries are left where they are. */
  async #refresh(entries: readonly OutboxEntry[]): Promise<Head | null> {
    try {
      const head = await this.#store.refresh(this.#talkMs);
      await this.#checkVersion(head.revision);
      this.#isFresh = true;
      this.#mayHaveLanded = false;
      return head;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof InvalidStateError)
        await this.#refuseOwn(entries, error);
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

  #isThrough({ id }: OutboxEntry): boolean {
    const delivery = this.#deliveries.get(id);
    return delivery !== undefined && delivery.kind !== 'pending';
  }

  async #leave(entries: readonly OutboxEntry[], error: KgitError, unknown: boolean): Promise<void> {
    for (const entry of entries) {
      if (this.#isThrough(entry)) continue;
      const delivery: Delivery = { kind: 'pending', error, attempts: this.#attempts, unknown };
      this.#deliveries.set(entry.id, delivery);
      await this.#outbox.recordTrouble(entry, Math.max(this.#attempts, 1), error);
      // Whoever waits for it need not run into the same wall again.
      if (entry.id !== this.#own) await this.#outbox.report(entry.id, delivery);
    }
  }

  /** Full jitter (every wait is drawn anew from zero up), so that machines on one timer come apart. */
  async #backOff(): Promise<void> {
    const base = Math.max(BACKOFF_BASE_MS, this.#lastPushMs);
    const ceiling = Math.min(base * 2 ** (this.#attempts - 1), Math.max(BACKOFF_CAP_MS, base));
    const left = Math.max(this.#deadline - this.#clock.now(), 0);
    await this.#clock.sleep(Math.min(this.#clock.random() * ceiling, left));
  }
}

/**
 * What can be decided on a tip that was asked for when `known` waited. A write that came since goes along while nothing
 * is asked of the tip: one that is older than the write must not refuse it.
 */
function decidable(entries: readonly OutboxEntry[], known: readonly OutboxEntry[]): OutboxEntry[] {
  const ids = new Set(known.map(({ id }) => id));
  const doubtful = entries.findIndex(({ id, operation }) => !ids.has(id) && operation?.change);
  return entries.filter(({ id }, i) => ids.has(id) || doubtful < 0 || i < doubtful);
}

function writersOf(plan: BatchPlan): OutboxEntry[] {
  return plan.entries.filter(({ applied }) => applied.kind === 'commit').map(({ entry }) => entry);
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

function lostRaces(attempts: number, lock: string | undefined): RemoteError {
  if (lock !== undefined) {
    return new RemoteError(`the remote is locked (${lock}), at the last of ${attempts} tries still`, {
      suggestions: [
        "Run 'kgit sync' later; if it stays, who runs the remote has to remove the file: a process that died left it",
      ],
      data: { attempts, lock },
    });
  }
  return new RemoteError(`other writers were faster ${attempts} times and the time is up`, {
    suggestions: ["Run 'kgit sync' when the others are done, or give more time with --timeout"],
    data: { attempts },
  });
}
