import type { Monitor, OnMonitorChange } from '../../app/monitor/monitor.js';

/** What changed. */
export type Hint = Parameters<OnMonitorChange>[0];

/** What the registry asks of a stream. */
export interface OpenStream {
  /** Tells it that the fleet or the health has changed. */
  hint(what: Hint): void;
  /** Keeps it alive, or ends it if its client does not read, or may not read any more. */
  look(): void;
  /** Ends it. */
  end(): void;
}

export interface StreamLimits {
  /** Maximum number of streams. */
  readonly most: number;
  /** ms between two looks at each stream, in which it is kept alive */
  readonly look: number;
  /** ms within which a client has to take what it was sent */
  readonly slow: number;
  /** ms between two hints of one kind: what changes faster is one hint */
  readonly hint: number;
}

export const STREAM_LIMITS: StreamLimits = { most: 500, look: 15_000, slow: 30_000, hint: 250 };

/**
 * The open streams. They share one subscription to the monitor and one timer, so that a thousand reconnects leave nothing
 * behind.
 */
export class OpenStreams {
  readonly limits: StreamLimits;
  readonly #streams = new Set<OpenStream>();
  readonly #hints = new Map<Hint, NodeJS.Timeout>();
  /** Hints that came during the pause after one. */
  readonly #again = new Set<Hint>();
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(monitor: Pick<Monitor, 'onChange'>, limits: Partial<StreamLimits> = {}) {
    this.limits = { ...STREAM_LIMITS, ...limits };
    this.#unsubscribe = monitor.onChange((what) => this.#hint(what));
    this.#timer = setInterval(() => this.#each((stream) => stream.look()), this.limits.look).unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return !this.#isOver && this.#streams.size < this.limits.most;
  }

  /** Adds a stream. Returns a function that removes it. */
  add(stream: OpenStream): () => void {
    this.#streams.add(stream);
    return () => this.#streams.delete(stream);
  }

  /** Ends all streams, and takes no more. */
  end(): void {
    this.#isOver = true;
    this.#unsubscribe();
    clearInterval(this.#timer);
    for (const timer of this.#hints.values()) clearTimeout(timer);
    this.#each((stream) => stream.end());
  }

  /** Passes the first hint on at once, and those that follow soon as one. */
  #hint(what: Hint): void {
    if (this.#hints.has(what)) {
      this.#again.add(what);
      return;
    }
    this.#each((stream) => stream.hint(what));
    const pause = () => {
      this.#hints.delete(what);
      if (this.#again.delete(what)) this.#hint(what);
    };
    this.#hints.set(what, setTimeout(pause, this.limits.hint).unref());
  }

  #each(tell: (stream: OpenStream) => void): void {
    for (const stream of [...this.#streams]) tell(stream);
  }
}
