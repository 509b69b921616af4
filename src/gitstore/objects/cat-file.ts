import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { holdChild, isRunning, type PipedChild, stopChild } from '../../process/child.js';
import { type Git, type LazyFetches, TIMED_OUT } from '../process/git.js';

/** Largest object that is read, in bytes: room for a sealed month, or a month's folder of a very busy subject. */
const MAX_OBJECT = 64 * 1024 * 1024;
/** How much of git's error output is kept, in characters. */
const MAX_WORDS = 64 * 1024;

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly data: Buffer;
}

/** A request for an object, and the callbacks of its caller. */
export interface ObjectRequest {
  readonly name: string;
  /** Name of the object in messages. */
  readonly path: string;
  readonly resolve: (object: GitObject | null) => void;
  readonly reject: (error: Error) => void;
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
  #requests: ObjectRequest[] = [];
  /** Index of the next request to answer: taking it off the front of a long list would move all others. */
  #next = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;
  /** Bytes still to come of an object that is too large to keep. */
  #skipped = 0;
  #isEnding = false;

  /** @param once whether it is asked only once: git may then buffer its output */
  constructor(git: Git, once: boolean) {
    const child = git.start(['cat-file', '--batch', ...(once ? ['--buffer'] : [])]);
    this.#lazy = git.lazyFetches;
    child.stderr.on('data', (words: Buffer) => {
      this.#words = (this.#words + words.toString('utf8')).slice(-MAX_WORDS);
    });
    child.stdout.on('data', (received: Buffer) => {
      this.#limit(true);
      const chunk = this.#skip(received);
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= this.#needed) this.#answer();
    });
    child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#fail(error);
        resolve();
      });
      child.on('close', () => {
        if (this.#requests.length > 0) this.#fail(this.#fetchFailure() ?? unreadable());
        resolve();
      });
    });
    this.#child = child;
    holdChild(this.#child, false);
  }

  /** Whether it still takes requests. */
  get isRunning(): boolean {
    return isRunning(this.#child);
  }

  ask(requests: readonly ObjectRequest[]): void {
    for (const request of requests) this.#requests.push(request);
    holdChild(this.#child, true);
    this.#limit(true);
    this.#child.stdin.write(requests.map(({ name }) => `${name}\n`).join(''));
  }

  /** Restarts the time limit of an answer if objects are fetched on demand, or ends it. */
  #limit(isAwaited: boolean): void {
    if (this.#lazy === null) return;
    clearTimeout(this.#timer);
    if (!isAwaited || this.#requests.length === 0) return;
    this.#timer = setTimeout(() => this.#giveUp(TIMED_OUT), this.#lazy.timeout);
  }

  /** The error of a failed fetch of objects; null if none failed. */
  #fetchFailure(code = 1): Error | null {
    return this.#lazy?.failure({ code, stderr: this.#words }) ?? null;
  }

  /** Ends a process whose fetch failed or timed out: its further fetches would fail the same way. */
  #giveUp(code: number): void {
    this.#fail(this.#fetchFailure(code) ?? unreadable());
    stopChild(this.#child);
  }

  /** Answers that there is no such object, unless its fetch failed: git before 2.39 goes on after that. */
  #missing(request: ObjectRequest): void {
    if (this.#lazy === null) request.resolve(null);
    // git has written about a failed fetch by now, but its stderr arrives separately from its answer.
    else
      setImmediate(() => {
        const failure = this.#fetchFailure();
        if (failure === null) return request.resolve(null);
        request.reject(failure);
        stopChild(this.#child);
      });
  }

  /** Lets it answer its requests, and end. Nobody waits for the end of a process that owes no answer. */
  end(): Promise<void> {
    this.#child.stdin.end();
    this.#isEnding = true;
    return this.#requests.length > 0 ? this.#ended : Promise.resolve();
  }

  #fail(error: Error): void {
    this.#limit(false);
    const unanswered = this.#requests.slice(this.#next);
    this.#requests = [];
    this.#next = 0;
    for (const request of unanswered) request.reject(error);
  }

  /** The rest of a chunk, behind the bytes to skip. */
  #skip(chunk: Buffer): Buffer {
    const unwanted = Math.min(this.#skipped, chunk.length);
    this.#skipped -= unwanted;
    return chunk.subarray(unwanted);
  }

  /** Answers all requests whose object has arrived in full. */
  #answer(): void {
    this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks]);
    this.#chunks = [];
    let at = 0;
    this.#needed = 0;
    for (;;) {
      const request = this.#requests[this.#next];
      const lineEnd = request ? this.#buffer.indexOf(10, at) : -1;
      if (!request || lineEnd < 0) break;
      const header = this.#buffer.toString('utf8', at, lineEnd);
      const match = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header);
      let used = lineEnd + 1;
      if (match) {
        const length = Number(match[3]);
        used += length + 1;
        if (length > MAX_OBJECT) {
          request.reject(tooLarge(request.path, length));
          this.#skipped = Math.max(used - this.#buffer.length, 0);
          used = Math.min(used, this.#buffer.length);
        } else if (this.#buffer.length < used) {
          this.#needed = used - at;
          break;
        } else {
          const data = this.#buffer.subarray(lineEnd + 1, lineEnd + 1 + length);
          request.resolve({ oid: match[1] as string, type: match[2] as string, data });
        }
      } else if (header.endsWith(' missing')) this.#missing(request);
      else request.reject(new InvalidStateError(`git cannot read ${request.name}: ${header.slice(0, 200)}`));
      this.#next += 1;
      at = used;
    }
    if (this.#next === this.#requests.length) {
      this.#requests = [];
      this.#next = 0;
      this.#limit(false);
      if (!this.#isEnding) holdChild(this.#child, false);
    }
    this.#buffer = this.#buffer.subarray(at);
    this.#size = this.#buffer.length;
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

function tooLarge(path: string, length: number): InvalidStateError {
  return new InvalidStateError(
    `${path}: ${length} bytes, more than the ${MAX_OBJECT / 1024 / 1024} MiB that are read`,
    {
      data: { path, bytes: length },
    },
  );
}
