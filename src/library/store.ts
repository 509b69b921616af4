import { randomBytes } from 'node:crypto';
import { type Context, readConfigured } from '../app/open/configured.js';
import { rewriteNote } from '../app/open/rewrite-note.js';
import { namedDeployment, namingOf, resolveDeployment, resolveSubject } from '../app/open/subjects.js';
import { syncNow } from '../app/outbox/sync-now.js';
import { listOutbox } from '../app/outbox/work-on-outbox.js';
import { withSharingAdvice } from '../app/secret/sharing-advice.js';
import { type Change, type ChangedDeployment, changeState } from '../app/write/change-state.js';
import { type Rejection, refusal } from '../app/write/collect-events.js';
import { unsetPaths } from '../app/write/unset-paths.js';
import { writeEvents } from '../app/write/write-events.js';
import { type Writing, writerOf } from '../app/write/writing.js';
import { UsageError } from '../errors.js';
import { headMatches, matches } from '../model/event/event-filter.js';
import { hintOf } from '../model/event/event-hint.js';
import { parseClaims } from '../model/lease/lease.js';
import { preconditions, setEdits, unsetSteps } from '../model/operation/given-changes.js';
import type { Writer } from '../model/operation/make-operation.js';
import type { EventWrite, Precondition } from '../model/operation/operation.js';
import { lookUp, parseStatePath } from '../model/state/state-path.js';
import { eventPath } from '../model/subject/layout.js';
import { formatSubject } from '../model/subject/subject.js';
import { type IdSource, monotonicIds } from '../model/value/ulid.js';
import type { Value } from '../model/value/value.js';
import type { OpenRepository } from '../setup/composition.js';
import { systemClock } from '../setup/this-host.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { PendingOperation } from '../store/outbox/pending-operation.js';
import type { SyncResult } from '../store/publish/sync-result.js';
import { publishedEvents } from '../store/read/event-log.js';
import { newestEvents } from '../store/read/newest-events.js';
import { listSubjects, readState } from '../store/read/records.js';
import { summarise } from '../store/read/summaries.js';
import { eventFilter } from './inputs.js';
import type { EndedLock, Lease } from './lease.js';
import { StoreLocks } from './locks.js';
import type { StoreParts } from './parts.js';
import { recorded, written } from './results.js';
import type {
  BreakOptions,
  ChangedState,
  ChangeOptions,
  DeploymentOptions,
  HeldLock,
  ListedSubject,
  LockOptions,
  LocksOptions,
  LogOptions,
  NewEvent,
  PushedEvent,
  PushedEvents,
  ReadOptions,
  RecordedEvent,
  StoreHead,
  WriteOptions,
  WriteResult,
} from './types.js';

/** How many events of one subject are read ahead at first. */
const LOG_AHEAD = 100;

/** An open state repository. A method that fails throws a KgitError. */
export class Store {
  /** The folder or URL that was opened. */
  readonly path: string;
  readonly branch: string;
  readonly #parts: StoreParts;
  readonly #ids: IdSource;
  readonly #locks: StoreLocks;
  #isClosed = false;

  /** @internal */
  constructor(parts: StoreParts) {
    this.path = parts.opened.path;
    this.branch = parts.opened.name;
    this.#parts = parts;
    this.#locks = new StoreLocks(parts.opened.leases, parseClaims(parts.environment['KGIT_LEASE']));
    this.#ids = monotonicIds(
      () => systemClock.now(),
      () => randomBytes(10),
    );
  }

  /** The revision that reads are answered from, and how many writes wait. Throws RemoteError with `fetch: 'always'`. */
  async head(options: ReadOptions = {}): Promise<StoreHead> {
    const { reading } = await this.#read(options);
    const { revision, fetchedAt, pending } = reading;
    return { revision, fetchedAt: fetchedAt ? new Date(fetchedAt) : null, pending: pending.length };
  }

  /**
   * The value at a path of a deployment's state; undefined if there is none. Without a path: the whole state.
   * Throws UsageError, InvalidStateError, RemoteError; NotFoundError if the repository has no deployment.
   */
  async get(path = '', options: ReadOptions & DeploymentOptions = {}): Promise<Value | undefined> {
    const steps = path === '' ? [] : parseStatePath(path);
    const moment = await this.#read(options);
    const state = await readState(moment.reading.view, await this.#deployment(moment, options));
    return state === null ? undefined : lookUp(state, steps).value;
  }

  /**
   * Sets paths of a deployment's state, all or none, and records an event of it. Throws ConflictError if a condition
   * does not hold, and RemoteError if it cannot be checked now, unless the write is queued.
   */
  async set(values: Readonly<Record<string, Value>>, options: ChangeOptions = {}): Promise<ChangedState> {
    const edits = setEdits(values);
    return this.#change(options, (writing, more) =>
      withSharingAdvice(writing, edits, () => changeState(writing, options, { ...more, edits })),
    );
  }

  /** Removes paths from a deployment's state, under the rules of `set`. A path that does not exist is no change. */
  async unset(paths: readonly string[], options: ChangeOptions = {}): Promise<ChangedState> {
    const steps = unsetSteps(paths);
    return this.#change(options, (writing, more) =>
      unsetPaths(writing, { ...options, ...more, paths: steps }),
    );
  }

  /** Records one event. Repeating an event with the same `id` and content succeeds. */
  async pushEvent(event: NewEvent, options: WriteOptions = {}): Promise<PushedEvent> {
    const { events, duplicates, outcome } = await this.#push([event], options);
    const [{ subject, event: made }] = events as [EventWrite];
    const { id, action, timestamp } = made;
    const path = eventPath(subject, made);
    return {
      id,
      subject: formatSubject(subject),
      action,
      timestamp,
      path,
      isRepeat: duplicates > 0,
      ...outcome,
    };
  }

  /** Records many events in one commit, all or none. */
  async pushEvents(events: readonly NewEvent[], options: WriteOptions = {}): Promise<PushedEvents> {
    if (events.length === 0) throw new UsageError('there is no event to be recorded');
    const { events: writes, accepted, duplicates, outcome } = await this.#push(events, options);
    return { accepted, duplicates, ids: writes.map(({ event }) => event.id), ...outcome };
  }

  /**
   * Yields events, newest first: those of one subject in the order of their times, those of all subjects in the order
   * in which they were published. It reads no further than you iterate.
   */
  async *log(options: LogOptions = {}): AsyncGenerator<RecordedEvent, void, undefined> {
    const filter = eventFilter(options);
    const moment = await this.#read(options);
    const { reading } = moment;
    const { view } = reading;
    const newestFirst =
      options.subject === undefined
        ? publishedEvents(this.#opened().repository.store, reading.revision, view, reading.pending)
        : newestEvents(view, await resolveSubject(options.subject, namingOf(moment)), {
            ahead: LOG_AHEAD,
            hint: hintOf(filter, []),
          });
    for await (const item of newestFirst) {
      this.#opened();
      if (!headMatches(item.head, filter)) continue;
      const event = item.read();
      if (matches(event, filter)) yield recorded({ subject: item.subject, event });
    }
  }

  /** Lists deployments, then clusters, each with its last event. */
  async list(
    options: ReadOptions & { readonly kind?: 'deployment' | 'cluster' } = {},
  ): Promise<ListedSubject[]> {
    const { view } = (await this.#read(options)).reading;
    const subjects = await listSubjects(view, options.kind);
    const summaries = await summarise(view, subjects);
    return summaries.map(({ subject, events, last }) => ({
      subject: formatSubject(subject),
      events,
      lastEvent: last && recorded({ subject, event: last }),
    }));
  }

  /**
   * Takes a lock and renews it until it is released or lost. Writes with `{ lock: name }` are made under it. A held lock
   * keeps the process alive. Throws LockHeldError, RemoteError, RefusedError, UsageError.
   */
  async lock(name: string, options: LockOptions = {}): Promise<Lease> {
    const moment = await this.#read({ fetch: 'never' });
    return this.#locks.take(name, options, this.#writer(moment), moment.settings.timeout);
  }

  /** Lists held locks as the remote has them now, or as last seen here if it does not answer. Throws RemoteError with `fetch: 'always'`. */
  async locks(options: LocksOptions = {}): Promise<HeldLock[]> {
    const { settings } = await this.#read({ fetch: 'never' });
    return this.#locks.list(options, settings.timeout);
  }

  /** Ends a lease, whoever holds it, expired or not, and records an event of `lock/<name>`. Throws NotFoundError if nobody holds the lock. */
  async breakLock(name: string, options: BreakOptions = {}): Promise<EndedLock> {
    const moment = await this.#read({ fetch: 'never' });
    return this.#locks.break(name, options, this.#writer(moment), moment.settings.timeout);
  }

  /** Publishes waiting writes in their order, and fetches. Throws the reason if any still wait. */
  async sync(): Promise<SyncResult> {
    const moment = await this.#read({ fetch: 'never' });
    const deadline = systemClock.now() + moment.settings.timeout;
    return (await syncNow(moment, { deadline, note: () => undefined })).result;
  }

  /** Lists the writes that wait to be published, and why they wait. */
  async pending(): Promise<PendingOperation[]> {
    return listOutbox(this.#opened(), systemClock.now());
  }

  /** Ends helper processes and renewals. Waiting writes are kept, and leases that were not released expire. The store cannot be used afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#locks.stop();
    await this.#parts.opened.repository.close();
  }

  #opened(): OpenRepository {
    if (this.#isClosed) {
      throw new UsageError('the store is closed', { suggestions: ['Open it again with openStore'] });
    }
    return this.#parts.opened;
  }

  #read({ fetch }: ReadOptions): Promise<Context> {
    return readConfigured(this.#opened(), this.#parts.local, fetch);
  }

  async #deployment({ reading, settings }: Context, options: DeploymentOptions): Promise<string> {
    const { view } = reading;
    return options.deployment === undefined
      ? resolveDeployment({ view, settings })
      : (await namedDeployment(options.deployment, view)).id;
  }

  #writer(moment: Context): Writer {
    const { environment, runId } = this.#parts;
    return writerOf(moment, environment, runId, { ids: this.#ids, clock: systemClock });
  }

  async #push(events: readonly NewEvent[], options: WriteOptions) {
    const batch = {
      items: events.map((value) => ({ value })),
      create: options.create === true,
      skipInvalid: false,
      refusal: (rejected: readonly Rejection[]) =>
        events.length === 1 && rejected[0] ? rejected[0].error : refusal(rejected, events.length),
    };
    return this.#write(options, (writing) => writeEvents(writing, batch));
  }

  /** Runs a use case that changes a state, with the fields of its event and the conditions of the caller. */
  async #change(
    options: ChangeOptions,
    useCase: (
      writing: Writing,
      more: Pick<Change, 'fields'> & { readonly preconditions: readonly Precondition[] },
    ) => Promise<ChangedDeployment>,
  ): Promise<ChangedState> {
    const { action = 'state_changed', message, reason } = options;
    const more = { fields: { action, message, reason }, preconditions: preconditions(options) };
    const { subject, changes, outcome } = await this.#write(options, async (writing) => {
      const changed = await useCase(writing, more);
      return { ...changed, changes: changed.outcome.changes };
    });
    return { subject: formatSubject(subject), changed: changes, ...outcome };
  }

  /** Runs a use case of writing, with the options of the caller. */
  async #write<T extends { readonly outcome: WriteOutcome }>(
    { queue, dryRun, requirePublish, allowSecret, lock }: WriteOptions,
    useCase: (writing: Writing) => Promise<T>,
  ): Promise<Omit<T, 'outcome'> & { readonly outcome: WriteResult }> {
    const moment = await this.#read({ fetch: 'never' });
    const notes: string[] = [];
    const result = await useCase({
      ...moment,
      environment: this.#parts.environment,
      writer: this.#writer(moment),
      claims: this.#locks.claims,
      terms: { queue, dryRun, requirePublish, allowSecret, lock },
      deadline: systemClock.now() + moment.settings.timeout,
      note: (message) => notes.push(message),
    });
    const rewrites = await this.#opened().repository.rewrites.take();
    for (const rewrite of rewrites) notes.push(rewriteNote(rewrite, this.branch));
    return { ...result, outcome: { ...written(result.outcome), notes } };
  }
}
