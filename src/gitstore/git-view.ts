import { InvalidStateError } from '../errors.js';
import type { Entry, Revision, StateView } from '../store/state-store.js';
import type { ObjectReader } from './object-reader.js';

/** A folder of a git tree, as its object holds it: `<mode> <name>\0<oid>` again and again. */
export function parseTree(data: Buffer, oidBytes: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const end = data.indexOf(0, space);
    const mode = data.toString('latin1', at, space);
    const kind = mode === '40000' ? 'folder' : mode === '100644' || mode === '100755' ? 'file' : 'other';
    entries.push({ name: data.toString('utf8', space + 1, end), kind });
    at = end + 1 + oidBytes;
  }
  return entries;
}

/** The files of one commit, read by `cat-file`; every object is asked for once. */
export class GitView implements StateView {
  readonly #reader: ObjectReader;
  readonly #revision: Revision | null;
  readonly #folders = new Map<string, Promise<readonly Entry[] | null>>();

  constructor(reader: ObjectReader, revision: Revision | null) {
    this.#reader = reader;
    this.#revision = revision;
  }

  async read(path: string): Promise<string | null> {
    if (this.#revision === null) return null;
    const object = await this.#reader.read(`${this.#revision}:${path}`);
    if (!object) return null;
    if (object.type === 'blob') return object.data.toString('utf8');
    throw new InvalidStateError(`${path}: a folder stands where a file should`, { data: { path } });
  }

  list(folder: string): Promise<readonly Entry[] | null> {
    const known = this.#folders.get(folder);
    if (known) return known;
    const listed = this.#list(folder);
    this.#folders.set(folder, listed);
    return listed;
  }

  async #list(folder: string): Promise<readonly Entry[] | null> {
    if (this.#revision === null) return null;
    const object = await this.#reader.read(`${this.#revision}:${folder}`);
    if (!object) return null;
    if (object.type === 'tree') return parseTree(object.data, object.oid.length / 2);
    throw new InvalidStateError(`${folder}: a file stands where a folder should`, { data: { path: folder } });
  }
}
