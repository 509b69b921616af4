import type { News, NewsItem } from './news-item.js';

/** The ordered news of one server. `Journal` keeps it in files, so that ids outlive the process. */
export interface NewsLog {
  /** Id of the newest item; of the beginning if there is none yet. */
  readonly last: string;
  /** Adds news. It is durable, and then sent to followers, once this resolves. Throws EnvironmentError. */
  append(news: readonly News[]): Promise<readonly NewsItem[]>;
  /**
   * Yields the items behind `after`, oldest first, then new ones as they come. Ends when `signal` aborts, and for a reader
   * so slow that the next item is no longer kept.
   * @param after null for what is still kept
   * @returns null if `after` is of another journal, or older than what is kept: the caller has to begin anew
   */
  follow(after: string | null, signal: AbortSignal): AsyncIterable<NewsItem> | null;
}
