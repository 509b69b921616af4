import type {
  FleetSnapshot,
  Monitor,
  MonitorHealth,
  OnMonitorChange,
} from '../../../src/app/monitor/monitor.js';
import type { News, NewsItem } from '../../../src/news/news-item.js';
import type { NewsLog } from '../../../src/news/news-log.js';
import { memoryContext } from '../memory-context.js';

/** News in memory, of which only the newest `kept` can be followed. */
export class MemoryNews implements NewsLog {
  readonly #journal: string;
  readonly #kept: number;
  #items: NewsItem[] = [];
  #number = 0;
  readonly #waiting = new Set<() => void>();

  constructor(journal = 'j1', kept = 1000) {
    this.#journal = journal;
    this.#kept = kept;
  }

  get last(): string {
    return `${this.#journal}-${this.#number}`;
  }

  async append(news: readonly News[]): Promise<readonly NewsItem[]> {
    const added = news.map((one) => ({ ...one, id: `${this.#journal}-${++this.#number}`, time: Date.now() }));
    this.#items = [...this.#items, ...added].slice(-this.#kept);
    for (const wake of this.#waiting) wake();
    return added;
  }

  follow(after: string | null, signal: AbortSignal): AsyncIterable<NewsItem> | null {
    const oldest = this.#number - this.#items.length;
    const [, journal, number] = /^(\w+)-(\d+)$/.exec(after ?? `${this.#journal}-${oldest}`) ?? [];
    const begin = Number(number);
    if (journal !== this.#journal || !(begin >= oldest && begin <= this.#number)) return null;
    return this.#from(begin, signal);
  }

  async *#from(begin: number, signal: AbortSignal): AsyncGenerator<NewsItem> {
    let at = begin;
    while (!signal.aborted) {
      const item = this.#items[at - (this.#number - this.#items.length)];
      if (item === undefined) {
        await new Promise<void>((wake) => {
          this.#waiting.add(wake);
          signal.addEventListener('abort', () => wake(), { once: true });
        });
        this.#waiting.clear();
        continue;
      }
      at += 1;
      yield item;
    }
  }
}

/** A monitor in memory, whose parts a test sets. */
export class MemoryMonitor implements Monitor {
  readonly news = new MemoryNews();
  fleet: FleetSnapshot = { version: 1, report: { contexts: [], clusters: [], divergence: [] } };
  health: MonitorHealth = {
    startedAt: 0,
    repository: { revision: 'r1', fetchedAt: null, error: null, rewrittenAt: null, skipped: [] },
    contexts: [],
    journal: { error: null, held: 0, damaged: [] },
    outbox: { waiting: 0, oldest: null },
  };
  hasLooked = true;
  /** How often a fetch was asked for. */
  refreshes = 0;
  context: Monitor['context'];
  readonly #listeners = new Set<OnMonitorChange>();

  constructor(context: Monitor['context']) {
    this.context = context;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  refresh(): void {
    this.refreshes += 1;
  }

  onChange(listener: OnMonitorChange): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes the fleet or the health, and tells the listeners. */
  change(what: 'fleet' | 'health', health: Partial<MonitorHealth> = {}): void {
    if (what === 'fleet') this.fleet = { ...this.fleet, version: this.fleet.version + 1 };
    this.health = { ...this.health, ...health };
    for (const listener of this.#listeners) listener(what);
  }
}

/** A monitor over an empty store in memory. */
export async function memoryMonitor(): Promise<MemoryMonitor> {
  return new MemoryMonitor(await memoryContext().read());
}
