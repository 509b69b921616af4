import { eventTime, OUTCOMES } from '../../../model/event/event.js';
import type { EventRow } from '../../../model/event/event-row.js';

/** Length of an id, in bytes. */
const ID_BYTES = 26;
/** Size of a block of texts, in bytes. */
const BLOCK_BYTES = 1 << 20;
/** Rows that there is room for at first. */
const FIRST_ROOM = 1_024;

/** Words that many rows have in common, each kept once. Number 0 is the absence of a word. */
class Words {
  readonly #numbers = new Map<string, number>();
  readonly #words: (string | undefined)[] = [undefined];
  bytes = 0;

  add(word: string | undefined): number {
    if (word === undefined) return 0;
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#words.push(word) - 1;
    this.#numbers.set(word, number);
    // The text, its entry in the map and its place in the list, as V8 keeps them.
    this.bytes += word.length + 88;
    return number;
  }

  /** The word with a number; undefined for 0. */
  word(number: number): string | undefined {
    return this.#words[number];
  }

  /** The number of a word; undefined if no row has it. */
  numberOf(word: string): number | undefined {
    return this.#numbers.get(word);
  }
}

/** Columns whose words are shared, by the field of an event that they hold. */
const WORDED = ['subject', 'action', 'user', 'phase', 'run_id'] as const;
export type Worded = (typeof WORDED)[number];
/** The words of the rows of one index. */
export type SharedWords = Readonly<Record<Worded, Words>>;

const OUTCOME_NUMBERS = new Map<string | undefined, number>(OUTCOMES.map((word, i) => [word, i + 1]));

/** The number of an outcome in a column: from 1, or 0 for none. */
export function outcomeNumber(outcome: string | undefined): number {
  return OUTCOME_NUMBERS.get(outcome) ?? 0;
}

/** Returns no words yet, for the rows of one index. */
export function sharedWords(): SharedWords {
  return {
    subject: new Words(),
    action: new Words(),
    user: new Words(),
    phase: new Words(),
    run_id: new Words(),
  };
}

/**
 * Events in columns of numbers, with their JSON in blocks of bytes outside of the JavaScript heap. A row takes 71 bytes
 * and its text, and the columns have room for half as many rows again; words such as users are kept once.
 */
export class EventRows {
  readonly #words: SharedWords;
  #count = 0;
  #times = new Float64Array(FIRST_ROOM);
  #durations = new Float64Array(FIRST_ROOM);
  #outcomes = new Uint8Array(FIRST_ROOM);
  #columns: Readonly<Record<Worded, Uint32Array>> = columns(FIRST_ROOM);
  #places = new Float64Array(FIRST_ROOM);
  #ids = Buffer.alloc(FIRST_ROOM * ID_BYTES);
  readonly #blocks: Buffer[] = [];
  /** Where the next text begins, counted over all blocks. */
  #end = 0;

  constructor(words: SharedWords) {
    this.#words = words;
  }

  get count(): number {
    return this.#count;
  }

  /** Memory that the rows take, without the shared words. */
  get bytes(): number {
    const room = this.#times.length;
    return room * (8 + 8 + 1 + 4 * WORDED.length + 8 + ID_BYTES) + this.#blocks.length * BLOCK_BYTES;
  }

  /** Adds an event in which secrets are masked. */
  push(event: EventRow): void {
    const row = this.#count;
    if (row === this.#times.length) this.#grow();
    this.#times[row] = eventTime(event);
    this.#durations[row] = event.duration_seconds ?? Number.NaN;
    this.#outcomes[row] = outcomeNumber(event.outcome);
    for (const name of WORDED) this.#columns[name][row] = this.#words[name].add(event[name]);
    this.#ids.write(event.id, row * ID_BYTES, ID_BYTES, 'latin1');
    this.#places[row] = this.#keep(JSON.stringify(event));
    this.#count += 1;
  }

  /** Drops the last rows, so that `count` are left; blocks without a text are freed. */
  truncate(count: number): void {
    if (count >= this.#count) return;
    this.#end = count === 0 ? 0 : this.#endOf(count - 1);
    this.#count = count;
    this.#blocks.length = Math.ceil(this.#end / BLOCK_BYTES);
  }

  id(row: number): string {
    return this.#ids.toString('latin1', row * ID_BYTES, (row + 1) * ID_BYTES);
  }

  /** ms since the epoch */
  time(row: number): number {
    return this.#times[row] as number;
  }

  /** In seconds; NaN if the event has none. */
  duration(row: number): number {
    return this.#durations[row] as number;
  }

  /** As `outcomeNumber`. */
  outcome(row: number): number {
    return this.#outcomes[row] as number;
  }

  /** The number of a row's word; 0 for none. */
  number(name: Worded, row: number): number {
    return this.#columns[name][row] as number;
  }

  word(name: Worded, row: number): string | undefined {
    return this.#words[name].word(this.number(name, row));
  }

  /** The JSON of the event. */
  text(row: number): string {
    const start = this.#places[row] as number;
    const end = this.#endOf(row);
    const first = Math.floor(start / BLOCK_BYTES);
    const last = Math.floor((end - 1) / BLOCK_BYTES);
    const parts: Buffer[] = [];
    for (let at = first; at <= last; at++) {
      const from = at === first ? start - at * BLOCK_BYTES : 0;
      const to = at === last ? end - at * BLOCK_BYTES : BLOCK_BYTES;
      parts.push((this.#blocks[at] as Buffer).subarray(from, to));
    }
    const [only] = parts;
    return (parts.length === 1 && only ? only : Buffer.concat(parts)).toString('utf8');
  }

  /** The event with its subject. */
  event(row: number): EventRow {
    return JSON.parse(this.text(row)) as EventRow;
  }

  /** The first row with an id at or after `from`; -1 if there is none. */
  find(id: string, from = 0): number {
    const wanted = Buffer.from(id, 'latin1');
    if (wanted.length !== ID_BYTES) return -1;
    for (let at = from * ID_BYTES; ; ) {
      at = this.#ids.indexOf(wanted, at);
      if (at < 0 || at >= this.#count * ID_BYTES) return -1;
      if (at % ID_BYTES === 0) return at / ID_BYTES;
      at += 1;
    }
  }

  #endOf(row: number): number {
    return row + 1 < this.#count ? (this.#places[row + 1] as number) : this.#end;
  }

  /** Copies a text into the blocks, and returns where it begins. */
  #keep(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    const start = this.#end;
    for (let done = 0; done < bytes.length; ) {
      const at = Math.floor(this.#end / BLOCK_BYTES);
      if (at === this.#blocks.length) this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
      const offset = this.#end - at * BLOCK_BYTES;
      const copied = bytes.copy(this.#blocks[at] as Buffer, offset, done);
      done += copied;
      this.#end += copied;
    }
    return start;
  }

  #grow(): void {
    const room = Math.ceil(this.#times.length * 1.5);
    const wider = <T extends { set(from: T): void }>(fresh: T, old: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.#times = wider(new Float64Array(room), this.#times);
    this.#durations = wider(new Float64Array(room), this.#durations);
    this.#outcomes = wider(new Uint8Array(room), this.#outcomes);
    this.#places = wider(new Float64Array(room), this.#places);
    const fresh = columns(room);
    for (const name of WORDED) fresh[name].set(this.#columns[name]);
    this.#columns = fresh;
    const ids = Buffer.alloc(room * ID_BYTES);
    this.#ids.copy(ids);
    this.#ids = ids;
  }
}

function columns(room: number): Readonly<Record<Worded, Uint32Array>> {
  const column = () => new Uint32Array(room);
  return { subject: column(), action: column(), user: column(), phase: column(), run_id: column() };
}
