import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.js';
import type { Value } from '../model/value/value.js';
import type { DamagedFile } from '../store/local/damaged-files.js';
import { cannotKeep, orIfGone } from '../store/local/durable-files.js';
import { ProcessLock } from '../store/local/process-lock.js';
import { randomBytes } from '../store/local/random-bytes.js';
import type { Host } from '../store/port/host.js';
import {
  JOURNAL_FILES,
  type JournalFiles,
  type KeptSegment,
  readJournal,
  type SegmentFile,
  segmentPath,
} from './journal-files.js';
import type { News, NewsItem } from './news-item.js';
import type { NewsLog } from './news-log.js';
import {
  encodeBatch,
  encodeHead,
  moved,
  type PositionChanges,
  type Positions,
  parseSegment,
  type SegmentHead,
} from './segment.js';

/** How much a journal keeps. */
export interface JournalLimits {
  readonly items: number;
  readonly bytes: number;
  /** Size at which a new segment begins. */
  readonly segmentBytes: number;
  readonly segmentItems: number;
}

const LIMITS: JournalLimits = {
  items: 50_000,
  bytes: 64 * 1024 * 1024,
  segmentBytes: 2 * 1024 * 1024,
  segmentItems: 5_000,
};
/** Longest line that several appends are joined to, in characters. */
const LINE = 1024 * 1024;
/** How many items a follower takes at a time. */
const PAGE = 200;

export interface JournalOptions {
  /** The folder for data of this machine: the journal is in `serve/news` below it. */
  readonly localFolder: string;
  readonly host: Host;
  /** ms since the epoch */
  readonly now: () => number;
  readonly limits?: Partial<JournalLimits>;
  readonly files?: JournalFiles;
}

/** An append that waits for its turn. */
interface Waiting {
  readonly news: readonly News[];
  readonly positions: PositionChanges;
  readonly done: (items: readonly NewsItem[]) => void;
  readonly failed: (error: unknown) => void;
}

/** The segment that is written, with its items. */
interface Active extends Omit<KeptSegment, 'count' | 'bytes'> {
  readonly file: SegmentFile;
  readonly items: NewsItem[];
  bytes: number;
}

/**
 * News in files of this machine, in the order in which the server learned it. A line is one write: its news, and the
 * positions that the news comes from (the last revision, the last state of each cluster), so that after a crash either
 * both are there or neither. Appends that come together share a write and an fsync. The oldest segments are removed once
 * there is too much. One process writes it at a time.
 */
export class Journal implements NewsLog {
  /** Files that were damaged and have been set aside. */
  readonly damaged: readonly DamagedFile[];
  readonly #id: string;
  readonly #folder: string;
  readonly #now: () => number;
  readonly #limits: JournalLimits;
  readonly #files: JournalFiles;
  readonly #lock: ProcessLock;
  readonly #waiting: Waiting[] = [];
  readonly #followers = new Set<() => void>();
  /** Segments before the active one, oldest first. */
  #closed: KeptSegment[];
  #active: Active;
  #positions: Map<string, Value>;
  /** Whether a write failed, so that the active file may end with a part of a line. */
  #isTorn = false;
  #writing: Promise<void> | null = null;
  /** The closed segment that was read last. */
  #read: { readonly path: string; readonly items: Promise<readonly NewsItem[] | null> } | null = null;

  private constructor(
    { host: _, localFolder, now, limits, files = JOURNAL_FILES }: JournalOptions,
    lock: ProcessLock,
    found: {
      readonly id: string;
      readonly closed: KeptSegment[];
      readonly active: Active;
      readonly positions: Positions;
      readonly damaged: readonly DamagedFile[];
    },
  ) {
    this.#folder = folderOf(localFolder);
    this.#now = now;
    this.#limits = { ...LIMITS, ...limits };
    this.#files = files;
    this.#lock = lock;
    this.#id = found.id;
    this.#closed = found.closed;
    this.#active = found.active;
    this.#positions = new Map(found.positions);
    this.damaged = found.damaged;
  }

  /** Opens the journal of a clone, and mends it. Throws EnvironmentError, also if another process writes it. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { localFolder, host, files = JOURNAL_FILES } = options;
    const folder = folderOf(localFolder);
    const lock = new ProcessLock(join(folder, 'lock'), host);
    if (!(await lock.tryAcquire())) throw await isTaken(lock);
    try {
      const { journal, segments, positions, next, damaged } = await readJournal(folder, localFolder);
      const id = journal ?? randomBytes(8).toString('hex');
      const active = await begin(files, folder, {
        journal: id,
        first: next,
        positions: Object.fromEntries(positions),
      });
      // The head of the new segment has what those without items had.
      for (const { path, count } of segments)
        if (count === 0 && path !== active.path) await files.remove(path);
      const closed = segments.filter(({ count }) => count > 0);
      const opened = new Journal(options, lock, { id, closed, active, positions, damaged });
      await opened.#prune().catch(async (error: unknown) => {
        await active.file.close();
        throw error;
      });
      return opened;
    } catch (error) {
      await lock.release();
      throw error instanceof EnvironmentError ? error : cannotKeep(folder, error);
    }
  }

  get last(): string {
    return this.#idOf(this.#next - 1);
  }

  /** The positions after the last item. */
  get positions(): Positions {
    return this.#positions;
  }

  append(news: readonly News[], positions: PositionChanges = {}): Promise<readonly NewsItem[]> {
    return new Promise((done, failed) => {
      this.#waiting.push({ news, positions, done, failed });
      this.#writing ??= this.#write();
    });
  }

  follow(after: string | null, signal: AbortSignal): AsyncIterable<NewsItem> | null {
    const oldest = (this.#closed[0] ?? this.#active).first - 1;
    if (after === null) return this.#follow(oldest, signal);
    const at = this.#numberOf(after);
    return at === null || at < oldest || at >= this.#next ? null : this.#follow(at, signal);
  }

  /** Waits for writes, and lets another process write. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#active.file.close();
    await this.#lock.release();
  }

  get #next(): number {
    return this.#active.first + this.#active.items.length;
  }

  #idOf(number: number): string {
    return `${this.#id}-${number}`;
  }

  #numberOf(id: string): number | null {
    const [, journal, number] = /^([0-9a-f]{16})-(\d{1,15})$/.exec(id) ?? [];
    return journal === this.#id ? Number(number) : null;
  }

  async #write(): Promise<void> {
    // Those that are called in the same turn go along.
    await null;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        const items = await this.#add(group);
        let from = 0;
        for (const { news, done } of group) {
          done(items.slice(from, from + news.length));
          from += news.length;
        }
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    this.#writing = null;
  }

  #takeGroup(): Waiting[] {
    let length = 0;
    let count = 0;
    for (const { news } of this.#waiting) {
      length += JSON.stringify(news).length;
      if (count > 0 && length > LINE) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Writes one line. Throws EnvironmentError. */
  async #add(group: readonly Waiting[]): Promise<readonly NewsItem[]> {
    if (this.#isFull) await this.#beginNext();
    const active = this.#active;
    const news = group.flatMap((one) => one.news);
    const positions = Object.assign({}, ...group.map((one) => one.positions));
    const time = this.#now();
    const line = encodeBatch({ time, news, positions });
    try {
      if (this.#isTorn) await active.file.cut(active.bytes);
      this.#isTorn = true;
      await active.file.append(line);
      this.#isTorn = false;
    } catch (error) {
      throw cannotKeep(active.path, error);
    }
    const items = news.map((one, i): NewsItem => ({ ...one, id: this.#idOf(this.#next + i), time }));
    active.bytes += Buffer.byteLength(line);
    active.items.push(...items);
    this.#positions = moved(this.#positions, positions);
    for (const wake of this.#followers) wake();
    this.#followers.clear();
    return items;
  }

  get #isFull(): boolean {
    const { segmentBytes, segmentItems } = this.#limits;
    const { bytes, headBytes, items } = this.#active;
    return bytes - headBytes >= segmentBytes || items.length >= segmentItems;
  }

  async #beginNext(): Promise<void> {
    await this.#prune();
    const { file, items, ...before } = this.#active;
    const positions = Object.fromEntries(this.#positions);
    this.#active = await begin(this.#files, this.#folder, {
      journal: this.#id,
      first: this.#next,
      positions,
    });
    this.#closed.push({ ...before, count: items.length });
    this.#read = { path: before.path, items: Promise.resolve(items) };
    this.#isTorn = false;
    await file.close();
  }

  /** Removes the oldest segments while there is too much. Throws EnvironmentError. */
  async #prune(): Promise<void> {
    const all = [...this.#closed, { ...this.#active, count: this.#active.items.length }];
    let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    let items = all.reduce((sum, one) => sum + one.count, 0);
    for (const oldest of [...this.#closed]) {
      if (bytes <= this.#limits.bytes && items <= this.#limits.items) return;
      await this.#files.remove(oldest.path);
      this.#closed.shift();
      bytes -= oldest.bytes;
      items -= oldest.count;
    }
  }

  async *#follow(after: number, signal: AbortSignal): AsyncGenerator<NewsItem> {
    for (let at = after; !signal.aborted; ) {
      const segment = this.#closed.find(({ first, count }) => first + count - 1 > at) ?? this.#active;
      const isOldest = segment === (this.#closed[0] ?? this.#active);
      const items = 'items' in segment ? segment.items : await this.#itemsOf(segment);
      // What it would read next is removed.
      if (items === null || (isOldest && segment.first - 1 > at)) return;
      const from = Math.max(at + 1 - segment.first, 0);
      const page = items.slice(from, from + PAGE);
      if (page.length === 0) await this.#newsCame(signal);
      for (const [i, item] of page.entries()) {
        if (signal.aborted) return;
        yield item;
        at = segment.first + from + i;
      }
    }
  }

  #itemsOf({ path, first }: KeptSegment): Promise<readonly NewsItem[] | null> {
    if (this.#read?.path === path) return this.#read.items;
    const items = this.#readItems(path, first);
    this.#read = { path, items };
    // A read that failed is made again.
    items.then(undefined, () => {
      if (this.#read?.items === items) this.#read = null;
    });
    return items;
  }

  /** Reads a closed segment, which was whole before; null if it was removed. Throws EnvironmentError. */
  async #readItems(path: string, first: number): Promise<readonly NewsItem[] | null> {
    const text = await orIfGone(readFile(path), null);
    if (text === null) return null;
    const segment = parseSegment(text);
    if (segment === null || segment.isDamaged)
      throw new EnvironmentError(`${path} was damaged while the server ran`, {
        suggestions: ['Start the server again: it sets the file aside'],
        data: { path },
      });
    const all = segment.batches.flatMap(({ time, news }) => news.map((one) => ({ ...one, time })));
    return all.map((one, i) => ({ ...one, id: this.#idOf(first + i) }));
  }

  /** Resolves when something was appended, or `signal` aborts. */
  #newsCame(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#followers.delete(wake);
        resolve();
      };
      this.#followers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

function folderOf(localFolder: string): string {
  return join(localFolder, 'serve', 'news');
}

/** Creates a segment and opens it. Throws EnvironmentError. */
async function begin(files: JournalFiles, folder: string, head: SegmentHead): Promise<Active> {
  const path = segmentPath(folder, head.first);
  const text = encodeHead(head);
  await files.create(path, text);
  const bytes = Buffer.byteLength(text);
  try {
    return { path, first: head.first, headBytes: bytes, bytes, items: [], file: await files.open(path) };
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

async function isTaken(lock: ProcessLock): Promise<EnvironmentError> {
  const holder = await lock.holder();
  const by = holder === null ? '' : `: process ${holder.pid} on ${holder.hostname}`;
  return new EnvironmentError(`another kgit serve runs on this clone${by}`, {
    suggestions: [
      'Use that one, or end it',
      'Or serve from a clone of your own: --repo URL, or kgit clone URL',
    ],
    data: holder === null ? {} : { pid: holder.pid, hostname: holder.hostname },
  });
}
