import { isUtf8 } from 'node:buffer';
import { InvalidStateError } from '../../errors.js';
import { beginningWith, byName, placeOf } from '../../model/subject/sorted-names.js';
import type { Entry, Revision, StateView } from '../../store/port/state-store.js';
import type { Objects } from './object-reader.js';

/**
 * An entry of a tree. Mode and object id are parsed on demand, since nobody asks for them in most of millions of
 * entries.
 */
class TreeEntry implements Entry {
  readonly name: string;
  readonly kind: Entry['kind'];
  readonly #tree: Buffer;
  readonly #from: number;
  readonly #oidFrom: number;
  readonly #oidTo: number;

  constructor(tree: Buffer, from: number, modeTo: number, nameTo: number, to: number) {
    this.name = tree.toString('utf8', modeTo + 1, nameTo);
    this.kind = kindOf(tree, from, modeTo);
    this.#tree = tree;
    this.#from = from;
    this.#oidFrom = nameTo + 1;
    this.#oidTo = to;
  }

  get mode(): string {
    return this.#tree.toString('latin1', this.#from, this.#tree.indexOf(32, this.#from));
  }

  /** Id of the object with its content. */
  get oid(): string {
    return this.#tree.toString('hex', this.#oidFrom, this.#oidTo);
  }
}

/** The kind of an entry by its mode: 40000 is a folder, 100644 and 100755 are files. */
function kindOf(tree: Buffer, from: number, to: number): Entry['kind'] {
  if (to - from === 5 && tree[from] === 52) return 'folder';
  const mode = tree.toString('latin1', from, to);
  return mode === '100644' || mode === '100755' ? 'file' : 'other';
}

/** Parses a tree object: `<mode> <name>\0<oid>` again and again. */
function parseTree(tree: Buffer, oidBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < tree.length; ) {
    const modeTo = tree.indexOf(32, at);
    const nameTo = tree.indexOf(0, modeTo);
    const to = nameTo + 1 + oidBytes;
    if (modeTo < 0 || nameTo < modeTo || to > tree.length) throw new InvalidStateError('a tree is malformed');
    entries.push(new TreeEntry(tree, at, modeTo, nameTo, to));
    at = to;
  }
  return entries;
}

const KINDS: Readonly<Record<Entry['kind'], string>> = {
  file: 'a file',
  folder: 'a folder',
  other: 'something that is neither file nor folder',
};
const MODES: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/**
 * The files of one commit, read by `cat-file` folder by folder, so that the kind of every entry is known: a link is
 * never followed, a submodule never taken for a missing entry.
 */
export class GitView implements StateView {
  readonly #reader: Objects;
  readonly #revision: Revision | null;
  readonly #folders = new Map<string, Promise<readonly TreeEntry[] | null>>();

  constructor(reader: Objects, revision: Revision | null) {
    this.#reader = reader;
    this.#revision = revision;
  }

  async read(path: string): Promise<string | null> {
    const entry = await this.#find(path, 'file');
    if (!entry) return null;
    const object = await this.#reader.read(entry.oid, path);
    if (!object) throw unreadable(path, 'its object is missing');
    if (!isUtf8(object.data)) throw unreadable(path, 'it is not UTF-8 text');
    return object.data.toString('utf8');
  }

  async list(folder: string, prefix?: string): Promise<readonly Entry[] | null> {
    const entries = await this.#entries(folder);
    if (entries === null || prefix === undefined) return entries;
    const found = [...beginningWith(entries, prefix)];
    return found.length > 0 ? found : null;
  }

  async kindOf(path: string): Promise<Entry['kind'] | null> {
    const [folder, name] = split(path);
    if (folder !== '' && (await this.kindOf(folder)) !== 'folder') return null;
    return entryOf(await this.#entries(folder), name)?.kind ?? null;
  }

  /** The entry at a path; null if there is none. Throws InvalidStateError if it is of another kind. */
  async #find(path: string, kind: Entry['kind']): Promise<TreeEntry | null> {
    const [folder, name] = split(path);
    const entry = entryOf(await this.#entries(folder), name);
    if (entry === null || entry.kind === kind) return entry;
    const there = MODES[entry.mode] ?? KINDS[entry.kind];
    throw unreadable(path, `${there} stands where ${KINDS[kind]} should`);
  }

  #entries(folder: string): Promise<readonly TreeEntry[] | null> {
    const known = this.#folders.get(folder);
    if (known) return known;
    const listed = this.#readFolder(folder);
    this.#folders.set(folder, listed);
    return listed;
  }

  async #readFolder(folder: string): Promise<readonly TreeEntry[] | null> {
    if (this.#revision === null) return null;
    const entry = folder === '' ? { oid: `${this.#revision}^{tree}` } : await this.#find(folder, 'folder');
    if (!entry) return null;
    const object = await this.#reader.read(entry.oid, folder);
    if (object?.type !== 'tree') throw unreadable(folder || 'the root folder', 'its object is missing');
    return parseTree(object.data, object.oid.length / 2).sort(byName);
  }
}

/** The folder of a path, and its name there. */
function split(path: string): [folder: string, name: string] {
  const cut = path.lastIndexOf('/');
  return [cut < 0 ? '' : path.slice(0, cut), path.slice(cut + 1)];
}

function entryOf(entries: readonly TreeEntry[] | null, name: string): TreeEntry | null {
  const entry = entries?.[placeOf(entries, name)];
  return entry?.name === name ? entry : null;
}

function unreadable(path: string, why: string): InvalidStateError {
  return new InvalidStateError(`${path}: ${why}`, {
    data: { path },
    suggestions: [`Look at who changed it: git log -- ${path}`],
  });
}
