import { EnvironmentError, type ErrorJson } from '../../errors.js';
import type { Journal } from '../../news/journal.js';
import type { News } from '../../news/news-item.js';
import type { PositionChanges } from '../../news/segment.js';
import { pause } from '../pause.js';

/** How much news may be held back; whoever brings more has to wait. */
const MOST = 5_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;
/** How much is written at once. */
const AT_ONCE = 200;
const CHARACTERS_AT_ONCE = 512 * 1024;

interface Held {
  readonly news: readonly News[];
  readonly positions: PositionChanges;
  readonly characters: number;
}

export interface NewsWriterOptions {
  readonly journal: Journal;
  /** Pause before what could not be written is tried again, in ms. */
  readonly retryMs: number;
  readonly signal: AbortSignal;
  /** Called when `error` has changed. */
  readonly onChange: () => void;
  /** Called with an error that is none of the file system. */
  readonly onBug: (error: unknown) => void;
}

/**
 * Writes news to the journal in the order in which it came. While the journal cannot be written, as on a full disk, news is
 * held back in bounded memory, and the positions stay where they are: a crash in that time loses nothing, because what was
 * not written is learned again.
 */
export class NewsWriter {
  /** Why the journal cannot be written now. */
  error: ErrorJson | null = null;
  readonly #options: NewsWriterOptions;
  readonly #held: Held[] = [];
  readonly #waiting = new Set<() => void>();
  #news = 0;
  #characters = 0;
  #running: Promise<void> | null = null;

  constructor(options: NewsWriterOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#wake());
  }

  /** How much news waits to be written. */
  get held(): number {
    return this.#news;
  }

  /** Takes news, and the positions that it comes from. Waits only while too much is held back. */
  async add(news: readonly News[], positions: PositionChanges): Promise<void> {
    if (news.length === 0 && Object.keys(positions).length === 0) return;
    const characters = JSON.stringify(news).length;
    this.#held.push({ news, positions, characters });
    this.#news += news.length;
    this.#characters += characters;
    this.#running ??= this.#write().catch(this.#options.onBug);
    while (!this.#options.signal.aborted && (this.#news > MOST || this.#characters > MOST_CHARACTERS))
      await new Promise<void>((wake) => this.#waiting.add(wake));
  }

  /** Resolves when the write in progress has ended. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #write(): Promise<void> {
    await null;
    try {
      while (this.#held.length > 0 && !this.#options.signal.aborted) await this.#writeNext();
    } finally {
      this.#running = null;
    }
  }

  async #writeNext(): Promise<void> {
    const { journal, retryMs, signal } = this.#options;
    const group = this.#next();
    const news = group.flatMap((one) => one.news);
    try {
      await journal.append(news, Object.assign({}, ...group.map(({ positions }) => positions)));
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      this.#tell(error.toJSON());
      return pause(retryMs, signal);
    }
    this.#held.splice(0, group.length);
    this.#news -= news.length;
    this.#characters -= group.reduce((sum, { characters }) => sum + characters, 0);
    this.#wake();
    this.#tell(null);
  }

  #next(): readonly Held[] {
    const group: Held[] = [];
    let characters = 0;
    for (const one of this.#held.slice(0, AT_ONCE)) {
      characters += one.characters;
      if (group.length > 0 && characters > CHARACTERS_AT_ONCE) break;
      group.push(one);
    }
    return group;
  }

  #tell(error: ErrorJson | null): void {
    const hasChanged = this.error?.message !== error?.message;
    this.error = error;
    if (hasChanged) this.#options.onChange();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
