import { ConflictError, EnvironmentError, KgitError, RemoteError } from '../errors.js';
import type { Change } from '../model/event/event.js';
import { checkOperation } from '../model/operation/check-operation.js';
import type { Operation } from '../model/operation/operation.js';
import { counted } from '../model/value/counted.js';
import type { Outbox, OutboxEntry } from './outbox/outbox.js';
import type { FetchPolicy, Reading, SyncReport, WriteOptions, WriteOutcome } from './outbox/outcomes.js';
import { waiting } from './outbox/outcomes.js';
import type { BatchPlan } from './plan/plan-batch.js';
import type { Backend } from './port/backend.js';
import type { Clock } from './port/host.js';
import type { Head, Revision } from './port/state-store.js';
import {
  mayPassLater,
  notPublished,
  publishedElsewhere,
  refusedAlone,
  stuck,
} from './publish/publish-errors.js';
import type { Publisher } from './publish/publisher.js';
import type { Rewrites } from './publish/rewrites.js';
import { type About, entriesAbout } from './read/entries-about.js';
import { OverlayView } from './read/overlay-view.js';
import { refuseMirror } from './refuse-mirror.js';

/** How long a read waits for the remote before it answers with local data, in ms. */
const READ_FETCH_MS = 2_000;

/** Whether an entry changes what readers see: a compact does not, and applying it would cost them its work. */
function changesAnswers({ operation }: OutboxEntry): boolean {
  return !operation?.seal;
}

/** A state repository over any driver: writes are durable, and reads see the writes that wait. */
export class StateRepository {
  readonly store: Backend;
  readonly outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #clock: Clock;

  constructor(
    store: Backend,
    outbox: Outbox,
    publisher: Publisher,
    clock: Clock,
    readonly rewrites: Rewrites,
  ) {
    this.store = store;
    this.outbox = outbox;
    this.#publisher = publisher;
    this.#clock = clock;
  }

  /**
   * Keeps what this clone publishes for a while (`publish.keep`), where there is a remote that may lose it.
   * @param keepMs how long, in ms
   */
  keepPublished(keepMs: number): void {
    if (this.store.isRemote) this.outbox.keepPublished(() => this.#clock.now(), keepMs);
  }

  /**
   * Reads the repository. With 'always' it throws RemoteError when the remote does not answer. What waits is listed
   * before the head is read, here and wherever both are needed: an operation that another process publishes in between
   * is then in both, and counts once. The other way round it would be in neither.
   * @param about the subjects that the caller asks about: of what waits, only what decides about them is applied, and the
   * reading may lack what waits for others. Everything is applied where it is left out.
   */
  async read(policy: FetchPolicy, timeoutMs: number, about?: About): Promise<Reading> {
    const entries = this.#own(await (about ? entriesAbout(this.outbox, about) : this.outbox.list()));
    let head = await this.store.head();
    let staleness: Reading['staleness'] = null;
    // Nothing here can answer for a server that is away.
    const isNeeded = this.store.isNear === true && !head.isKept;
    if (this.store.isRemote && this.#isDue(head, policy)) {
      try {
        const isBrief = typeof policy !== 'string' && !isNeeded;
        head = await this.store.refresh(isBrief ? Math.min(READ_FETCH_MS, timeoutMs) : timeoutMs);
      } catch (error) {
        // A read-only clone answers, too, although it cannot keep what it would fetch.
        const isOurs = error instanceof RemoteError || error instanceof EnvironmentError;
        if (!isOurs || policy === 'always') throw error;
        if (isNeeded) {
          // A copy on this machine may answer now that the server does not.
          head = await this.store.head();
          if (!head.isKept) throw error;
        }
        staleness = error;
      }
    }
    return { ...(await this.#over(head, entries)), staleness };
  }

  /** Applies entries in memory. Most reads find none that wait, and load nothing for it. */
  async #planned(revision: Revision | null, entries: readonly OutboxEntry[]): Promise<BatchPlan> {
    return (await import('./plan/plan-batch.js')).planBatch(this.store, revision, entries);
  }

  #own(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
    return entries.filter(({ target, operation }) => operation && target === this.store.target);
  }

  /** A head with the waiting operations applied over it. */
  async #over(head: Head, entries: readonly OutboxEntry[]): Promise<Omit<Reading, 'staleness'>> {
    const shown = entries.filter(changesAnswers);
    const plan = shown.length > 0 ? await this.#planned(head.revision, shown) : null;
    const over = new Set(
      plan?.entries.flatMap(({ entry, applied }) => (applied.kind === 'commit' ? [] : entry.id)),
    );
    const pending = entries.flatMap(({ id, operation }) => (operation && !over.has(id) ? operation : []));
    const view = plan?.view ?? new OverlayView(this.store.view(head.revision));
    return { ...head, pending, view };
  }

  #isDue(head: Head, policy: FetchPolicy): boolean {
    if (policy === 'never') return this.store.isNear === true && !head.isKept;
    if (this.store.isNear) return true;
    return typeof policy === 'string' || this.#clock.now() - (head.fetchedAt ?? 0) > policy.olderThan;
  }

  /** Writes an operation: first durably, then published, by the one rule for failure (`docs/scripting.md`). */
  async write(operation: Operation, options: WriteOptions): Promise<WriteOutcome> {
    if (options.dryRun) return this.#plan(operation);
    await this.keep(operation);
    if (options.queue) {
      return {
        ...waiting(operation.id),
        changes: operation.change ? await this.#expectedChanges(operation.id) : [],
      };
    }
    return this.publish(operation.id, options);
  }

  /**
   * Adds an operation to the outbox. Throws UsageError if it would not pass review, RefusedError for a mirror,
   * EnvironmentError.
   */
  async keep(operation: Operation): Promise<void> {
    await refuseMirror(this.store);
    checkOperation(operation, this.store.maxFileBytes);
    await this.outbox.add(operation, this.store.target);
  }

  /** Publishes an operation of the outbox, and everything else that waits, by the one rule for failure. */
  async publish(id: string, options: Omit<WriteOptions, 'queue' | 'dryRun'>): Promise<WriteOutcome> {
    const base = waiting(id);
    const { deadline, withdraw, interval } = options;
    const { delivery, notes, kept } = await this.#publisher.deliver(id, deadline, !withdraw, interval);
    switch (delivery.kind) {
      case 'published':
        return { ...base, ...delivery, delivery: 'published', notes };
      case 'unchanged':
        return { ...base, ...delivery, delivery: 'unchanged', notes };
      case 'rejected':
        throw delivery.error;
      case 'pending': {
        if (kept && mayPassLater(delivery.error) && !options.requirePublish) {
          const why = `not published yet: ${delivery.error.message}`;
          return {
            ...base,
            attempts: delivery.attempts,
            changes: await this.#expectedChanges(id),
            notes: [...notes, why, ...delivery.error.suggestions],
          };
        }
        throw notPublished(delivery.error, id, kept, delivery.unknown);
      }
    }
  }

  /** The expected changes of a queued operation: others may publish before it. */
  async #expectedChanges(id: string): Promise<readonly Change[]> {
    const kept = (await this.outbox.list()).filter(({ target }) => target === this.store.target);
    const { revision } = await this.store.head();
    const { entries } = await this.#planned(revision, kept.filter(changesAnswers));
    const applied = entries.find(({ entry }) => entry.id === id)?.applied;
    return applied && 'changes' in applied ? applied.changes : [];
  }

  /**
   * The outcome of an operation that was added earlier, without asking the remote: a process that published it has left
   * its result. Null if it neither waits nor has a result.
   */
  async standing(id: string): Promise<WriteOutcome | null> {
    const result = await this.outbox.takeResult(id);
    if (result?.kind === 'rejected') throw result.error;
    if (result && result.kind !== 'pending') return { ...waiting(id), ...result, delivery: result.kind };
    const entry = (await this.outbox.list()).find((candidate) => candidate.id === id);
    return entry ? { ...waiting(id), attempts: entry.attempts } : null;
  }

  async #plan(operation: Operation): Promise<WriteOutcome> {
    await refuseMirror(this.store);
    checkOperation(operation, this.store.maxFileBytes);
    const kept = (await this.outbox.list()).filter(({ target }) => target === this.store.target);
    const { revision } = await this.store.head();
    const own = {
      name: '',
      id: operation.id,
      operation,
      target: this.store.target,
      attempts: 0,
      error: null,
    };
    const plan = await this.#planned(revision, [...kept.filter(changesAnswers), own]);
    const applied = plan.entries.at(-1)?.applied;
    if (!applied || applied.kind === 'rejected') throw applied?.error ?? new ConflictError('nothing to plan');
    const { changes, duplicates } = applied.kind === 'unchanged' ? { changes: [], duplicates: [] } : applied;
    const { sealingOf } = await import('./plan/plan-batch.js');
    return { ...waiting(operation.id), delivery: 'dry-run', changes, duplicates, ...sealingOf(applied) };
  }

  /** Publishes the outbox, fetches, and brings the working copy to the tip. */
  async sync(deadline: number): Promise<SyncReport> {
    const report = await this.#publisher.publishAll(deadline, await this.rewrites.released(), true);
    const published: string[] = [];
    const rejected: { id: string; error: KgitError }[] = [];
    for (const [id, delivery] of report?.deliveries ?? []) {
      if (delivery.kind === 'rejected') rejected.push({ id, error: delivery.error });
      else if (delivery.kind === 'published') published.push(id);
    }
    rejected.push(
      ...(await this.outbox.takeRejected()).filter(({ id }) => !rejected.some((known) => known.id === id)),
    );
    let error: KgitError | null = report === null ? publishedElsewhere() : null;
    let head = await this.store.head();
    let copied: readonly string[] = [];
    try {
      head = await this.store.refresh(Math.max(deadline - this.#clock.now(), READ_FETCH_MS));
      copied = await this.#bringCopy(deadline);
    } catch (cause) {
      if (!(cause instanceof RemoteError)) throw cause;
      error = cause;
    }
    // Publishing and following may report the same obstacle.
    const { workingCopy } = this.store;
    const followed = (await workingCopy?.follow()) ?? [];
    const notes = [...new Set([...(report?.notes ?? []), ...followed, ...copied])];
    const pending = await this.outbox.list();
    const refused = pending.filter((entry) => entry.refused && entry.target === this.store.target);
    const isAlone = (id: string) => refused.some((entry) => entry.id === id);
    for (const [id, delivery] of report?.deliveries ?? [])
      if (delivery.kind === 'pending' && !isAlone(id)) error = delivery.error;
    error ??= refused[0] ? refusedAlone(refused[0]) : null;
    error ??= stuck(pending, this.store.target);
    const behind = (await workingCopy?.behind()) ?? 0;
    return { published, rejected, pending, head, behind, notes, error };
  }

  /** Brings the copy on this machine to the head of the store; returns notes for the user. */
  async #bringCopy(deadline: number): Promise<string[]> {
    try {
      const behind = (await this.store.copy?.pull(deadline)) ?? 0;
      return behind === 0
        ? []
        : [`the copy here is still ${counted(behind, 'revision')} behind: run 'kgit sync' again`];
    } catch (error) {
      // What was published is told all the same.
      if (!(error instanceof KgitError)) throw error;
      return [`the copy here is not brought to the head: ${error.message}`];
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
