import { beginningWith, byName, placeOf } from '../../model/subject/sorted-names.js';
import type { Below, Entry, FileChanges, StateView } from '../port/state-store.js';
import { listBelow, listOne } from './list-below.js';

/** A path and the folders above it, up to the top one (''). */
function* upwards(path: string): Generator<string> {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) yield at;
  yield '';
}

/** A view with changes applied over it, for the next operation of a batch and for readers that see their own writes. */
export class OverlayView implements StateView {
  readonly #base: StateView;
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, Map<string, Entry['kind']>>();
  /** Cached listings: a batch lists the same folder repeatedly. */
  readonly #merged = new Map<string, Entry[]>();
  /** Paths that hide what is below: files, and folders with everything in them. */
  readonly #removed = new Set<string>();
  /** Folders in which something was removed. */
  readonly #thinned = new Set<string>();
  /** Changes that were written and not looked at since: after the last operation of a batch nobody does. */
  #fresh: FileChanges[] = [];

  constructor(base: StateView) {
    this.#base = base;
  }

  /** Applies changes, which must not change any more. */
  write(changes: FileChanges): void {
    this.#fresh.push(changes);
  }

  #settle(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    for (const changes of fresh) this.#apply(changes);
  }

  #apply(changes: FileChanges): void {
    const removed = [...changes].flatMap(([path, text]) => (text === null ? path : []));
    if (removed.length > 0) this.#remove(removed);
    for (const [path, text] of changes) if (text !== null) this.#write(path, text);
  }

  #write(path: string, text: string): void {
    this.#files.set(path, text);
    let child = path;
    let kind: Entry['kind'] = 'file';
    for (let cut = child.lastIndexOf('/'); ; cut = child.lastIndexOf('/')) {
      const folder = cut < 0 ? '' : child.slice(0, cut);
      this.#add(folder, child.slice(cut + 1), kind);
      if (cut < 0) break;
      child = folder;
      kind = 'folder';
    }
  }

  #remove(paths: readonly string[]): void {
    const gone = new Set(paths);
    const kept = [...this.#files].filter(([path]) => ![...upwards(path)].some((at) => gone.has(at)));
    for (const path of paths) {
      this.#removed.add(path);
      const [, ...above] = upwards(path);
      for (const folder of above) this.#thinned.add(folder);
    }
    this.#files.clear();
    this.#folders.clear();
    this.#merged.clear();
    for (const [path, text] of kept) this.#write(path, text);
  }

  #add(folder: string, name: string, kind: Entry['kind']): void {
    const entries = this.#folders.get(folder) ?? new Map<string, Entry['kind']>();
    if (entries.get(name) === kind) return;
    entries.set(name, kind);
    this.#folders.set(folder, entries);
    const merged = this.#merged.get(folder);
    if (!merged) return;
    const at = placeOf(merged, name);
    merged.splice(at, merged[at]?.name === name ? 1 : 0, { name, kind });
  }

  #isRemoved(path: string): boolean {
    if (this.#removed.size === 0) return false;
    for (const at of upwards(path)) if (this.#removed.has(at)) return true;
    return false;
  }

  expectReads(count: number): void {
    this.#base.expectReads?.(count);
  }

  async read(path: string): Promise<string | null> {
    this.#settle();
    const text = this.#files.get(path);
    if (text !== undefined) return text;
    return this.#isRemoved(path) ? null : this.#base.read(path);
  }

  /** Asks the base for the prefix alone until something is written to the folder; then for the whole folder, once. */
  async list(folder: string, prefix?: string): Promise<readonly Entry[] | null> {
    this.#settle();
    if (!this.#folders.has(folder) && !this.#thinned.has(folder))
      return this.#isRemoved(folder) ? null : this.#base.list(folder, prefix);
    const entries = await this.#whole(folder);
    if (entries === null || prefix === undefined) return entries;
    const found = [...beginningWith(entries, prefix)];
    return found.length > 0 ? found : null;
  }

  async listBelow(folders: readonly string[], below: Below): Promise<void> {
    this.#settle();
    if (this.#folders.size === 0 && this.#removed.size === 0) return listBelow(this.#base, folders, below);
    const { from, early } = below;
    const places = folders.map((_, place) => place);
    const isBelow = (place: number) => this.#isOfBase(folders[place] ?? '');
    const ofBase = places.filter(isBelow);
    const placeOf = (at: number) => ofBase[at] ?? at;
    await listBelow(
      this.#base,
      ofBase.map((place) => folders[place] ?? ''),
      {
        ...(from && { from }),
        choose: (entries, at) => below.choose(entries, placeOf(at)),
        take: (entries, at, name) => below.take(entries, placeOf(at), name),
        ...(early && {
          early: { most: early.most, take: (path, at, text) => early.take(path, placeOf(at), text) },
        }),
      },
    );
    for (const place of places) if (!isBelow(place)) await listOne(this, folders[place] ?? '', place, below);
  }

  /** Whether a folder is as it is below, with all that lies in it. */
  #isOfBase(folder: string): boolean {
    return !this.#folders.has(folder) && !this.#thinned.has(folder) && !this.#isRemoved(folder);
  }

  async kindOf(path: string): Promise<Entry['kind'] | null> {
    this.#settle();
    if (this.#files.has(path)) return 'file';
    if (this.#folders.has(path)) return 'folder';
    if (this.#isRemoved(path)) return null;
    if (this.#thinned.has(path) && (await this.#whole(path)) === null) return null;
    return this.#base.kindOf(path);
  }

  /** A folder in which something was written or removed. */
  async #whole(folder: string): Promise<readonly Entry[] | null> {
    const above = this.#folders.get(folder);
    const known = this.#merged.get(folder);
    if (known) return known;
    const merged = new Map((await this.#below(folder)).map((entry) => [entry.name, entry.kind]));
    for (const [name, kind] of above ?? []) merged.set(name, kind);
    if (merged.size === 0) return null;
    const entries = [...merged].map(([name, kind]) => ({ name, kind })).sort(byName);
    this.#merged.set(folder, entries);
    return entries;
  }

  /** What is left of a folder below; null if everything in it was removed. */
  async #below(folder: string): Promise<Entry[]> {
    const left: Entry[] = [];
    if (this.#isRemoved(folder)) return left;
    for (const entry of (await this.#base.list(folder)) ?? []) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (this.#removed.has(path)) continue;
      if (this.#thinned.has(path) && (await this.list(path)) === null) continue;
      left.push(entry);
    }
    return left;
  }
}
