/**
 * Standard output and standard error, without Node's streams where they are files or pipes: `process.stdout` loads all of
 * `node:stream`, and for a pipe `node:net`, which takes longer than the rest of a small command.
 */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { hasCode } from '../model/value/error-codes.js';
import { IS_WINDOWS } from '../platform/system.js';

type OnError = (error: NodeJS.ErrnoException) => void;

/** What is needed of an output stream to show text. */
export type TextStream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

/** The number of the null device; null where devices have none, or without it. */
function nullDevice(): number | null {
  if (IS_WINDOWS) return null;
  return statSync('/dev/null', { throwIfNoEntry: false })?.rdev ?? null;
}

/** Whether a stream may be a terminal: a device, but not the null device. */
export function isDevice(stream: number): boolean {
  try {
    const stats = fstatSync(stream);
    return stats.isCharacterDevice() && stats.rdev !== nullDevice();
  } catch (error) {
    // It was closed.
    if (hasCode(error, 'EBADF')) return false;
    throw error;
  }
}

class StandardStream implements TextStream {
  readonly #number: 1 | 2;
  readonly #ofNode: () => NodeJS.WriteStream;
  readonly #onError: OnError[] = [];
  #stream: NodeJS.WriteStream | undefined;
  #isPlain: boolean | undefined;

  /** @param ofNode gets Node's stream, which is made when it is first used */
  constructor(number: 1 | 2, ofNode: () => NodeJS.WriteStream) {
    this.#number = number;
    this.#ofNode = ofNode;
  }

  /** Returns Node's own stream. From now on all text goes through it. */
  open(): NodeJS.WriteStream {
    if (this.#stream === undefined) {
      this.#stream = this.#ofNode();
      for (const listener of this.#onError) this.#stream.on('error', listener);
    }
    return this.#stream;
  }

  /** Calls a listener when something cannot be written, as Node's stream does. */
  onError(listener: OnError): void {
    this.#onError.push(listener);
    this.#stream?.on('error', listener);
  }

  /** Whether it is no terminal and Node's stream is not in use. */
  get #isDirect(): boolean {
    this.#isPlain ??= !IS_WINDOWS && !isDevice(this.#number);
    return this.#isPlain && this.#stream === undefined;
  }

  get isTTY(): boolean {
    return !this.#isDirect && this.open().isTTY === true;
  }

  /** Columns of the terminal; 0 for one whose size was never set. */
  get columns(): number {
    return this.#isDirect ? 0 : (this.open().columns ?? 0);
  }

  /** Writes a text. What cannot be written at once, as to a pipe that is full, is left to Node's stream. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    const rest = this.#isDirect ? this.#writeNow(bytes) : bytes;
    if (rest.length > 0) this.open().write(rest);
  }

  /** Returns what could not be written. */
  #writeNow(bytes: Buffer): Buffer {
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.#number, bytes, at);
    } catch {
      // The stream tries again, and reports what it fails at to its listeners.
    }
    return bytes.subarray(at);
  }
}

export const standardOutput = new StandardStream(1, () => process.stdout);
export const standardError = new StandardStream(2, () => process.stderr);

/**
 * Calls `end` when the reader of standard output is gone, as with `| head`; otherwise a command that keeps printing
 * would never end.
 */
export function onReaderGone(end: () => void): void {
  standardOutput.onError((error) => {
    if (hasCode(error, 'EPIPE')) end();
  });
}
