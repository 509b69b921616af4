import type { Context } from '../../../app/open/configured.js';
import { SkippedEvents } from '../../../model/event/broken-events.js';
import type { EventRow } from '../../../model/event/event-row.js';
import type { Revision } from '../../../store/port/state-store.js';
import { EventRows, type SharedWords, sharedWords } from './event-rows.js';
import { addedSince, maskedEvents, waitingEvents } from './event-source.js';

/** Memory that the index takes at most, in bytes: about a million events of 400 bytes. */
const MAX_BYTES = 512 * 1024 * 1024;
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
 * again. The first request builds it, the others read only what new revisions added; after a rewrite of the history, or if
 * an event was edited or removed, all of it is built anew, beside the old one.
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
  #work: Promise<void> | null = null;
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

  /**
   * Brings the index to what was last read of the repository, and returns that. Throws KgitError if the repository cannot
   * be read now.
   */
  async current(): Promise<LogContext> {
    for (let turn = 0; turn < MOST_TURNS && this.#context().reading.revision !== this.#revision; turn++) {
      this.#work ??= this.#catchUp(this.#context()).finally(() => {
        this.#work = null;
      });
      await this.#work;
    }
    const context = this.#context();
    await this.#wait(context);
    return context;
  }

  async #catchUp({ opened, reading: { revision } }: LogContext): Promise<void> {
    const { store } = opened.repository;
    const isFirst = this.#revision === undefined || this.#revision === null || revision === null;
    const fresh = isFirst
      ? null
      : await addedSince(store, this.#revision as Revision, revision, this.#built.skipped);
    if (fresh === null) {
      await this.#build({ opened, revision });
    } else {
      for (const event of fresh) if (!this.#holds(event)) this.#added.push(event);
      this.#drop();
    }
    this.#revision = revision;
    this.#reading = null;
    this.#version += 1;
  }

  async #build({ opened, revision }: Pick<LogContext, 'opened'> & { revision: Revision | null }) {
    const built = new Built();
    for await (const event of maskedEvents(opened.repository.store, revision, built.skipped)) {
      if (built.rows.bytes > this.#maxBytes) {
        built.isComplete = false;
        break;
      }
      built.rows.push(event);
    }
    this.#built = built;
    this.#added = new EventRows(built.words);
    this.#waiting = new EventRows(built.words);
  }

  /** Drops the oldest events if there are too many. */
  #drop(): void {
    const { rows } = this.#built;
    while (this.bytes > this.#maxBytes && rows.count > 0) {
      rows.truncate(Math.floor(rows.count * (1 - DROPPED)));
      this.#built.isComplete = false;
    }
  }

  async #wait({ opened, reading }: LogContext): Promise<void> {
    if (reading === this.#reading) return;
    const had = this.#waiting.count;
    const waiting = new EventRows(this.#built.words);
    for await (const event of waitingEvents(opened.repository.store, reading, this.#built.skipped))
      if (!this.#holds(event)) waiting.push(event);
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
