import { ConflictError, InvalidStateError, RemoteError } from '../../errors.js';
import { ClaimedWrites } from '../lease/claimed-writes.js';
import type { Leases } from '../lease/leases.js';
import type { Turns } from '../local/turns.js';
import type { Delivery } from '../outbox/delivery.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';
import { type BatchPlan, type PlannedEntry, planBatch } from '../plan/plan-batch.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { Head, Revision, SwapOutcome } from '../port/state-store.js';
import { checkVersion } from '../read/records.js';
import { followPublished } from './follow-published.js';
import { lostRaces, notComeTo, timeIsUp } from './publish-errors.js';
import { asksFirst } from './publish-schedule.js';
import type { PushRecord } from './push-log.js';
import { RunEntries } from './run-entries.js';
import { planShared, RunTurn } from './run-turn.js';
import { type Refused, Splitting } from './splitting.js';

/** What a run over the outbox works with. */
export interface PublishRunParts {
  readonly store: Backend;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly leases: Leases;
  readonly turns: Turns;
}

export interface PublishRunOptions {
  /** ms since the epoch; one try is made whatever it is. */
  readonly deadline: number;
  /** The operation whose delivery this process returns itself, so it needs no result file. */
  readonly own: string | undefined;
  /** Whether others write just now. */
  readonly isRaced: boolean;
  /** The last pushes of this clone, oldest first. */
  readonly pushes: readonly PushRecord[];
  /** Of the operations that a server lost, those that may be published again. */
  readonly released: ReadonlySet<string>;
  /** Whether operations refused earlier are tried again however short ago that was. */
  readonly retriesAll: boolean;
  /** Whether another process ended while it published, so that what waits may be on the branch. */
  readonly mayHaveLanded: boolean;
}

/** What a run over the outbox did. */
export interface PublishReport {
  /** By id of the operation. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** What the user should know, such as a checkout left behind. */
  readonly notes: readonly string[];
  /** How many times the run tried to move the branch. */
  readonly attempts: number;
  /** Whether others moved the branch meanwhile. */
  readonly isRaced: boolean;
  /** How long before the run this clone had last heard from the remote, in ms; null where it never had. */
  readonly sinceMs: number | null;
}

/** Shortest time that one talk with the remote is given, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** How a run goes on: at the branch as it is now, at its new tip, or not at all. */
type Step = Head | 'refresh' | 'end';

type Swapped = Omit<Extract<SwapOutcome, { kind: 'swapped' }>, 'kind'>;

/** What waits for one row of pushes, and how it is cut into pushes. */
interface Queue {
  readonly splitting: Splitting;
  /** The entries that may go into the next push. */
  list(): Promise<readonly OutboxEntry[]>;
}

/**
 * One run over the outbox by the process that holds the publish lock: takes all that waits (group commit), plans it on
 * the tip, in memory, and moves the branch by compare-and-swap. After a lost race it takes the new tip and plans again;
 * text is never merged.
 */
export class PublishRun {
  readonly #store: Backend;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #turn: RunTurn;
  readonly #options: PublishRunOptions;
  readonly #claims: ClaimedWrites;
  readonly #entries: RunEntries;
  readonly #notes: string[] = [];
  /** Whether the tip that is planned on was asked for in this run: only there may an operation be refused. */
  #isFresh: boolean;
  /** Where this clone takes the branch to be. */
  #believed: Revision | null = null;
  #isRaced = false;
  #lastPushMs = 0;
  /** Whether a push got no answer, or its process ended, and no plan since has shown what it left. */
  #mayHaveLanded: boolean;
  /** Set if the server was in the middle of another write at the last try. */
  #busy: RemoteError | null = null;

  constructor({ store, outbox, clock, leases, turns }: PublishRunParts, options: PublishRunOptions) {
    this.#store = store;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#turn = new RunTurn({ store, turns, clock }, options.deadline);
    this.#options = options;
    this.#claims = new ClaimedWrites(leases);
    this.#entries = new RunEntries(outbox, clock, { ...options, target: store.target });
    this.#isFresh = !store.isRemote;
    this.#mayHaveLanded = options.mayHaveLanded;
  }

  /** Publishes what waits, and then, one by one, what was refused before. */
  async run(): Promise<PublishReport> {
    try {
      return await this.#run();
    } finally {
      await this.#turn.end();
    }
  }

  async #run(): Promise<PublishReport> {
    this.#notes.push(...((await this.#store.workingCopy?.settle()) ?? []));
    await this.#outbox.dropEnded();
    const fresh = { splitting: new Splitting(), list: () => this.#entries.fresh() };
    const refused = { splitting: new Splitting(true), list: () => this.#entries.refusedBefore() };
    let head: Head | null = await this.#store.head();
    this.#believed = head.revision;
    // Others have moved a near store since the copy of it was made, more often than not. A bare clone is on a branch of
    // which the remote was never asked; a first push would expect that the remote has none.
    const now = this.#clock.now();
    const sinceMs = head.fetchedAt ? Math.max(now - head.fetchedAt, 0) : null;
    const asks = head.isKept || head.isUnasked || asksFirst(this.#options.pushes, now, sinceMs);
    head = await this.#publishQueue(fresh, head, asks);
    if (head !== null) await this.#publishQueue(refused, head, false);
    await this.#outbox.forgetOld(this.#clock.now());
    const { deliveries, attempts } = this.#entries;
    return { deliveries, notes: [...new Set(this.#notes)], attempts, isRaced: this.#isRaced, sinceMs };
  }

  /**
   * Publishes what waits in a queue, push by push.
   * @param asks whether the tip is asked for before the first push
   * @returns where the branch is; null where more tries are of no use now
   */
  async #publishQueue(queue: Queue, from: Head, asks: boolean): Promise<Head | null> {
    let head: Head | null = from;
    let entries = await queue.list();
    if (entries.length > 0 && this.#store.isRemote) {
      // While another clone of the user pushes, this one would lose the race.
      const isDue = this.#options.isRaced || (await this.#turn.isTaken());
      const taken = isDue ? await this.#takeTurn(queue, head) : null;
      if (taken?.head) ({ head, entries } = { head: taken.head, entries: await queue.list() });
      else if (taken?.isWaitedFor || asks || isBacklog(entries))
        ({ head, entries } = await this.#atNewTip(queue, entries));
    }
    // Without a server nobody asked for the head since the store was opened: it may have been upgraded or migrated.
    else if (entries.length > 0) head = await this.#refresh(entries);
    while (head && entries.length > 0) {
      ({ entries, head } = await this.#dropUnclaimed(entries, head));
      if (head === null || entries.length === 0) break;
      const batch = queue.splitting.next(entries);
      const plan = await this.#plan(head, batch, entries);
      if (plan === null) return null;
      if (this.#isFresh || plan.entries.every(isSure)) {
        const step = await this.#push(plan, head, entries, queue.splitting);
        if (step === 'end') return null;
        if (step !== 'refresh') {
          head = step;
          entries = this.#entries.open(entries);
          continue;
        }
        if (this.#entries.attempts > 1 && this.#isLate) {
          await this.#entries.leave(entries, lostRaces(this.#entries.attempts, this.#busy));
          return null;
        }
        const shared = this.#store.isRemote ? await this.#stepBack(queue, head) : null;
        if (shared !== null) {
          ({ head, entries } = { head: shared, entries: await queue.list() });
          continue;
        }
      }
      ({ head, entries } = await this.#atNewTip(queue, await queue.list()));
    }
    return head;
  }

  /** Plans a batch; null if the server stopped answering, so that all `entries` are left. */
  async #plan(
    { revision }: Head,
    batch: readonly OutboxEntry[],
    entries: readonly OutboxEntry[],
  ): Promise<BatchPlan | null> {
    const plan = await planBatch(this.#store, revision, batch);
    for (const { applied } of plan.entries) {
      // It says nothing about the operation.
      if (applied.kind !== 'rejected' || !(applied.error instanceof RemoteError)) continue;
      await this.#entries.leave(entries, applied.error, this.#mayHaveLanded);
      return null;
    }
    // The plan of a new tip says which of the entries are there.
    if (this.#isFresh) this.#mayHaveLanded = false;
    return plan;
  }

  /** The new tip, and what of a queue can be decided there. @param known what waited when the tip was asked for */
  async #atNewTip(queue: Queue, known: readonly OutboxEntry[]) {
    const head = await this.#refresh(known);
    return { head, entries: decidable(await queue.list(), known) };
  }

  /**
   * Ends or leaves the entries whose lease is lost or cannot be asked for, each alone.
   * @returns the others, and the head to plan them on: a newer one where the tip was asked for, null where it did not answer
   */
  async #dropUnclaimed(
    entries: readonly OutboxEntry[],
    head: Head,
  ): Promise<{ entries: readonly OutboxEntry[]; head: Head | null }> {
    const failed = await this.#claims.check(entries, this.#talkMs);
    if (failed.size === 0) return { entries, head };
    const isLost = [...failed.values()].some(({ code }) => code !== 'REMOTE');
    const tip = isLost && !this.#isFresh ? await this.#refresh(entries) : head;
    if (tip === null) return { entries: [], head: null };
    // What is there already needs no lease: a push may land whatever its answer was, and the lease be lost since.
    const { entries: planned } = await planBatch(this.#store, tip.revision, [...failed.keys()]);
    const landed = planned.filter(({ applied }) => applied.kind === 'present');
    await this.#entries.finish(landed, tip.revision);
    for (const [entry, error] of failed) {
      if (landed.some((each) => each.entry === entry)) continue;
      if (error.code === 'REMOTE') await this.#entries.leave([entry], error, this.#mayHaveLanded);
      else await this.#entries.reject([entry], error);
    }
    return { entries: entries.filter((entry) => !failed.has(entry)), head: tip };
  }

  /** One try to move the branch, with a plan of some of the `entries` that wait. */
  async #push(
    plan: BatchPlan,
    head: Head,
    entries: readonly OutboxEntry[],
    splitting: Splitting,
  ): Promise<Step> {
    const locks = this.#claims.renewals(plan.entries);
    const writers = writersOf(plan.entries);
    if (writers.length === 0 && locks.length === 0) {
      await this.#entries.finish(plan.entries, head.revision);
      return head;
    }
    this.#entries.attempts += 1;
    const began = this.#clock.now();
    const outcome = await this.#turn.swap(head.revision, plan, this.#talkMs, locks);
    this.#lastPushMs = this.#clock.now() - began;
    this.#isFresh = !this.#store.isRemote;
    switch (outcome.kind) {
      case 'swapped': {
        const landed = await this.#landed(plan, head, outcome);
        splitting.landed(landed);
        const next = { ...head, revision: this.#believed };
        if (landed === plan.entries.length || !this.#isLate) return next;
        await this.#entries.leave(this.#entries.open(entries), timeIsUp());
        return 'end';
      }
      case 'moved':
        this.#busy = null;
        this.#isRaced = true;
        return 'refresh';
      case 'busy':
        this.#busy = outcome.error;
        return 'refresh';
      case 'fenced':
        this.#claims.doubt(outcome.names);
        return 'refresh';
      case 'unknown': {
        this.#mayHaveLanded = true;
        // Whether it landed shows at the new tip, where its events are or are not.
        if (!this.#isLate) return 'refresh';
        await this.#entries.leave(writers, outcome.error, true);
        await this.#entries.leave(
          entries.filter((entry) => !writers.includes(entry)),
          outcome.error,
        );
        return 'end';
      }
      case 'unreachable':
        await this.#entries.leave(entries, outcome.error, this.#mayHaveLanded);
        return 'end';
      case 'denied':
        if (outcome.scope === undefined) {
          await this.#entries.leave(entries, outcome.error, this.#mayHaveLanded);
          return 'end';
        }
        return this.#refuse(writers, head, entries, splitting, outcome);
      case 'refused': {
        if (outcome.scope !== 'locks') return this.#refuse(writers, head, entries, splitting, outcome);
        const claimed = plan.entries.map(({ entry }) => entry).filter(({ operation }) => operation?.claim);
        await this.#entries.reject(claimed, outcome.error);
        return 'refresh';
      }
    }
  }

  /**
   * Ends the entries of a plan that is on the branch, or the first of them.
   * @param tip where the branch is; if left out, at the last commit of the plan
   * @returns how many of the entries are decided
   */
  async #landed(
    plan: BatchPlan,
    head: Head,
    { revisions, notes, locks }: Swapped,
    tip = revisions.at(-1) ?? head.revision,
  ): Promise<number> {
    await this.#turn.end();
    // Before anybody is told of the write, so that its files are there.
    this.#notes.push(...notes, ...(await followPublished(this.#store)));
    await this.#claims.noteRenewed(locks);
    const landed = begun(plan, revisions.length);
    await this.#entries.finish(landed, revisions.at(-1) ?? head.revision, revisions);
    this.#believed = tip;
    return landed.length;
  }

  /**
   * Goes on with fewer operations after a push was refused, until the one that is refused stands alone.
   * @param writers the entries of the push that write something
   */
  async #refuse(
    writers: readonly OutboxEntry[],
    head: Head,
    entries: readonly OutboxEntry[],
    splitting: Splitting,
    refused: Refused,
  ): Promise<Step> {
    const { error, scope } = refused;
    const isLocal = scope === 'local';
    const verdict = splitting.refused(writers, refused);
    if (verdict === 'stop') {
      if (isLocal) await this.#entries.rejectOwn(entries, error);
      else await this.#entries.leave(entries, error);
      return 'end';
    }
    if (verdict === 'alone')
      for (const entry of writers) this.#notes.push(...(await this.#entries.setAside(entry, refused)));
    const rest = this.#entries.open(entries);
    if (rest.length === 0 || isLocal || !this.#isLate) return head;
    await this.#entries.leave(rest, notComeTo());
    return 'end';
  }

  /** Asks for the new tip; null when the remote does not answer, and then all entries are left where they are. */
  async #refresh(entries: readonly OutboxEntry[]): Promise<Head | null> {
    try {
      const head = await this.#store.refresh(this.#talkMs);
      await checkVersion(this.#store.view(head.revision), this.#store.target);
      this.#isFresh = true;
      // After a push without an answer it may be ourselves who moved the branch.
      this.#isRaced ||= !this.#mayHaveLanded && head.revision !== this.#believed;
      this.#believed = head.revision;
      return head;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof InvalidStateError)
        await this.#entries.rejectOwn(entries, error);
      else if (error instanceof RemoteError) await this.#entries.leave(entries, error, this.#mayHaveLanded);
      else throw error;
      return null;
    }
  }

  /**
   * Waits after a lost race: for the turn, or, if no other clone of the user had it, a while.
   * @returns where the branch is if what waited in the queue was pushed with the commits of other clones; null if not
   */
  async #stepBack(queue: Queue, head: Head): Promise<Head | null> {
    const { isWaitedFor, head: shared } = await this.#takeTurn(queue, head);
    const { attempts } = this.#entries;
    const isCrowded = this.#options.isRaced || attempts > 1;
    if (!isWaitedFor) await this.#turn.backOff({ attempts, pushMs: this.#lastPushMs, isCrowded });
    return shared;
  }

  /** Waits for the turn, unless this clone has it, and pushes with other clones meanwhile if it can. */
  async #takeTurn(queue: Queue, head: Head): Promise<{ isWaitedFor: boolean; head: Head | null }> {
    const { isWaitedFor, pushes, mayHaveLanded, shared } = await this.#turn.take(
      head.revision,
      async (tip) => planShared(this.#store, tip, queue.splitting.next(await queue.list())),
      this.#talkMs,
    );
    this.#entries.attempts += pushes;
    this.#mayHaveLanded ||= mayHaveLanded;
    if (shared === null) return { isWaitedFor, head: null };
    // Others are writing, or there would have been nobody to push with.
    this.#isRaced = true;
    this.#isFresh = false;
    queue.splitting.landed(await this.#landed(shared.plan, head, shared, shared.tip));
    return { isWaitedFor, head: { ...head, revision: shared.tip } };
  }

  get #isLate(): boolean {
    return this.#clock.now() >= this.#options.deadline;
  }

  /** How long one talk with the remote may take, in ms. */
  get #talkMs(): number {
    return Math.max(this.#options.deadline - this.#clock.now(), TALK_MIN_MS);
  }
}

/** Whether some wait because the remote did not take them: it is asked before all that waits is planned and built anew. */
function isBacklog(entries: readonly OutboxEntry[]): boolean {
  return entries.some(({ attempts, refused }) => attempts > 0 && !refused);
}

/** Whether what is planned holds on any newer tip, too. A refusal, or 'nothing to do', counts only on the tip as it is now. */
function isSure({ applied }: PlannedEntry): boolean {
  return applied.kind === 'commit' || applied.kind === 'present';
}

function writersOf(planned: readonly PlannedEntry[]): OutboxEntry[] {
  return planned.flatMap(({ entry, applied }) => (applied.kind === 'commit' ? [entry] : []));
}

/** The entries that are decided once the first `count` commits of a plan are on the branch: the driver may take few at a time. */
function begun({ entries, commits }: BatchPlan, count: number): readonly PlannedEntry[] {
  if (count >= commits.length) return entries;
  let left = count;
  const end = entries.findIndex(({ applied }) => applied.kind === 'commit' && --left < 0);
  return entries.slice(0, end);
}

/**
 * The entries that can be decided on a tip that was asked for when `known` waited. A write that came since goes along if
 * it asks nothing of the tip: a tip that is older than the write must not refuse it.
 */
function decidable(entries: readonly OutboxEntry[], known: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const ids = new Set(known.map(({ id }) => id));
  const doubtful = entries.findIndex(({ id, operation }) => !ids.has(id) && operation?.change);
  return entries.filter(({ id }, i) => ids.has(id) || doubtful < 0 || i < doubtful);
}
