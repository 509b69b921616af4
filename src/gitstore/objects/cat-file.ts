import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { holdChild, isRunning, type PipedChild, stopChild } from '../../process/child.js';
import { type Git, type LazyFetches, TIMED_OUT } from '../process/git.js';

/** Largest object that is read, in bytes: room for a sealed month, or a month's folder of a very busy subject. */
const MAX_OBJECT = 64 * 1024 * 1024;
/** How much of git's error output is kept, in characters. */
const MAX_WORDS = 64 * 1024;
/**
 * How many bytes of answers share one buffer, from a process that is asked for many objects and from others. git hands
 * over 4 KB at a time; a buffer for each piece would cost more than the copy.
 */
const SHARED = { once: 256 * 1024, steady: 32 * 1024 };

/** What git says before the content of an object, and the most characters of it. */
const HEADER = /^([0-9a-f]{40,64}) (\w+) (\d+)\n/;
const MAX_HEADER = 96;

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly data: Buffer;
}

/** An object to read. */
export interface NamedObject {
  /** `<revision>:<path>`, or an object id. */
  readonly name: string;
  /** Name of the object in messages. */
  readonly path: string;
}

/** Who asked for objects, and is told of each. Neither method may throw. */
export interface ObjectTaker<T extends NamedObject> {
  /** Takes an object; null if there is none. */
  take(object: GitObject | null, asked: T): void;
  fail(error: Error, asked: T): void;
}

/** Objects that were asked for together. */
export class ObjectBatch<T extends NamedObject = NamedObject> {
  readonly #objects: readonly T[];
  readonly #taker: ObjectTaker<T>;

  constructor(objects: readonly T[], taker: ObjectTaker<T>) {
    this.#objects = objects;
    this.#taker = taker;
  }

  get size(): number {
    return this.#objects.length;
  }

  /** The names, each ended by a line break. */
  get lines(): string {
    let lines = '';
    for (const { name } of this.#objects) lines += `${name}\n`;
    return lines;
  }

  at(place: number): T {
    return this.#objects[place] as T;
  }

  take(object: GitObject | null, place: number): void {
    this.#taker.take(object, this.at(place));
  }

  fail(error: Error, place: number): void {
    this.#taker.fail(error, this.at(place));
  }

  /** Fails every object from a place on. */
  failFrom(place: number, error: Error): void {
    for (let at = place; at < this.size; at++) this.fail(error, at);
  }
}

/**
 * One `git cat-file --batch` process. It answers requests in order. While it owes no answer, it does not keep this
 * process alive.
 */
export class CatFile {
  readonly #child: PipedChild;
  readonly #ended: Promise<void>;
  readonly #lazy: LazyFetches | null;
  /** The end of git's stderr. */
  #words = '';
  /** Runs while an answer is owed, if objects are fetched on demand. */
  #timer: NodeJS.Timeout | undefined;
  #batches: ObjectBatch[] = [];
  /** Index of the batch to answer, and of the next object in it: taking it off the front of a long list would move all others. */
  #batch = 0;
  #next = 0;
  readonly #shared: number;
  /** What was received and not answered with yet lies in it, between `#from` and `#to`. */
  #buffer: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  /** Bytes of the next answer, once its length is known. */
  #needed = 0;
  /** Bytes still to come of an object that is too large to keep. */
  #skipped = 0;
  #isEnding = false;
  /** Why it answers no more: what it owes, or is asked for later, fails with it. */
  #failure: Error | null = null;

  /** @param once whether it is asked only once: git may then buffer its output */
  constructor(git: Git, once: boolean) {
    const child = git.start(['cat-file', '--batch', ...(once ? ['--buffer'] : [])]);
    this.#lazy = git.lazyFetches;
    this.#shared = once ? SHARED.once : SHARED.steady;
    child.stderr.on('data', (words: Buffer) => {
      this.#words = (this.#words + words.toString('utf8')).slice(-MAX_WORDS);
    });
    child.stdout.on('data', (received: Buffer) => {
      this.#limit(true);
      this.#receive(this.#skip(received));
      if (this.#to - this.#from >= this.#needed) this.#answer();
    });
    child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#failure ??= error;
        this.#fail(error);
        resolve();
      });
      child.on('close', () => {
        this.#failure ??= this.#fetchFailure() ?? unreadable();
        this.#fail(this.#failure);
        resolve();
      });
    });
    this.#child = child;
    holdChild(this.#child, false);
  }

  /** Whether it still takes requests: not while it ends after a failed fetch either. */
  get isRunning(): boolean {
    return this.#failure === null && isRunning(this.#child);
  }

  /** @param batches none of them is empty */
  ask(batches: readonly ObjectBatch[]): void {
    const failure = this.#failure;
    if (failure !== null) {
      setImmediate(() => {
        for (const batch of batches) batch.failFrom(0, failure);
      });
      return;
    }
    if (!this.#isOwing) holdChild(this.#child, true);
    for (const batch of batches) this.#batches.push(batch);
    this.#limit(true);
    this.#child.stdin.write(batches.map(({ lines }) => lines).join(''));
  }

  get #isOwing(): boolean {
    return this.#batches.length > 0;
  }

  /** Restarts the time limit of an answer if objects are fetched on demand, or ends it. */
  #limit(isAwaited: boolean): void {
    if (this.#lazy === null) return;
    clearTimeout(this.#timer);
    if (!isAwaited || !this.#isOwing) return;
    this.#timer = setTimeout(() => this.#giveUp(TIMED_OUT), this.#lazy.timeout);
  }

  /** The error of a failed fetch of objects; null if none failed. */
  #fetchFailure(code = 1): Error | null {
    return this.#lazy?.failure({ code, stderr: this.#words }) ?? null;
  }

  /** Ends a process whose fetch failed or timed out: its further fetches would fail the same way. */
  #giveUp(code: number): void {
    const failure = this.#fetchFailure(code) ?? unreadable();
    this.#fail(failure);
    this.#stop(failure);
  }

  #stop(failure: Error): void {
    this.#failure ??= failure;
    stopChild(this.#child);
  }

  /** Answers that there is no such object, unless its fetch failed: git before 2.39 goes on after that. */
  #missing(batch: ObjectBatch, place: number): void {
    if (this.#lazy === null) batch.take(null, place);
    // git has written about a failed fetch by now, but its stderr arrives separately from its answer.
    else
      setImmediate(() => {
        const failure = this.#fetchFailure();
        if (failure === null) return batch.take(null, place);
        batch.fail(failure, place);
        this.#stop(failure);
      });
  }

  /** Lets it answer its requests, and end. Nobody waits for the end of a process that owes no answer. */
  end(): Promise<void> {
    this.#child.stdin.end();
    this.#isEnding = true;
    return this.#isOwing ? this.#ended : Promise.resolve();
  }

  #fail(error: Error): void {
    this.#limit(false);
    const unanswered = this.#batches.slice(this.#batch);
    const next = this.#next;
    this.#forget();
    for (const [at, batch] of unanswered.entries()) batch.failFrom(at === 0 ? next : 0, error);
  }

  #forget(): void {
    this.#batches = [];
    this.#batch = 0;
    this.#next = 0;
  }

  /** The rest of a chunk, behind the bytes to skip. */
  #skip(chunk: Buffer): Buffer {
    const unwanted = Math.min(this.#skipped, chunk.length);
    this.#skipped -= unwanted;
    return chunk.subarray(unwanted);
  }

  /** Adds a chunk to what was received, in a new buffer if this one is full: answers lie in the old one. */
  #receive(chunk: Buffer): void {
    if (this.#to + chunk.length > this.#buffer.length) {
      const left = this.#buffer.subarray(this.#from, this.#to);
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(this.#shared, this.#needed, left.length + chunk.length));
      left.copy(this.#buffer);
      this.#from = 0;
      this.#to = left.length;
    }
    chunk.copy(this.#buffer, this.#to);
    this.#to += chunk.length;
  }

  /** Answers all requests whose object has arrived in full. */
  #answer(): void {
    this.#needed = 0;
    while (this.#answerNext());
    if (this.#isOwing && this.#batch === this.#batches.length) {
      this.#forget();
      this.#limit(false);
      if (!this.#isEnding) holdChild(this.#child, false);
    }
  }

  /** Answers one request. Returns false if its object has not arrived in full, or nothing is asked for. */
  #answerNext(): boolean {
    const batch = this.#batches[this.#batch];
    if (batch === undefined) return false;
    const from = this.#from;
    const header = HEADER.exec(this.#buffer.toString('latin1', from, Math.min(from + MAX_HEADER, this.#to)));
    if (header === null) return this.#answerWithout(batch);
    const begin = from + header[0].length;
    const length = Number(header[3]);
    const end = begin + length;
    if (length > MAX_OBJECT) return this.#skipLarge(batch, length, end + 1);
    if (end >= this.#to) {
      this.#needed = end + 1 - from;
      return false;
    }
    const data = this.#buffer.subarray(begin, end);
    const place = this.#pass(batch, end + 1);
    batch.take({ oid: header[1] ?? '', type: header[2] ?? '', data }, place);
    return true;
  }

  /** Answers a request for which git has no object. Returns false if what git says of it has not arrived in full. */
  #answerWithout(batch: ObjectBatch): boolean {
    const from = this.#from;
    const lineEnd = this.#buffer.indexOf(10, from);
    if (lineEnd < 0 || lineEnd >= this.#to) return false;
    const line = this.#buffer.toString('utf8', from, lineEnd);
    const place = this.#pass(batch, lineEnd + 1);
    if (line.endsWith(' missing')) this.#missing(batch, place);
    else batch.fail(unreadableName(batch.at(place).name, line), place);
    return true;
  }

  /** @param to where its answer ends */
  #skipLarge(batch: ObjectBatch, length: number, to: number): boolean {
    this.#skipped = Math.max(to - this.#to, 0);
    const place = this.#pass(batch, Math.min(to, this.#to));
    batch.fail(tooLarge(batch.at(place).path, length), place);
    return true;
  }

  /** Goes on with the next request, whose answer begins at `from`. Returns the place of this one in its batch. */
  #pass(batch: ObjectBatch, from: number): number {
    const place = this.#next;
    this.#from = from;
    this.#next = place + 1;
    if (this.#next === batch.size) {
      this.#batch += 1;
      this.#next = 0;
    }
    return place;
  }
}

/** The error for a damaged object, at which git stops reading. */
function unreadable(): EnvironmentError {
  return new EnvironmentError(
    'git cannot read on in this repository: an object of it is missing or damaged',
    {
      suggestions: ["See which one with 'git fsck'; a fresh clone has what the remote has"],
    },
  );
}

/** The error for an object of which git says something unexpected. */
function unreadableName(name: string, header: string): InvalidStateError {
  return new InvalidStateError(`git cannot read ${name}: ${header.slice(0, 200)}`);
}

function tooLarge(path: string, length: number): InvalidStateError {
  return new InvalidStateError(
    `${path}: ${length} bytes, more than the ${MAX_OBJECT / 1024 / 1024} MiB that are read`,
    {
      data: { path, bytes: length },
    },
  );
}
