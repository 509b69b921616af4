import { InvalidStateError } from '../../errors.js';

/** What becomes of events that cannot be read: a failure, or a note. */
export interface BrokenEvents {
  /** @param path the file that holds what cannot be read */
  note(path: string, error: InvalidStateError): void;
}

/** The rule of what writes, and must know all that is recorded: the first broken event is a failure. */
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

/** The rule of what shows the record: a broken event is left out and named, each once. */
export class SkippedEvents implements BrokenEvents {
  readonly #found = new Map<string, SkippedEvent>();
  readonly #told = new Set<SkippedEvent>();

  note(path: string, { message }: InvalidStateError): void {
    const own = message.startsWith(path) ? message.slice(path.length).replace(/^: ?/, '') : message;
    const key = `${path} ${own}`;
    if (!this.#found.has(key)) this.#found.set(key, { path, message: own });
  }

  /** Those that this was not asked for before: a command that goes on tells each once. */
  untold(): readonly SkippedEvent[] {
    const fresh = this.list.filter((item) => !this.#told.has(item));
    for (const item of fresh) this.#told.add(item);
    return fresh;
  }

  /** The key of a JSON result, where something was left out. */
  get json(): { readonly skipped?: readonly SkippedEvent[] } {
    return this.#found.size > 0 ? { skipped: this.list } : {};
  }

  /** In the order of their paths. */
  get list(): readonly SkippedEvent[] {
    return [...this.#found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** What `read` gives; null where that cannot be read, which is noted. */
export function readOrNote<T>(broken: BrokenEvents, path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    broken.note(path, error);
    return null;
  }
}

/** As `readOrNote`, of what takes its time. */
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
