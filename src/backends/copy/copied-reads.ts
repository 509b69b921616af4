import { RemoteError } from '../../errors.js';
import type { History, TimelineEntry, WholeRevision } from '../../store/port/history.js';
import type { ChangedFile, HistoryChange, HistoryCommit, Review, TreeFile } from '../../store/port/review.js';
import { WENT_BACK } from '../../store/port/shared-history.js';
import type { Entry, Revision, StateView } from '../../store/port/state-store.js';

/** Two views of one revision, of which each may lack it. */
export interface CopiedViewParts {
  readonly server: StateView;
  readonly copy: StateView;
  /** Whether the copy holds the revision. */
  readonly isKept: () => Promise<boolean>;
  /** Whether the server answered last. */
  readonly isServed: () => boolean;
  /** Called when the server did not answer and the copy does. */
  readonly onAway: () => void;
}

/**
 * The files of one revision: from the server while it answers, else from the copy if that holds the revision. A revision
 * never changes, so each read may come from either.
 */
export class CopiedView implements StateView {
  readonly #parts: CopiedViewParts;
  #isKept: Promise<boolean> | undefined;

  constructor(parts: CopiedViewParts) {
    this.#parts = parts;
  }

  read(path: string): Promise<string | null> {
    return this.#from((view) => view.read(path));
  }

  list(folder: string, prefix?: string): Promise<readonly Entry[] | null> {
    return this.#from((view) => view.list(folder, prefix));
  }

  kindOf(path: string): Promise<Entry['kind'] | null> {
    return this.#from((view) => view.kindOf(path));
  }

  async #from<T>(ask: (view: StateView) => Promise<T>): Promise<T> {
    const { server, copy, isKept, isServed, onAway } = this.#parts;
    const fromCopy = async () => {
      this.#isKept ??= isKept();
      return this.#isKept;
    };
    if (!isServed() && (await fromCopy())) return ask(copy);
    try {
      return await ask(server);
    } catch (error) {
      // A server that answers and does not have the revision any more is not away.
      if (!(error instanceof RemoteError) || error.data['cause'] === WENT_BACK) throw error;
      if (!(await fromCopy())) throw error;
      onAway();
      return ask(copy);
    }
  }
}

/** The history of the server while it answers, else that of the copy. */
export class CopiedHistory implements History {
  readonly cutOff: History['cutOff'];
  readonly naming: History['naming'];
  readonly #source: () => Promise<History>;

  constructor({ cutOff, naming }: History, source: () => Promise<History>) {
    this.cutOff = cutOff;
    this.naming = naming;
    this.#source = source;
  }

  async resolve(name: string): Promise<Revision | null> {
    return (await this.#source()).resolve(name);
  }

  async copyOf(origin: string, revision: Revision): Promise<Revision | null> {
    return (await this.#source()).copyOf(origin, revision);
  }

  async revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    return (await this.#source()).revisionAt(revision, time);
  }

  async parentOf(revision: Revision): Promise<Revision | null> {
    return (await this.#source()).parentOf(revision);
  }

  async *whole(after: Revision | null, to: Revision): AsyncGenerator<WholeRevision> {
    yield* (await this.#source()).whole(after, to);
  }

  async *timeline(revision: Revision, ahead?: number, from?: number): AsyncGenerator<TimelineEntry> {
    yield* (await this.#source()).timeline(revision, ahead, from);
  }

  async placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return (await this.#source()).placesOf(revision, paths);
  }

  async filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    return (await this.#source()).filesWith(revision, texts);
  }
}

/** Comparisons on the server while it answers, else on the copy. */
export class CopiedReview implements Review {
  readonly isPartial = false;
  readonly #source: () => Promise<Review>;

  constructor(source: () => Promise<Review>) {
    this.#source = source;
  }

  async isOnLine(older: Revision, newer: Revision): Promise<boolean> {
    return (await this.#source()).isOnLine(older, newer);
  }

  async *files(revision: Revision): AsyncGenerator<readonly TreeFile[]> {
    yield* (await this.#source()).files(revision);
  }

  async changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]> {
    return (await this.#source()).changes(from, to);
  }

  async *history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncGenerator<HistoryChange> {
    yield* (await this.#source()).history(from, to, onCommit);
  }

  async contentAt(revision: Revision, path: string): Promise<string | null> {
    return (await this.#source()).contentAt(revision, path);
  }

  async sizes(contents: readonly string[]): Promise<readonly number[]> {
    return (await this.#source()).sizes(contents);
  }

  async contents(names: readonly string[]): Promise<readonly Buffer[]> {
    return (await this.#source()).contents(names);
  }

  async changesOf(path: string, to: Revision): Promise<readonly Revision[]> {
    return (await this.#source()).changesOf(path, to);
  }
}
