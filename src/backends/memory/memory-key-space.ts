import type { Cost, KeySpace, Put, SeenHead, Span, Stamped, Write, Written } from '../keyed/key-space.js';

/** What several clients of one place in memory share. */
export class SharedMemory {
  readonly values = new Map<string, Stamped>();
  /** Called after each write. */
  readonly watchers = new Set<() => void>();
  /** Number of the last write, which is the version of what it wrote. */
  writes = 0;
}

/** Compares texts by their bytes in UTF-8: as JavaScript does, but for surrogates. */
function byBytes(a: string, b: string): number {
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Keys in the memory of this process. */
export class MemoryKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost;
  readonly #shared: SharedMemory;

  /** @param limits small ones show what a store does with large operations */
  constructor(
    shared = new SharedMemory(),
    limits: Cost = { ops: 5_000, bytes: 8 * 1024 * 1024 },
    target = 'memory',
  ) {
    this.target = target;
    this.limits = limits;
    this.#shared = shared;
  }

  cost(puts: readonly Put[]): Cost {
    let bytes = 0;
    for (const { key, value } of puts) bytes += Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
    return { ops: puts.length, bytes };
  }

  async get(keys: readonly string[]): Promise<(Stamped | null)[]> {
    return keys.map((key) => this.#shared.values.get(key) ?? null);
  }

  async names(folder: string, prefix: string): Promise<string[]> {
    const names = new Set<string>();
    for (const key of this.#shared.values.keys()) {
      if (!key.startsWith(folder + prefix)) continue;
      const [name = '', ...rest] = key.slice(folder.length).split('/');
      names.add(rest.length > 0 ? `${name}/` : name);
    }
    return [...names];
  }

  async range({ folder, from, to, limit, reverse = false }: Span): Promise<[string, string][]> {
    const found: [string, string][] = [];
    for (const [key, { value }] of this.#shared.values) {
      if (!key.startsWith(folder)) continue;
      const name = key.slice(folder.length);
      if (!name.includes('/') && byBytes(name, from) >= 0 && byBytes(name, to) < 0) found.push([key, value]);
    }
    found.sort(([a], [b]) => (reverse ? byBytes(b, a) : byBytes(a, b)));
    return found.slice(0, limit);
  }

  async write({ expect, puts, tell = [] }: Write): Promise<Written> {
    const { values, watchers } = this.#shared;
    const keys = [...expect]
      .filter(([key, version]) => (values.get(key)?.version ?? null) !== version)
      .map(([key]) => key);
    if (keys.length > 0) return { kind: 'stale', keys };
    this.#shared.writes += 1;
    const version = String(this.#shared.writes);
    for (const { key, value } of puts) {
      if (value === null) values.delete(key);
      else values.set(key, { value, version });
    }
    for (const wake of watchers) wake();
    return { kind: 'done', versions: new Map(tell.map((key) => [key, version])) };
  }

  changed({ version }: SeenHead, signal: AbortSignal): Promise<void> {
    const { values, watchers } = this.#shared;
    return new Promise((resolve) => {
      const look = () => {
        if (!signal.aborted && (values.get('head')?.version ?? null) === version) return;
        watchers.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      watchers.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  async close(): Promise<void> {}
}
