import type { News, NewsItem } from '../../../src/news/news-item.js';
import type { NewsLog } from '../../../src/news/news-log.js';

/** A log of news in memory. */
export class MemoryNewsLog implements NewsLog {
  readonly #name: string;
  readonly #items: NewsItem[] = [];
  #number = 0;
  #wake: (() => void)[] = [];

  constructor(name = 'journal') {
    this.#name = name;
  }

  get last(): string {
    return `${this.#name}-${this.#number}`;
  }

  append(news: readonly News[]): Promise<readonly NewsItem[]> {
    const items = news.map((one): NewsItem => {
      this.#number += 1;
      return { ...one, id: this.last, time: 1_764_000_000_000 + this.#number };
    });
    this.#items.push(...items);
    for (const wake of this.#wake.splice(0)) wake();
    return Promise.resolve(items);
  }

  /** Forgets all items before the last `kept`. */
  shorten(kept: number): void {
    this.#items.splice(0, this.#items.length - kept);
  }

  follow(after: string | null, signal: AbortSignal): AsyncIterable<NewsItem> | null {
    const found = this.#items.findIndex(({ id }) => id === after);
    const [first] = this.#items;
    const isJustBefore = after !== null && first !== undefined && numberOf(first.id) === numberOf(after) + 1;
    const isMine = after?.startsWith(`${this.#name}-`) === true;
    if (after === null || (isMine && isJustBefore)) return this.#from(first?.id ?? null, signal);
    if (isMine && after === this.last) return this.#behind(this.#number, signal);
    return found < 0 ? null : this.#behind(numberOf(after), signal);
  }

  #from(id: string | null, signal: AbortSignal): AsyncIterable<NewsItem> {
    return this.#behind(id === null ? 0 : numberOf(id) - 1, signal);
  }

  async *#behind(number: number, signal: AbortSignal): AsyncGenerator<NewsItem> {
    let at = number;
    const end = () => {
      for (const wake of this.#wake.splice(0)) wake();
    };
    signal.addEventListener('abort', end, { once: true });
    while (!signal.aborted) {
      const next = this.#items.find(({ id }) => numberOf(id) > at);
      if (next === undefined) await new Promise<void>((resolve) => this.#wake.push(resolve));
      else {
        at = numberOf(next.id);
        yield next;
      }
    }
  }
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}
