import { isUtf8 } from 'node:buffer';
import { InvalidStateError } from '../../errors.js';
import type { Below, Entry, Revision, StateView } from '../../store/port/state-store.js';
import type { GitObject, NamedObject } from './cat-file.js';
import { MANY, type ObjectStream, type Objects, type TakeObject } from './object-reader.js';
import { type Listing, Tree, type TreeEntry } from './tree.js';

const KINDS: Readonly<Record<Entry['kind'], string>> = {
  file: 'a file',
  folder: 'a folder',
  other: 'something that is neither file nor folder',
};
/** So few files are found in the objects that are read without git. */
const FEW_READS = 8;
/** A name that git looks up in a tree as it is. */
const PLAIN_NAME = /^[A-Za-z0-9][\w-]*$/;
type Trees = ReadonlyMap<string, Tree | null>;
type TellTree = (folder: string, tree: Tree) => void;

/** An entry of a folder, or of a folder in it, that has this place in a list. */
interface EntryBelow extends NamedObject {
  readonly place: number;
  readonly entry: TreeEntry;
}

const MODES: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/**
 * The files of one commit, read by `cat-file` folder by folder, so that the kind of every entry is known: a link is
 * never followed, a submodule never taken for a missing entry.
 */
export class GitView implements StateView {
  readonly #reader: Objects;
  readonly #revision: Revision | null;
  /** The trees of folders, null where there is none, and those that are being read. */
  readonly #folders = new Map<string, Tree | null | Promise<Tree | null>>();

  constructor(reader: Objects, revision: Revision | null) {
    this.#reader = reader;
    this.#revision = revision;
  }

  expectReads(count: number): void {
    if (count > FEW_READS) this.#reader.begin?.();
  }

  async read(path: string): Promise<string | null> {
    const entry = await this.#find(path, 'file');
    if (!entry) return null;
    return textOf(await this.#reader.read(entry.oid, path), path);
  }

  async list(folder: string, prefix?: string): Promise<readonly Entry[] | null> {
    const entries = (await this.#tree(folder))?.list(prefix) ?? null;
    return prefix !== undefined && entries?.length === 0 ? null : entries;
  }

  async listBelow(folders: readonly string[], { from, choose, take, early }: Below): Promise<void> {
    const areMany = folders.length >= MANY;
    // Of the folders, of those in them, and of files.
    if (areMany) this.#reader.prepare?.(early ? 3 : 2);
    const files = streamOf<EntryBelow>(this.#reader, areMany, (object, { path, place, entry }) => {
      early?.take(path, place, () => {
        checkKind(entry, path, 'file');
        return textOf(object, path);
      });
    });
    // Not all that is read early is needed in the end: it must cost little.
    let left = early && this.#reader.hasAll ? early.most : 0;
    const below = streamOf<EntryBelow>(this.#reader, areMany, (object, { path, place, entry }) => {
      const tree = treeOf(object, path);
      const listing = tree.listing(from?.below);
      const wanted = take(listing.entries, place, entry.name);
      if (wanted.length === 0) return;
      if (wanted.length > left) this.#folders.set(path, tree);
      else {
        left -= wanted.length;
        files.ask(entriesBelow(listing, wanted, path, place));
      }
    });
    const places = new Map(folders.map((folder, place) => [folder, place]));
    try {
      await this.#trees(folders, (above, tree) => {
        const place = places.get(above) ?? 0;
        const listing = tree.listing(from?.above);
        const chosen = entriesBelow(listing, choose(listing.entries, place), above, place);
        for (const { entry, path } of chosen) checkKind(entry, path, 'folder');
        below.ask(chosen);
      });
    } finally {
      await below.end().finally(() => files.end());
    }
  }

  async kindOf(path: string): Promise<Entry['kind'] | null> {
    const [folder, name] = split(path);
    const isRead = this.#folders.get(folder) instanceof Tree;
    if (!isRead && folder !== '' && (await this.kindOf(folder)) !== 'folder') return null;
    return (await this.#tree(folder))?.find(name)?.kind ?? null;
  }

  /** The entry at a path; null if there is none. Throws InvalidStateError if it is of another kind. */
  async #find(path: string, kind: Entry['kind']): Promise<TreeEntry | null> {
    const [folder, name] = split(path);
    return entryOf(await this.#tree(folder), path, name, kind);
  }

  /**
   * The trees of many folders, read level by level; null where there is none.
   * @param tell is told of each tree as soon as it is there
   */
  async #trees(folders: Iterable<string>, tell: TellTree = () => undefined): Promise<Trees> {
    const trees = new Map<string, Tree | null>();
    const keep = (folder: string, tree: Tree | null) => {
      trees.set(folder, tree);
      this.#folders.set(folder, tree);
      if (tree !== null) tell(folder, tree);
    };
    const missing: string[] = [];
    for (const folder of folders) {
      if (folder === '' || this.#folders.has(folder)) keep(folder, await this.#tree(folder));
      else missing.push(folder);
    }
    if (missing.length === 0) return trees;
    const left = await this.#onlyChildren(missing, keep);
    const above = await this.#trees(new Set(left.map((folder) => split(folder)[0])));
    const wanted: NamedObject[] = [];
    for (const folder of left) {
      const [parent, name] = split(folder);
      const entry = entryOf(above.get(parent), folder, name, 'folder');
      if (entry) wanted.push({ name: entry.oid, path: folder });
      else keep(folder, null);
    }
    await readEach(this.#reader, wanted, (object, { path }) => keep(path, treeOf(object, path)));
    return trees;
  }

  /**
   * Reads the trees of folders of which each is the only one wanted of the folder above it, such as `events` of a
   * subject: git looks them up there, so that the folders above need not be read here. Returns those that it could not
   * read so; reading them in the usual way tells why.
   */
  async #onlyChildren(folders: readonly string[], keep: TellTree): Promise<readonly string[]> {
    if (folders.length < MANY) return folders;
    const paths = folders.map((folder) => {
      const [parent, name] = split(folder);
      const [grandparent, parentName] = split(parent);
      return { folder, name, parent, parentName, grandparent };
    });
    const areAlone = new Set(paths.map(({ parent }) => parent)).size === folders.length;
    if (!areAlone || !paths.every(({ parent, name }) => !this.#folders.has(parent) && PLAIN_NAME.test(name)))
      return folders;
    const left: string[] = [];
    const wanted: NamedObject[] = [];
    const above = await this.#trees(new Set(paths.map(({ grandparent }) => grandparent)));
    for (const { folder, name, parent, parentName, grandparent } of paths) {
      const entry = entryOf(above.get(grandparent), parent, parentName, 'folder');
      if (entry) wanted.push({ name: `${entry.oid}:${name}`, path: folder });
      else left.push(folder);
    }
    await readEach(this.#reader, wanted, (object, { path }) => {
      if (object?.type === 'tree') keep(path, treeOf(object, path));
      else left.push(path);
    });
    return left;
  }

  #tree(folder: string): Tree | null | Promise<Tree | null> {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const reading = this.#readFolder(folder);
    this.#folders.set(folder, reading);
    return reading;
  }

  async #readFolder(folder: string): Promise<Tree | null> {
    if (this.#revision === null) return null;
    const entry = folder === '' ? { oid: `${this.#revision}^{tree}` } : await this.#find(folder, 'folder');
    const tree = entry && treeOf(await this.#reader.read(entry.oid, folder), folder);
    this.#folders.set(folder, tree);
    return tree;
  }
}

/** The entries of these names in a folder; names without an entry are left out. */
function entriesBelow(
  listing: Listing,
  names: readonly string[],
  folder: string,
  place: number,
): EntryBelow[] {
  const found: EntryBelow[] = [];
  for (const name of names) {
    const entry = listing.find(name);
    if (entry) found.push({ name: entry.oid, path: `${folder}/${name}`, place, entry });
  }
  return found;
}

/** The text of a file. Throws InvalidStateError. */
function textOf(object: GitObject | null, path: string): string {
  if (!object) throw unreadable(path, 'its object is missing');
  if (!isUtf8(object.data)) throw unreadable(path, 'it is not UTF-8 text');
  return object.data.toString('utf8');
}

function treeOf(object: GitObject | null, folder: string): Tree {
  if (object?.type !== 'tree') throw unreadable(folder || 'the root folder', 'its object is missing');
  return new Tree(object.data, object.oid.length / 2);
}

/** The entry of a tree; null if there is none. Throws InvalidStateError if it is of another kind. */
function entryOf(
  tree: Tree | null | undefined,
  path: string,
  name: string,
  kind: Entry['kind'],
): TreeEntry | null {
  const entry = tree?.find(name) ?? null;
  if (entry !== null) checkKind(entry, path, kind);
  return entry;
}

/** Throws InvalidStateError if an entry is of another kind. */
function checkKind(entry: TreeEntry, path: string, kind: Entry['kind']): void {
  if (entry.kind === kind) return;
  const there = MODES[entry.mode] ?? KINDS[entry.kind];
  throw unreadable(path, `${there} stands where ${KINDS[kind]} should`);
}

async function readEach<T extends NamedObject>(
  reader: Objects,
  objects: readonly T[],
  take: TakeObject<T>,
): Promise<void> {
  if (reader.readEach) return reader.readEach(objects, take);
  await Promise.all(objects.map(async (asked) => take(await reader.read(asked.name, asked.path), asked)));
}

/** Objects that are asked for little by little; few of them are read together at the end. */
function streamOf<T extends NamedObject>(
  reader: Objects,
  areMany: boolean,
  take: TakeObject<T>,
): ObjectStream<T> {
  if (areMany && reader.readStream) return reader.readStream(take);
  const asked: T[] = [];
  return {
    ask: (objects) => void asked.push(...objects),
    end: () => readEach(reader, asked, take),
  };
}

/** The folder of a path, and its name there. */
function split(path: string): [folder: string, name: string] {
  const cut = path.lastIndexOf('/');
  return [cut < 0 ? '' : path.slice(0, cut), path.slice(cut + 1)];
}

function unreadable(path: string, why: string): InvalidStateError {
  return new InvalidStateError(`${path}: ${why}`, {
    data: { path },
    suggestions: [`Look at who changed it: git log -- ${path}`],
  });
}
