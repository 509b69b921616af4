import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Context } from '../../../app/open/configured.js';
import { SkippedEvents } from '../../../model/event/broken-events.js';
import type { EventRow } from '../../../model/event/event-row.js';
import type { Revision } from '../../../store/port/state-store.js';
import { EventRows, type SharedWords, sharedWords } from './event-rows.js';
import { addedSince, maskedEvents, waitingEvents } from './event-source.js';

/** Memory that the index takes at most, in bytes: about a million events of 400 bytes. */
const MAX_BYTES = 512 * 1024 * 1024;
/** How many events are read before other work gets its turn: a few milliseconds. */
const TURN = 50;
/** How often a request catches up with a repository that moves on all the time. */
const MOST_TURNS = 3;
/** How many events at the end are dropped at a time, as a share of those that it was built of. */
const DROPPED = 0.1;

export type LogContext = Pick<Context, 'opened' | 'reading'>;

/** The rows of one building of the index. */
class Built {
  readonly words: SharedWords = sharedWords();
  /** Newest first. */
  readonly rows = new EventRows(this.words);
  readonly skipped = new SkippedEvents();
  isComplete = true;
}

/**
 * The events of a repository in memory, in the order of publishing, with secrets masked, so that no request reads them all
 * again. It is built in the background (`begin`); requests read only what new revisions added. After a rewrite of the
 * history, or if an event was edited or removed, all of it is built anew. No request waits for that: see `ready`.
 *
 * It costs up to 110 bytes an event, the length of its JSON, and 100 bytes for each name that occurs: with 400 bytes of
 * JSON, 50 MB at 100,000 events and 500 MB at 1,000,000, most of it outside of the JavaScript heap. Beyond `maxBytes` the
 * oldest events are left out (`isComplete`), and who asks for them has to read the store.
 */
export class EventIndex {
  readonly #context: () => LogContext;
  readonly #maxBytes: number;
  #built = new Built();
  /** What came since it was built, oldest first. */
  #added = new EventRows(this.#built.words);
  /** What waits in the outbox, newest first. */
  #waiting = new EventRows(this.#built.words);
  /** The reading that `#waiting` was made of. */
  #reading: LogContext['reading'] | null = null;
  /** Undefined until it is built. */
  #revision: Revision | null | undefined;
  /** The catching up that is under way. */
  #work: Promise<void> | null = null;
  /** The building that is under way. */
  #building: Promise<void> | null = null;
  /** How many events the building under way has read. */
  #read = 0;
  /** Why the last building failed, until a request was told. */
  #failure: unknown = null;
  #version = 0;

  /** @param context returns the repository as it was last read */
  constructor(context: () => LogContext, maxBytes = MAX_BYTES) {
    this.#context = context;
    this.#maxBytes = maxBytes;
  }

  /** Whether it holds every event; if not, the oldest are left out. */
  get isComplete(): boolean {
    return this.#built.isComplete;
  }

  /** Grows with every change of its content. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#waiting.count + this.#added.count + this.#built.rows.count;
  }

  /** Memory that it takes. */
  get bytes(): number {
    const words = Object.values(this.#built.words).reduce((sum, { bytes }) => sum + bytes, 0);
    return words + this.#built.rows.bytes + this.#added.bytes + this.#waiting.bytes;
  }

  /** Events that cannot be read and are left out. */
  get skipped(): SkippedEvents {
    return this.#built.skipped;
  }

  get words(): SharedWords {
    return this.#built.words;
  }

  /** The tables of rows, newest first, each with whether its own rows are newest first. */
  get tables(): readonly (readonly [rows: EventRows, isNewestFirst: boolean])[] {
    return [
      [this.#waiting, true],
      [this.#added, false],
      [this.#built.rows, true],
    ];
  }

  /** Calls `visit` with each row, the newest published first, until it returns false. */
  eachNewest(visit: (rows: EventRows, row: number) => boolean): void {
    for (const [rows, isNewestFirst] of this.tables) {
      const { count } = rows;
      for (let i = 0; i < count; i++) if (!visit(rows, isNewestFirst ? i : count - 1 - i)) return;
    }
  }

  /** How many events the building under way has read. */
  get read(): number {
    return this.#read;
  }

  /** Begins to build the index, if it is not built yet. A failure is reported by the next call of `ready`. */
  begin(): void {
    if (this.#revision === undefined && this.#building === null) this.#rebuild();
  }

  /**
   * Brings the index to what was last read of the repository, and returns that; null while all of it is being built.
   * Throws KgitError if the repository could not be read.
   */
  async ready(): Promise<LogContext | null> {
    if (this.#failure !== null) {
      const failure = this.#failure;
      this.#failure = null;
      throw failure;
    }
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      this.begin();
      if (this.#building !== null) return null;
      if (this.#context().reading.revision === this.#revision) break;
      this.#work ??= this.#catchUp(this.#context()).finally(() => {
        this.#work = null;
      });
      await this.#work;
    }
    if (this.#building !== null) return null;
    const context = this.#context();
    await this.#wait(context);
    return context;
  }

  /** As `ready`, but waits up to `ms` for a building that is under way: that of a small repository takes no longer. */
  async soon(ms: number): Promise<LogContext | null> {
    const context = await this.ready();
    if (context !== null) return context;
    await Promise.race([this.#building, setTimeout(ms, undefined, { ref: false })]);
    return this.ready();
  }

  /** As `ready`, but waits for a building that is under way. */
  async current(): Promise<LogContext> {
    for (;;) {
      const context = await this.ready();
      if (context !== null) return context;
      await this.#building;
    }
  }

  async #catchUp({ opened, reading: { revision } }: LogContext): Promise<void> {
    const { store } = opened.repository;
    const after = this.#revision ?? null;
    const fresh =
      after === null || revision === null
        ? null
        : await addedSince(store, after, revision, this.#built.skipped);
    if (fresh === null) {
      this.#rebuild();
      return;
    }
    for (const event of fresh) if (!this.#holds(event)) this.#added.push(event);
    this.#drop();
    this.#moved(revision);
  }

  #moved(revision: Revision | null): void {
    this.#revision = revision;
    this.#reading = null;
    this.#version += 1;
  }

  /** Builds the index in the background; `#building` never rejects. */
  #rebuild(): void {
    this.#read = 0;
    this.#building = this.#build(this.#context())
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#building = null;
      });
  }

  async #build({ opened, reading: { revision } }: LogContext): Promise<void> {
    const built = new Built();
    for await (const event of maskedEvents(opened.repository.store, revision, built.skipped)) {
      if (built.rows.bytes > this.#maxBytes) {
        built.isComplete = false;
        break;
      }
      built.rows.push(event);
      this.#read = built.rows.count;
      if (this.#read % TURN === 0) await setImmediate();
    }
    this.#built = built;
    this.#added = new EventRows(built.words);
    this.#waiting = new EventRows(built.words);
    this.#moved(revision);
  }

  /** Drops the oldest events if there are too many. */
  #drop(): void {
    const { rows } = this.#built;
    while (this.bytes > this.#maxBytes && rows.count > 0) {
      rows.truncate(Math.floor(rows.count * (1 - DROPPED)));
      this.#built.isComplete = false;
    }
  }

  async #wait(context: LogContext): Promise<void> {
    const { opened, reading } = context;
    if (reading === this.#reading) return;
    const built = this.#built;
    const had = this.#waiting.count;
    const waiting = new EventRows(built.words);
    for await (const event of waitingEvents(opened.repository.store, reading, built.skipped))
      if (!this.#holds(event)) waiting.push(event);
    // The rows of another building number their words otherwise.
    if (built !== this.#built) return this.#wait(context);
    this.#reading = reading;
    this.#waiting = waiting;
    if (had > 0 || waiting.count > 0) this.#version += 1;
  }

  #holds({ id, subject }: EventRow): boolean {
    return [this.#added, this.#built.rows].some((rows) => {
      for (let row = rows.find(id); row >= 0; row = rows.find(id, row + 1))
        if (rows.word('subject', row) === subject) return true;
      return false;
    });
  }
}
