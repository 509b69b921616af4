import { ConflictError, InvalidStateError, type KgitError, RefusedError, RemoteError } from '../errors.js';
import type { Change } from '../model/event.js';
import type { Operation } from '../model/operation.js';
import type { Clock } from './host.js';
import type { Outbox, OutboxEntry } from './outbox.js';
import { OverlayView } from './overlay-view.js';
import { type PlannedEntry, planBatch } from './planned.js';
import type { Publisher } from './publisher.js';
import type { Head, Revision, StateStore } from './state-store.js';

/** Longest that a read waits for the remote before it answers with what it has, in ms. */
const READ_FETCH_MS = 2_000;

/** When a read asks the remote first. */
export type FetchPolicy =
  /** Whatever it takes; a remote that does not answer is an error. */
  | 'always'
  /** Whatever it takes; a remote that does not answer makes the answer stale. */
  | 'try'
  | 'never'
  /** When the last fetch is older than this many ms, and for a moment only. */
  | { readonly olderThan: number };

/** The repository as a reader sees it: the head, with the operations that wait applied to it. */
export interface Reading {
  readonly revision: Revision | null;
  readonly fetchedAt: number | null;
  readonly pending: readonly Operation[];
  readonly view: OverlayView;
  /** Why the remote was not asked, where it should have been. */
  readonly staleness: RemoteError | null;
}

export interface WriteOptions {
  /** Durable, no network: it is published later. */
  readonly queue: boolean;
  /** Fail rather than leave it queued. */
  readonly requirePublish: boolean;
  readonly dryRun: boolean;
  /** Take it back rather than keep it when it cannot be published now: nobody would check its condition. */
  readonly withdraw: boolean;
  /** ms since the epoch. */
  readonly deadline: number;
  /** How long it waits for others to go along with it, in ms. */
  readonly interval?: number;
}

/** How a write ended, when it did not fail. */
export interface WriteOutcome {
  readonly operation: string;
  /** Null until it is published. */
  readonly revision: Revision | null;
  readonly delivery: 'published' | 'queued' | 'unchanged' | 'dry-run';
  readonly attempts: number;
  readonly changes: readonly Change[];
  /** Ids of its events that were there already. */
  readonly duplicates: readonly string[];
  /** What the user should know, such as why it was queued. */
  readonly notes: readonly string[];
}

export interface SyncReport {
  readonly published: readonly string[];
  readonly rejected: readonly { readonly id: string; readonly error: KgitError }[];
  readonly pending: readonly OutboxEntry[];
  readonly head: Head;
  /** How many revisions the checkout is behind, where something is in its way. */
  readonly behind: number;
  readonly notes: readonly string[];
  /** Why not all was published, where something waits still. */
  readonly error: KgitError | null;
}

/** A state repository through any driver: durable writes, and reads that see one's own. */
export class StateRepository {
  readonly store: StateStore;
  readonly outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #clock: Clock;

  constructor(store: StateStore, outbox: Outbox, publisher: Publisher, clock: Clock) {
    this.store = store;
    this.outbox = outbox;
    this.#publisher = publisher;
    this.#clock = clock;
  }

  /** Reads the repository. With 'always' it throws RemoteError when the remote does not answer. */
  async read(policy: FetchPolicy, timeoutMs: number): Promise<Reading> {
    let head = await this.store.head();
    let staleness: RemoteError | null = null;
    if (this.store.isRemote && this.#isDue(head, policy)) {
      try {
        head = await this.store.refresh(
          typeof policy === 'string' ? timeoutMs : Math.min(READ_FETCH_MS, timeoutMs),
        );
      } catch (error) {
        if (!(error instanceof RemoteError) || policy === 'always') throw error;
        staleness = error;
      }
    }
    const entries = (await this.outbox.list()).filter(
      ({ target, operation }) => operation && target === this.store.target,
    );
    const plan = entries.length > 0 ? await planBatch(this.store, head.revision, entries) : null;
    const waits = ({ applied }: PlannedEntry) => applied.kind === 'commit';
    const pending = (plan?.entries ?? []).filter(waits).flatMap(({ entry }) => entry.operation ?? []);
    const view = plan?.view ?? new OverlayView(this.store.view(head.revision));
    return { ...head, pending, view, staleness };
  }

  #isDue(head: Head, policy: FetchPolicy): boolean {
    if (policy === 'never') return false;
    return typeof policy === 'string' || this.#clock.now() - (head.fetchedAt ?? 0) > policy.olderThan;
  }

  /** Writes an operation: durable first, then published, by the one rule for failure (`docs/scripting.md`). */
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

  /** Keeps an operation durably, to be published later. Throws EnvironmentError. */
  async keep(operation: Operation): Promise<void> {
    await this.outbox.add(operation, this.store.target);
  }

  /** Publishes an operation that is kept, and all else that waits, by the one rule for failure. */
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
        const isOffline =
          !(delivery.error instanceof RefusedError) && delivery.error.data['remote'] !== 'denied';
        if (kept && isOffline && !options.requirePublish) {
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

  /** What a queued operation changes, as far as can be known here: others may publish before it. */
  async #expectedChanges(id: string): Promise<readonly Change[]> {
    const { revision } = await this.store.head();
    const kept = (await this.outbox.list()).filter(({ target }) => target === this.store.target);
    const { entries } = await planBatch(this.store, revision, kept);
    const applied = entries.find(({ entry }) => entry.id === id)?.applied;
    return applied && 'changes' in applied ? applied.changes : [];
  }

  /**
   * How an operation stands that was kept earlier, without asking the remote: who published the outbox meanwhile
   * has left its result. Null where it waits no more and no result is there.
   */
  async standing(id: string): Promise<WriteOutcome | null> {
    const result = await this.outbox.takeResult(id);
    if (result?.kind === 'rejected') throw result.error;
    if (result && result.kind !== 'pending') return { ...waiting(id), ...result, delivery: result.kind };
    const entry = (await this.outbox.list()).find((candidate) => candidate.id === id);
    return entry ? { ...waiting(id), attempts: entry.attempts } : null;
  }

  async #plan(operation: Operation): Promise<WriteOutcome> {
    const { revision } = await this.store.head();
    const waiting = (await this.outbox.list()).filter((entry) => entry.target === this.store.target);
    const own = {
      name: '',
      id: operation.id,
      operation,
      target: this.store.target,
      attempts: 0,
      error: null,
    };
    const plan = await planBatch(this.store, revision, [...waiting, own]);
    const applied = plan.entries.at(-1)?.applied;
    if (!applied || applied.kind === 'rejected') throw applied?.error ?? new ConflictError('nothing to plan');
    const { changes, duplicates } = applied.kind === 'unchanged' ? { changes: [], duplicates: [] } : applied;
    return {
      operation: operation.id,
      revision: null,
      delivery: 'dry-run',
      attempts: 0,
      changes,
      duplicates,
      notes: [],
    };
  }

  /** Publishes the outbox, asks for the remote's tip and brings the checkout there. */
  async sync(deadline: number): Promise<SyncReport> {
    const report = await this.#publisher.publishAll(deadline);
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
    try {
      head = await this.store.refresh(Math.max(deadline - this.#clock.now(), READ_FETCH_MS));
    } catch (cause) {
      if (!(cause instanceof RemoteError)) throw cause;
      error = cause;
    }
    const notes = [...(report?.notes ?? []), ...(await this.store.follow())];
    const pending = await this.outbox.list();
    for (const delivery of report?.deliveries.values() ?? [])
      if (delivery.kind === 'pending') error = delivery.error;
    error ??= stuck(pending, this.store.target);
    const behind = await this.store.behind();
    return { published, rejected, pending, head, behind, notes, error };
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

function publishedElsewhere(): RemoteError {
  return new RemoteError('another kgit process of this clone is publishing still', {
    suggestions: ["Run 'kgit sync' again when it is through"],
  });
}

/** The outcome of an operation that is kept and not published. */
function waiting(operation: string): WriteOutcome & { delivery: 'queued' } {
  return {
    ...{ operation, revision: null, delivery: 'queued', attempts: 0 },
    ...{ changes: [], duplicates: [], notes: [] },
  };
}

/** Why entries wait that no `sync` will ever publish; null where there are none. */
function stuck(pending: readonly OutboxEntry[], target: string): KgitError | null {
  const broken = pending.find(({ operation }) => operation === null);
  const suggestions = ({ id }: OutboxEntry) => [`Give it up: kgit outbox drop ${id}`];
  if (broken) {
    return new InvalidStateError(
      `operation ${broken.id} cannot be read: its file is cut off, or of another version of kgit`,
      {
        suggestions: ['Update kgit, if a newer one wrote it', ...suggestions(broken)],
        data: { operation: broken.id },
      },
    );
  }
  const foreign = pending.find((entry) => entry.target !== target);
  if (!foreign) return null;
  return new RemoteError(`operation ${foreign.id} was made for ${foreign.target}, and this is ${target}`, {
    suggestions: ['Give the remote its old address again, then run kgit sync', ...suggestions(foreign)],
    data: { operation: foreign.id, target: foreign.target },
  });
}

/** The error of a write that is not on the branch: what became of the operation is in its data. */
function notPublished(error: KgitError, operation: string, kept: boolean, unknown: boolean): KgitError {
  const data = { ...error.data, operation, kept, ...(unknown ? { outcome: 'unknown' } : {}) };
  const fate = unknown
    ? 'whether it was published cannot be known'
    : kept
      ? 'not published; the write is kept in the outbox'
      : 'not published, and not kept: nobody could check its condition later';
  const suggestions = kept
    ? error.suggestions
    : [
        ...error.suggestions.filter((text) => !text.includes('sync')),
        'Write again; --queue keeps it unchecked',
      ];
  const Class = error.constructor as new (message: string, details: object) => KgitError;
  const Failure = error instanceof RefusedError || error instanceof RemoteError ? Class : RemoteError;
  return new Failure(`${error.message} (${fate})`, { suggestions, data });
}
