import type { SSEMessage, SSEStreamingApi } from 'hono/streaming';
import type { Monitor } from '../../app/monitor/monitor.js';
import type { NewsItem } from '../../news/news-item.js';
import type { Hint, OpenStream } from './open-streams.js';

export interface ClientStreamOptions {
  readonly monitor: Monitor;
  /** ms since the epoch */
  readonly now: () => number;
  /** Id behind which the client goes on; null: it connects for the first time. */
  readonly after: string | null;
  /** ms within which the client has to take what it was sent */
  readonly slow: number;
  /** Whether the client may still read. */
  readonly mayRead: () => boolean;
  /** Closes the connection of a client that does not read. */
  readonly cut: () => void;
}

/**
 * One client of the stream. It holds one item of news and one hint of each kind at most: news comes from the journal as
 * fast as the client takes it, and a hint that was not taken yet stands for all that follow it.
 */
export class ClientStream implements OpenStream {
  readonly #sse: SSEStreamingApi;
  readonly #options: ClientStreamOptions;
  readonly #over = new AbortController();
  readonly #hints = new Set<Hint>();
  #isHinting = false;
  /** How many writes the client has not taken yet. */
  #writing = 0;
  /** When it last took one, or was sent the first one, in ms since the epoch. */
  #taken = 0;

  constructor(sse: SSEStreamingApi, options: ClientStreamOptions) {
    this.#sse = sse;
    this.#options = options;
    sse.onAbort(() => this.end());
  }

  /** Sends news until the stream ends. Throws what the journal throws. */
  async run(): Promise<void> {
    const { news } = this.#options.monitor;
    const { signal } = this.#over;
    const { after } = this.#options;
    const known = after === null ? null : news.follow(after, signal);
    if (known === null) {
      const begin = news.last;
      await this.#send({ event: after === null ? 'hello' : 'reset', id: begin, data: '{}', retry: 3_000 });
      const anew = news.follow(begin, signal);
      // Between the two lines the journal may have lost its beginning: the client comes again.
      if (anew !== null) await this.#follow(anew);
    } else {
      await this.#comment();
      await this.#follow(known);
    }
  }

  async #follow(items: AsyncIterable<NewsItem>): Promise<void> {
    this.hint('fleet');
    this.hint('health');
    for await (const item of items) {
      await this.#send({ event: item.kind, id: item.id, data: dataOf(item) });
      if (this.#over.signal.aborted) return;
    }
  }

  hint(what: Hint): void {
    this.#hints.add(what);
    if (!this.#isHinting) void this.#sendHints();
  }

  async #sendHints(): Promise<void> {
    this.#isHinting = true;
    for (const what of this.#hints) {
      this.#hints.delete(what);
      const { fleet, health } = this.#options.monitor;
      await this.#send(
        what === 'fleet'
          ? { event: 'fleet', data: JSON.stringify({ version: fleet.version }) }
          : { event: 'server', data: JSON.stringify(health) },
      );
    }
    this.#isHinting = false;
  }

  look(): void {
    const { now, slow, mayRead, cut } = this.#options;
    if (!mayRead()) {
      this.end();
    } else if (this.#writing === 0) {
      void this.#comment();
    } else if (now() - this.#taken >= slow) {
      this.end();
      cut();
    }
  }

  end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    // A write that waits for the client ends with the stream.
    this.#sse.abort();
  }

  #comment(): Promise<void> {
    return this.#written(() => this.#sse.write(':\n\n'));
  }

  #send(message: SSEMessage): Promise<void> {
    return this.#written(() => this.#sse.writeSSE(message));
  }

  /** Writes, unless the stream is over. Resolves once the client has taken it, or the stream is over. */
  async #written(write: () => Promise<unknown>): Promise<void> {
    if (this.#over.signal.aborted) return;
    const { now } = this.#options;
    if (this.#writing === 0) this.#taken = now();
    this.#writing += 1;
    await write();
    this.#writing -= 1;
    this.#taken = now();
  }
}

/** The data of items as JSON, so that many clients are sent one text. */
const texts = new WeakMap<NewsItem, string>();

function dataOf(item: NewsItem): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify({ ...item.document, id: item.id, time: item.time });
  texts.set(item, text);
  return text;
}
