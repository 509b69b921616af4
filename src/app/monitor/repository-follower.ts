import { type EnvironmentError, type ErrorJson, KgitError, type RemoteError } from '../../errors.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { placeOfPath } from '../../model/subject/place.js';
import type { ClusterSubject, Subject } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { News } from '../../news/news-item.js';
import type { PositionChanges, Positions } from '../../news/segment.js';
import type { PublishedChange } from '../../review/published-change.js';
import type { LocalSettings } from '../../setup/config.js';
import type { Clock } from '../../store/port/host.js';
import { WENT_BACK } from '../../store/port/shared-history.js';
import type { Revision, StateStore } from '../../store/port/state-store.js';
import { type Context, configured } from '../open/configured.js';
import { pause } from '../pause.js';
import { watchChanges } from '../watch/watch-changes.js';
import { changeNews } from './change-news.js';
import type { WaitingWrites } from './outbox-news.js';

const KEY = 'revision';
/** Time in which revisions are gathered, in ms, so that a burst is read and written at once. */
const GATHER_MS = 20;
/** How many revisions are handled at once. */
const AT_ONCE = 100;
/** Least time between two fetches that were asked for, and after a rewrite, in ms. */
const BETWEEN_MS = 250;
const EVERYTHING = { subjects: [], paths: [], deployment: null };

export interface RepositoryFollowerOptions {
  readonly context: Context;
  readonly local: LocalSettings;
  readonly refreshMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly positions: Positions;
  readonly broken: BrokenEvents;
  readonly tell: (news: readonly News[], positions: PositionChanges) => Promise<void>;
  /** Called when the context is of a newer revision. @param clusters whose records changed; null: all may have */
  readonly onContext: (clusters: readonly ClusterSubject[] | null) => void;
  /** Called when kgit.yaml names other management clusters, or other identities of them. */
  readonly onManagements: () => void;
  readonly onHealth: () => void;
  /** Called with what is no expected failure. */
  readonly onBug: (error: unknown) => void;
}

/** Follows the revisions of a repository for as long as the server runs, whatever becomes of it. */
export class RepositoryFollower {
  context: Context;
  /** When the history was last seen to be rewritten, in ms since the epoch. */
  rewrittenAt: number | null = null;
  readonly #options: RepositoryFollowerOptions;
  #error: ErrorJson | null = null;
  /** Whether a fetch that was asked for has succeeded since the last failure. */
  #hasFetched = false;
  /** The last fetch when the last failure was first looked at; undefined before that. */
  #fetchedBefore: number | null | undefined;
  #markerError: ErrorJson | null = null;
  /** The kgit.yaml that the context follows. */
  #marker: string | null | undefined;
  /** Ids of the writes that wait here. */
  #waiting: readonly string[] = [];
  #isWanted = false;
  #fetching: Promise<void> | null = null;
  /** Ends a pause after a failure. */
  #wake: () => void = () => undefined;

  constructor(options: RepositoryFollowerOptions) {
    this.#options = options;
    this.context = options.context;
  }

  /** Why it cannot be read or fetched now, or why its kgit.yaml is not used. */
  get error(): ErrorJson | null {
    return this.#error ?? this.#markerError;
  }

  /** Fetches at once. Calls that come together are one fetch. */
  refresh(): void {
    this.#isWanted = true;
    if (!this.#store.isRemote) this.#wake();
    else this.#fetching ??= this.#fetch().catch(this.#options.onBug);
  }

  /** Resolves when the fetch in progress has ended. */
  async end(): Promise<void> {
    await this.#fetching;
  }

  /** Follows until the signal. Throws what is no expected failure. */
  async run(): Promise<void> {
    const { positions, signal } = this.#options;
    const told = positions.get(KEY);
    let at = typeof told === 'string' ? told || null : await this.#begin();
    let isLost = false;
    while (!signal.aborted) {
      try {
        if (isLost && at !== null) at = await this.#rewritten(at);
        isLost = false;
        for await (const changes of this.#batches(at)) at = await this.#take(changes);
      } catch (error) {
        if (!(error instanceof KgitError)) throw error;
        if (error.causeWord === WENT_BACK) {
          isLost = true;
          await pause(BETWEEN_MS, signal);
        } else {
          this.#failed(error);
          await this.#pause();
        }
      }
    }
  }

  /** Reads what does not come as a revision: when the last fetch was, and the writes that wait here. */
  async look(): Promise<void> {
    const { outbox, store } = this.context.opened.repository;
    try {
      const [ids, head] = [await outbox.ids(), await store.head()];
      const { reading } = this.context;
      const hasFailed = this.error !== null;
      if (ids.join() !== this.#waiting.join() || head.revision !== reading.revision || hasFailed)
        await this.#read();
      else if (head.fetchedAt !== reading.fetchedAt) {
        this.context = { ...this.context, reading: { ...reading, fetchedAt: head.fetchedAt } };
        this.#options.onHealth();
      }
      if (ids.join() !== this.#waiting.join()) {
        this.#waiting = ids;
        const all = [...reading.pending, ...this.context.reading.pending].flatMap(({ events }) => events);
        this.#options.onContext(clustersOf(all.map(({ subject }) => subject)));
        this.#options.onHealth();
      }
      if (hasFailed) this.#recover(head.fetchedAt);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Notes why the repository cannot be read. Throws what is no expected failure. */
  failed(error: unknown): void {
    if (!(error instanceof KgitError)) throw error;
    this.#failed(error);
  }

  /** Writes of this machine that wait to be published. */
  get waiting(): WaitingWrites {
    const [first] = this.#waiting;
    return { waiting: this.#waiting.length, oldest: first === undefined ? null : ulidTime(first) };
  }

  get #store(): StateStore {
    return this.context.opened.repository.store;
  }

  /** The first start: what is there already is no news. */
  async #begin(): Promise<Revision | null> {
    const { revision } = this.context.reading;
    await this.#options.tell([], { [KEY]: revision ?? '' });
    return revision;
  }

  async *#batches(after: Revision | null): AsyncGenerator<readonly PublishedChange[]> {
    const { signal, broken, refreshMs } = this.#options;
    let away: RemoteError | EnvironmentError | null = null;
    const changes = watchChanges(
      this.#store,
      { after, filter: EVERYTHING },
      {
        ...{ signal, broken, maxAge: refreshMs },
        onAway: (error) => {
          away = error;
        },
        clock: {
          // Each failure ends here; `onAway` names a reason once.
          sleep: () => {
            if (away !== null) this.#failed(away);
            return this.#pause();
          },
        },
      },
    );
    const ask = () => {
      const asked = changes.next();
      // It is awaited later, when those before it have been handled.
      asked.then(undefined, () => undefined);
      return asked;
    };
    let next = ask();
    try {
      for (let first = await next; !first.done; first = await next) {
        const batch = [first.value];
        next = ask();
        // One for the batch: a burst would leave a timer, and a listener of the signal, for each of its revisions.
        const gathered = pause(GATHER_MS, signal);
        while (batch.length < AT_ONCE) {
          const more = await Promise.race([next, gathered]);
          if (more === undefined || more.done) break;
          batch.push(more.value);
          next = ask();
        }
        yield batch;
      }
    } finally {
      changes.return(undefined).then(undefined, () => undefined);
    }
  }

  /** Reads the repository, then tells what it published: whoever hears of it finds it there. */
  async #take(changes: readonly PublishedChange[]): Promise<Revision | null> {
    await this.#read();
    this.#works();
    const revision = changes.at(-1)?.revision ?? null;
    this.#options.onContext(clustersOf(changes.flatMap(subjectsOf)));
    await this.#options.tell(changes.map(changeNews), { [KEY]: revision ?? '' });
    return revision;
  }

  /** The store lost the last revision that was told: goes on with what follows its head. */
  async #rewritten(from: Revision): Promise<Revision | null> {
    await this.#read();
    const { revision: to } = this.context.reading;
    // The driver does not know the new head yet.
    if (to === from) return from;
    const now = this.#options.clock.now();
    this.rewrittenAt = now;
    const document = { type: 'rewritten', from, to, observedAt: new Date(now).toISOString() } as const;
    this.#options.onContext(null);
    this.#options.onHealth();
    await this.#options.tell([{ kind: 'repository', document }], { [KEY]: to ?? '' });
    return to;
  }

  /** Reads the repository as it is here. A kgit.yaml that cannot be used leaves the settings as they are. */
  async #read(): Promise<void> {
    const { opened, settings } = this.context;
    const reading = await opened.repository.read('never', settings.timeout);
    const marker = await reading.view.read(MARKER_FILE);
    if (marker === this.#marker) {
      this.context = { ...this.context, reading };
      return;
    }
    this.#marker = marker;
    const before = JSON.stringify([...this.context.managements]);
    try {
      this.context = { ...(await configured(opened, this.#options.local, reading.view)), reading };
      this.#markerError = null;
      if (JSON.stringify([...this.context.managements]) !== before) this.#options.onManagements();
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      this.context = { ...this.context, reading };
      this.#markerError = error.toJSON();
    }
    this.#options.onHealth();
  }

  async #fetch(): Promise<void> {
    await null;
    const { signal } = this.#options;
    try {
      while (this.#isWanted && !signal.aborted) {
        this.#isWanted = false;
        try {
          await this.#store.refresh(this.context.settings.timeout);
          this.#hasFetched = true;
          this.#wake();
        } catch (error) {
          if (!(error instanceof KgitError)) throw error;
          this.#failed(error);
        }
        await pause(BETWEEN_MS, signal);
      }
    } finally {
      this.#fetching = null;
    }
  }

  async #pause(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await pause(this.#options.refreshMs, AbortSignal.any([this.#options.signal, woken.signal]));
  }

  #failed(error: KgitError): void {
    this.#hasFetched = false;
    this.#fetchedBefore = undefined;
    this.#error = error.toJSON();
    this.#options.onHealth();
  }

  /** Forgets a failure behind which a fetch has succeeded. Times are only told apart: a clock may be set back. */
  #recover(fetchedAt: number | null): void {
    if (this.#fetchedBefore === undefined) this.#fetchedBefore = fetchedAt;
    if (!this.#store.isRemote || this.#hasFetched || fetchedAt !== this.#fetchedBefore) this.#works();
  }

  #works(): void {
    if (this.#error === null) return;
    this.#error = null;
    this.#options.onHealth();
  }
}

/** The subjects whose records a change touches. */
function subjectsOf({ events, files }: PublishedChange): Subject[] {
  const places = files.map(placeOfPath).flatMap((place) => ('subject' in place ? place.subject : []));
  return [...events.map(({ subject }) => subject), ...places];
}

function clustersOf(subjects: readonly Subject[]): ClusterSubject[] {
  return subjects.filter((subject) => subject.kind === 'cluster');
}
