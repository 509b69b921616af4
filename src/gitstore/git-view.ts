import { isUtf8 } from 'node:buffer';
import { InvalidStateError } from '../errors.js';
import { byName } from '../model/sorted-names.js';
import type { Entry, Revision, StateView } from '../store/state-store.js';
import type { ObjectReader } from './object-reader.js';

/** An entry of a tree, with the object that holds what it is. */
interface TreeEntry extends Entry {
  readonly oid: string;
  readonly mode: string;
}

interface Folder {
  readonly sorted: readonly Entry[];
  readonly named: ReadonlyMap<string, TreeEntry>;
}

/** A folder of a git tree, as its object holds it: `<mode> <name>\0<oid>` again and again. */
export function parseTree(data: Buffer, oidBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const end = data.indexOf(0, space);
    const mode = data.toString('latin1', at, space);
    const kind = mode === '40000' ? 'folder' : mode === '100644' || mode === '100755' ? 'file' : 'other';
    const oid = data.toString('hex', end + 1, end + 1 + oidBytes);
    entries.push({ name: data.toString('utf8', space + 1, end), kind, oid, mode });
    at = end + 1 + oidBytes;
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
 * The files of one commit, read by `cat-file` from folder to folder, so that what kind of thing a name stands
 * for is always known: a link is never followed, a submodule never taken for nothing.
 */
export class GitView implements StateView {
  readonly #reader: ObjectReader;
  readonly #revision: Revision | null;
  readonly #folders = new Map<string, Promise<Folder | null>>();

  constructor(reader: ObjectReader, revision: Revision | null) {
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

  async list(folder: string): Promise<readonly Entry[] | null> {
    const entries = await this.#entries(folder);
    return entries?.sorted ?? null;
  }

  /** The entry at a path, null where there is none. Throws InvalidStateError when another kind of thing stands there. */
  async #find(path: string, kind: Entry['kind']): Promise<TreeEntry | null> {
    const cut = path.lastIndexOf('/');
    const entries = await this.#entries(cut < 0 ? '' : path.slice(0, cut));
    const entry = entries?.named.get(path.slice(cut + 1)) ?? null;
    if (!entry || entry.kind === kind) return entry;
    const there = MODES[entry.mode] ?? KINDS[entry.kind];
    throw unreadable(path, `${there} stands where ${KINDS[kind]} should`);
  }

  #entries(folder: string): Promise<Folder | null> {
    const known = this.#folders.get(folder);
    if (known) return known;
    const listed = this.#readFolder(folder);
    this.#folders.set(folder, listed);
    return listed;
  }

  async #readFolder(folder: string): Promise<Folder | null> {
    if (this.#revision === null) return null;
    const entry = folder === '' ? { oid: `${this.#revision}^{tree}` } : await this.#find(folder, 'folder');
    if (!entry) return null;
    const object = await this.#reader.read(entry.oid, folder);
    if (object?.type !== 'tree') throw unreadable(folder || 'the root folder', 'its object is missing');
    const entries = parseTree(object.data, object.oid.length / 2).sort(byName);
    return {
      sorted: entries.map(({ name, kind }) => ({ name, kind })),
      named: new Map(entries.map((entry) => [entry.name, entry])),
    };
  }
}

function unreadable(path: string, why: string): InvalidStateError {
  return new InvalidStateError(`${path}: ${why}`, {
    data: { path },
    suggestions: [`Look at who changed it: git log -- ${path}`],
  });
}
