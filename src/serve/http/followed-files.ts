import { EnvironmentError, KgitError } from '../../errors.js';
import { readAtMost } from '../../store/local/durable-files.js';

/** Bytes that a secret or a certificate with its chain may have. */
const MAX_BYTES = 256 * 1024;
/** How often the files are read again. */
const LOOK_MS = 10_000;

export interface FollowOptions {
  /** ms between two looks */
  readonly every?: number | undefined;
  /** Tells the operator that the files cannot be used now, or that they can again. */
  readonly note: (message: string) => void;
}

/**
 * What some small files hold, read again every few seconds, so that a rotated secret or certificate counts without a
 * restart. Contents are compared, not times: Kubernetes replaces a folder of secrets by moving a symbolic link. While the
 * files cannot be read or used, the last good value counts.
 */
export class FollowedFiles<T> {
  readonly #paths: readonly string[];
  readonly #parse: (texts: readonly string[]) => T;
  readonly #note: (message: string) => void;
  readonly #listeners = new Set<(value: T) => void>();
  #texts: readonly string[];
  #value: T;
  #fault: string | null = null;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    { paths, parse }: FollowedSource<T>,
    texts: readonly string[],
    { every = LOOK_MS, note }: FollowOptions,
  ) {
    this.#paths = paths;
    this.#parse = parse;
    this.#note = note;
    this.#texts = texts;
    this.#value = parse(texts);
    this.#timer = setInterval(() => void this.look(), every).unref();
  }

  /** Reads the files for the first time. Throws EnvironmentError, and what `parse` throws. */
  static async open<T>(source: FollowedSource<T>, options: FollowOptions): Promise<FollowedFiles<T>> {
    return new FollowedFiles(source, await readAll(source.paths), options);
  }

  get value(): T {
    return this.#value;
  }

  /** Calls `listener` with each new value. */
  onChange(listener: (value: T) => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the files again. */
  async look(): Promise<void> {
    try {
      const texts = await readAll(this.#paths);
      if (texts.some((text, index) => text !== this.#texts[index])) {
        this.#value = this.#parse(texts);
        this.#texts = texts;
        for (const listener of this.#listeners) listener(this.#value);
      }
      if (this.#fault !== null) this.#note(`${this.#paths.join(' and ')}: in use again`);
      this.#fault = null;
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      if (this.#fault !== error.message) this.#note(`${error.message}; what it held before still counts`);
      this.#fault = error.message;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Files, and what they mean together. */
export interface FollowedSource<T> {
  readonly paths: readonly string[];
  /** Throws KgitError if they mean nothing. */
  readonly parse: (texts: readonly string[]) => T;
}

function readAll(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(readSmall));
}

/** Reads a small text file. Throws EnvironmentError. */
async function readSmall(path: string): Promise<string> {
  const suggestions = ['Check the path and the permissions of the file'];
  let bytes: Uint8Array;
  try {
    bytes = await readAtMost(path, MAX_BYTES + 1);
  } catch (cause) {
    throw new EnvironmentError(`${path} cannot be read`, { cause, suggestions, data: { path } });
  }
  if (bytes.length > MAX_BYTES)
    throw new EnvironmentError(`${path} has more than ${MAX_BYTES} bytes`, { suggestions, data: { path } });
  return Buffer.from(bytes).toString('utf8');
}
