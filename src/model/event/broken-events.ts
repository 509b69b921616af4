import { InvalidStateError } from '../../errors.js';

/** How a reader treats events that cannot be read: it fails, or notes them. */
export interface BrokenEvents {
  /** @param path the file that holds what cannot be read */
  note(path: string, error: InvalidStateError): void;
}

/** For writers, which need the whole record: the first broken event is a failure. */
export const REFUSE_BROKEN: BrokenEvents = {
  note(_path, error) {
    throw error;
  },
};

/** An event that was left out of an answer. */
export interface SkippedEvent {
  readonly path: string;
  /** What is wrong with it, with the line and column where these are known. */
  readonly message: string;
}

/** For commands that show the record: broken events are left out and each is named once. */
export class SkippedEvents implements BrokenEvents {
  readonly #found = new Map<string, SkippedEvent>();
  readonly #told = new Set<SkippedEvent>();

  note(path: string, { message }: InvalidStateError): void {
    const own = message.startsWith(path) ? message.slice(path.length).replace(/^: ?/, '') : message;
    const key = `${path} ${own}`;
    if (!this.#found.has(key)) this.#found.set(key, { path, message: own });
  }

  /** Those that were not returned before, so that a long-running command reports each once. */
  untold(): readonly SkippedEvent[] {
    const fresh = this.list.filter((item) => !this.#told.has(item));
    for (const item of fresh) this.#told.add(item);
    return fresh;
  }

  /** The key of a JSON result for what was left out, if anything was. */
  get json(): { readonly skipped?: readonly SkippedEvent[] } {
    return this.#found.size > 0 ? { skipped: this.list } : {};
  }

  /** In the order of their paths. */
  get list(): readonly SkippedEvent[] {
    return [...this.#found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** The result of `read`; null, and a note, if it fails on unreadable data. */
export function readOrNote<T>(broken: BrokenEvents, path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    broken.note(path, error);
    return null;
  }
}

/** As `readOrNote`, for an asynchronous read. */
export async function readLaterOrNote<T>(
  broken: BrokenEvents,
  path: string,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    broken.note(path, error);
    return null;
  }
}
