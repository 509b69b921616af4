import { createHash } from 'node:crypto';
import { InvalidStateError } from '../errors.js';
import type { LockMove } from '../store/port/lease-store.js';
import type {
  Commit,
  Entry,
  FileChanges,
  Head,
  Revision,
  StateStore,
  StateView,
  SwapOutcome,
  TimelineEntry,
} from '../store/port/state-store.js';
import { MemoryLeases } from './memory-leases.js';

interface Version {
  readonly parent: Revision | null;
  /** ms since the epoch; never before the parent's. */
  readonly time: number;
  readonly files: ReadonlyMap<string, string>;
  readonly added: readonly string[];
}

class MemoryView implements StateView {
  readonly #files: ReadonlyMap<string, string>;

  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  async read(path: string): Promise<string | null> {
    const text = this.#files.get(path);
    if (text === undefined && (await this.list(path)) !== null) {
      throw new InvalidStateError(`${path}: a folder stands where a file should`, { data: { path } });
    }
    return text ?? null;
  }

  async list(folder: string): Promise<readonly Entry[] | null> {
    if (this.#files.has(folder)) {
      throw new InvalidStateError(`${folder}: a file stands where a folder should`, {
        data: { path: folder },
      });
    }
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = new Map<string, Entry['kind']>();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(prefix)) continue;
      const [name, ...rest] = path.slice(prefix.length).split('/');
      entries.set(name as string, rest.length > 0 ? 'folder' : 'file');
    }
    if (entries.size === 0) return null;
    return [...entries].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function changed(before: ReadonlyMap<string, string>, changes: FileChanges): Map<string, string> {
  const after = new Map(before);
  for (const [path, text] of changes) {
    if (text !== null) continue;
    for (const old of before.keys()) if (old === path || old.startsWith(`${path}/`)) after.delete(old);
  }
  for (const [path, text] of changes) if (text !== null) after.set(path, text);
  return after;
}

/** A store in this process's memory: for library users' own tests, and the yardstick of the contract suite. */
export class MemoryStore implements StateStore {
  readonly target = 'memory';
  readonly isRemote: boolean = false;
  readonly leases = new MemoryLeases();
  readonly #versions = new Map<Revision, Version>();
  #tip: Revision | null = null;

  async head(): Promise<Head> {
    return { revision: this.#tip, fetchedAt: null };
  }

  refresh(): Promise<Head> {
    return this.head();
  }

  async resolve(name: string): Promise<Revision | null> {
    return this.#versions.has(name) ? name : null;
  }

  async revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    for (let at: Revision | null = revision; at; at = this.#versions.get(at)?.parent ?? null) {
      if ((this.#versions.get(at)?.time ?? Number.POSITIVE_INFINITY) <= time) return at;
    }
    return null;
  }

  view(revision: Revision | null): StateView {
    return new MemoryView((revision && this.#versions.get(revision)?.files) || new Map());
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    _timeoutMs: number,
    locks: readonly LockMove[] = [],
  ): Promise<SwapOutcome> {
    const stale = this.leases.stale(locks);
    if (stale.length > 0) return { kind: 'fenced', names: stale };
    if (base !== this.#tip) return { kind: 'moved' };
    const revisions: Revision[] = [];
    let parent = base;
    for (const { message, author, time, files } of commits) {
      const before = (parent && this.#versions.get(parent)?.files) || new Map<string, string>();
      const hash = createHash('sha1').update(JSON.stringify([parent, message, author, time, [...files]]));
      const revision = hash.digest('hex');
      const after = changed(before, files);
      const added = [...files]
        .filter(([path, text]) => text !== null && !before.has(path))
        .map(([path]) => path);
      const made = Math.max(time, (parent && this.#versions.get(parent)?.time) || 0);
      this.#versions.set(revision, { parent, time: made, files: after, added: added.sort() });
      revisions.push(revision);
      parent = revision;
    }
    this.#tip = parent;
    const tips = new Map(locks.map((move) => [move.name, this.leases.apply(move)]));
    return { kind: 'swapped', revisions, notes: [], locks: tips };
  }

  async settle(): Promise<readonly string[]> {
    return [];
  }

  async follow(): Promise<readonly string[]> {
    return [];
  }

  async behind(): Promise<number> {
    return 0;
  }

  async *timeline(revision: Revision): AsyncGenerator<TimelineEntry> {
    for (let at: Revision | null = revision; at; ) {
      const version: Version | undefined = this.#versions.get(at);
      if (!version) return;
      if (version.added.length > 0) yield { revision: at, added: version.added };
      at = version.parent;
    }
  }

  async placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const places = new Map<string, number>();
    let place = 0;
    for (let at: Revision | null = revision; at; at = this.#versions.get(at)?.parent ?? null) {
      const added = this.#versions.get(at)?.added ?? [];
      for (const path of added) if (paths.includes(path)) places.set(path, place);
      place += 1;
    }
    return places;
  }

  async filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    const low = texts.map((text) => text.toLowerCase());
    const files = [...(this.#versions.get(revision)?.files ?? [])];
    return files
      .filter(([, text]) => low.some((part) => text.toLowerCase().includes(part)))
      .map(([path]) => path);
  }

  async close(): Promise<void> {}
}
