import { createHash } from 'node:crypto';
import { InvalidStateError } from '../../src/errors.js';
import { placeOfPath } from '../../src/model/subject/place.js';
import { byName } from '../../src/model/subject/sorted-names.js';
import type { Backend } from '../../src/store/port/backend.js';
import {
  type History,
  notOnLine,
  type TimelineEntry,
  type WholeRevision,
} from '../../src/store/port/history.js';
import type { LockMove } from '../../src/store/port/lease-store.js';
import type {
  ChangedFile,
  HistoryChange,
  HistoryCommit,
  Review,
  TreeFile,
} from '../../src/store/port/review.js';
import type {
  Commit,
  Entry,
  FileChanges,
  Head,
  Revision,
  StateView,
  SwapOutcome,
} from '../../src/store/port/state-store.js';
import { MemoryLeases } from './memory-leases.js';

interface Version {
  readonly parent: Revision | null;
  /** ms since the epoch; never before the parent's. */
  readonly time: number;
  readonly commit: Commit;
  readonly files: ReadonlyMap<string, string>;
  readonly added: readonly string[];
}

export class MemoryView implements StateView {
  readonly #files: ReadonlyMap<string, string>;

  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  async read(path: string): Promise<string | null> {
    const text = this.#files.get(path);
    if (text === undefined && (await this.kindOf(path)) !== null) {
      throw new InvalidStateError(`${path}: a folder stands where a file should`, { data: { path } });
    }
    return text ?? null;
  }

  async list(folder: string, only = ''): Promise<readonly Entry[] | null> {
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
    const found = [...entries].map(([name, kind]) => ({ name, kind }));
    const listed = found.filter(({ name }) => name.startsWith(only)).sort(byName);
    return listed.length > 0 ? listed : null;
  }

  async kindOf(path: string): Promise<Entry['kind'] | null> {
    if (this.#files.has(path)) return 'file';
    return [...this.#files.keys()].some((other) => other.startsWith(`${path}/`)) ? 'folder' : null;
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

/** The revisions of a `MemoryStore`. */
class MemoryHistory implements History {
  readonly cutOff = null;
  readonly naming = ["See 'kgit log --json' for revisions"] as const;
  readonly #versions: ReadonlyMap<Revision, Version>;

  constructor(versions: ReadonlyMap<Revision, Version>) {
    this.#versions = versions;
  }

  /** A revision and those before it, newest first. */
  *#line(revision: Revision): Generator<[Revision, Version]> {
    for (let at: Revision | null = revision; at !== null; ) {
      const version: Version | undefined = this.#versions.get(at);
      if (!version) return;
      yield [at, version];
      at = version.parent;
    }
  }

  async resolve(name: string): Promise<Revision | null> {
    return this.#versions.has(name) ? name : null;
  }

  async revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    for (const [at, version] of this.#line(revision)) if (version.time <= time) return at;
    return null;
  }

  async parentOf(revision: Revision): Promise<Revision | null> {
    return this.#versions.get(revision)?.parent ?? null;
  }

  async *whole(after: Revision | null, to: Revision): AsyncGenerator<WholeRevision> {
    const line = [...this.#line(to)];
    const from = line.findIndex(([at]) => at === after);
    if (after !== null && from < 0) throw notOnLine(after, to);
    for (const [revision, version] of line.slice(0, after === null ? undefined : from).reverse()) {
      const { parent, commit, time, files: now } = version;
      const { message, author } = commit;
      const before = (parent && this.#versions.get(parent)?.files) || new Map<string, string>();
      const paths = [...new Set([...before.keys(), ...now.keys()])].sort();
      const files = new Map<string, string | null>();
      for (const path of paths)
        if (before.get(path) !== now.get(path)) files.set(path, now.get(path) ?? null);
      yield { revision, parent, message, author, time: commit.time, published: time, files, odd: [] };
    }
  }

  async *timeline(revision: Revision): AsyncGenerator<TimelineEntry> {
    for (const [at, { added }] of this.#line(revision)) if (added.length > 0) yield { revision: at, added };
  }

  async placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const places = new Map<string, number>();
    let place = 0;
    for (const [, { added }] of this.#line(revision)) {
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
}

/** Compares whole histories in memory. Nothing is signed. */
class MemoryReview implements Review {
  readonly isPartial = false;
  readonly #versions: ReadonlyMap<Revision, Version>;
  /** By the name of the content. */
  readonly #texts = new Map<string, string>();

  constructor(versions: ReadonlyMap<Revision, Version>) {
    this.#versions = versions;
  }

  /** A revision and those before it, newest first, down to `from`, which is left out. */
  #line(to: Revision, from: Revision | null = null): Revision[] {
    const line: Revision[] = [];
    for (
      let at: Revision | null = to;
      at !== null && at !== from;
      at = this.#versions.get(at)?.parent ?? null
    )
      line.push(at);
    return line;
  }

  /** The names of the contents of a revision, by path. */
  #tree(revision: Revision | null): Map<string, string> {
    const files = [...((revision && this.#versions.get(revision)?.files) || [])].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    return new Map(files.map(([path, text]) => [path, this.#named(text)]));
  }

  #named(text: string): string {
    const name = createHash('sha256').update(text).digest('base64url');
    this.#texts.set(name, text);
    return name;
  }

  async isOnLine(older: Revision, newer: Revision): Promise<boolean> {
    return this.#line(newer).includes(older);
  }

  async *files(revision: Revision): AsyncGenerator<readonly TreeFile[]> {
    const files: TreeFile[] = [];
    for (const [path, content] of this.#tree(revision))
      files.push({ path, kind: 'plain', content, bytes: this.#buffer(content).length });
    yield files;
  }

  async changes(from: Revision | null, to: Revision): Promise<readonly ChangedFile[]> {
    const [before, after] = [this.#tree(from), this.#tree(to)];
    const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
    return paths
      .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }))
      .filter((file) => file.before !== file.after);
  }

  async *history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncGenerator<HistoryChange> {
    for (const revision of this.#line(to, from)) {
      const { parent, time } = this.#versions.get(revision) ?? { parent: null, time: 0 };
      const commit = { revision, author: 'Ada', committed: new Date(time).toISOString(), accepts: [] };
      onCommit(commit);
      const changes = (await this.changes(parent, revision)).filter(
        ({ path }) => placeOfPath(path).kind === 'event',
      );
      if (changes.some(({ before }) => before !== null)) yield { commit, changes };
    }
  }

  async contentAt(revision: Revision, path: string): Promise<string | null> {
    return this.#tree(revision).get(path) ?? null;
  }

  #buffer(name: string): Buffer {
    return Buffer.from(this.#texts.get(name) ?? '');
  }

  async sizes(names: readonly string[]): Promise<readonly number[]> {
    return names.map((name) => this.#buffer(name).length);
  }

  async contents(names: readonly string[]): Promise<readonly Buffer[]> {
    return names.map((name) => this.#buffer(name));
  }

  async changesOf(path: string, to: Revision): Promise<readonly Revision[]> {
    const isIn = (file: ChangedFile) => file.path === path || file.path.startsWith(`${path}/`);
    const changed = this.#line(to).map(async (revision) => {
      const parent = this.#versions.get(revision)?.parent ?? null;
      return (await this.changes(parent, revision)).some(isIn) ? [revision] : [];
    });
    return (await Promise.all(changed)).flat();
  }
}

/** A store in this process's memory: the smallest driver. Its revisions are no object ids: `m3-` and a checksum. */
export class MemoryStore implements Backend {
  readonly target: string = 'memory';
  readonly isRemote: boolean = false;
  readonly readsRemotely = false;
  readonly leases = new MemoryLeases();
  readonly history: History;
  readonly review: Review;
  readonly #versions = new Map<Revision, Version>();
  #tip: Revision | null = null;

  constructor() {
    this.history = new MemoryHistory(this.#versions);
    this.review = new MemoryReview(this.#versions);
  }

  async head(): Promise<Head> {
    return { revision: this.#tip, fetchedAt: null };
  }

  refresh(): Promise<Head> {
    return this.head();
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
    for (const commit of commits) {
      parent = this.#add(parent, commit);
      revisions.push(parent);
    }
    this.#tip = parent;
    const tips = new Map(locks.map((move) => [move.name, this.leases.apply(move)]));
    return { kind: 'swapped', revisions, notes: [], locks: tips };
  }

  #add(parent: Revision | null, commit: Commit): Revision {
    const { message, author, time, files } = commit;
    const before = parent === null ? undefined : this.#versions.get(parent);
    const texts = before?.files ?? new Map<string, string>();
    const hash = createHash('sha256').update(JSON.stringify([parent, message, author, time, [...files]]));
    const revision = `m${this.#versions.size + 1}-${hash.digest('hex').slice(0, 12)}`;
    const added = [...files]
      .filter(([path, text]) => text !== null && !texts.has(path))
      .map(([path]) => path);
    const made = Math.max(time, before?.time ?? 0);
    const after = changed(texts, files);
    this.#versions.set(revision, { parent, time: made, commit, files: after, added: added.sort() });
    return revision;
  }

  async close(): Promise<void> {}
}
