import { InvalidStateError } from '../../errors.js';
import { beginningWith, byName, placeOf } from '../../model/subject/sorted-names.js';
import type { Entry } from '../../store/port/state-store.js';
import { canonicalMode, EXECUTABLE_FILE, FOLDER, PLAIN_FILE } from '../embedded/object-formats.js';

/** The modes of files, plain and executable, as bytes of a tree. */
const PLAIN = 0x31_30_30_36_34_34;
const EXECUTABLE = 0x31_30_30_37_35_35;

const BEYOND_ASCII = /[\x80-\xff]/;

/** An entry with its object. */
export interface TreeEntry extends Entry {
  /** In git's canonical form. */
  readonly mode: string;
  /** Id of the object with its content. */
  readonly oid: string;
}

/** Where an entry lies in the bytes of its tree. */
interface Place {
  readonly name: string;
  readonly from: number;
}

/**
 * A tree object: `<mode> <name>\0<oid>` again and again. It is kept as bytes: of the millions of entries in a large
 * repository most are listed once, and entries that outlive the listing cost more than reading them.
 */
export class Tree {
  readonly #bytes: Buffer;
  readonly #oidBytes: number;
  /** By name; made when a name is looked up. */
  #places: readonly Place[] | null = null;

  /** @param oidBytes length of an object id */
  constructor(bytes: Buffer, oidBytes: number) {
    this.#bytes = bytes;
    this.#oidBytes = oidBytes;
  }

  /** The entries in `byName` order, or those whose names begin with `prefix`. Throws InvalidStateError. */
  list(prefix?: string): Entry[] {
    const entries: Entry[] = [];
    if (prefix !== undefined) {
      for (const { name, from } of beginningWith(this.#index(), prefix))
        entries.push({ name, kind: this.#kindAt(from) });
      return entries;
    }
    const isSorted = this.#walk((name, from) => entries.push({ name, kind: this.#kindAt(from) }));
    return isSorted ? entries : entries.sort(byName);
  }

  /** The entry of this name; null if there is none. Throws InvalidStateError. */
  find(name: string): TreeEntry | null {
    const places = this.#index();
    const place = places[placeOf(places, name)];
    if (place?.name !== name) return null;
    return this.#entryAt(place);
  }

  /** The entries of these names, of which none is kept here; names without an entry are left out. */
  pick(names: readonly string[]): TreeEntry[] {
    const wanted = new Set(names);
    const found: TreeEntry[] = [];
    if (wanted.size > 0)
      this.#walk((name, from) => {
        if (wanted.has(name)) found.push(this.#entryAt({ name, from }));
      });
    return found;
  }

  #entryAt({ name, from }: Place): TreeEntry {
    const oidFrom = this.#bytes.indexOf(0, from) + 1;
    return {
      name,
      kind: this.#kindAt(from),
      mode: this.#modeAt(from),
      oid: this.#bytes.toString('hex', oidFrom, oidFrom + this.#oidBytes),
    };
  }

  #index(): readonly Place[] {
    if (this.#places !== null) return this.#places;
    const places: Place[] = [];
    if (!this.#walk((name, from) => places.push({ name, from }))) places.sort(byName);
    this.#places = places;
    return places;
  }

  /** Calls `take` with the name and the place of each entry. Returns whether they came in `byName` order. */
  #walk(take: (name: string, from: number) => void): boolean {
    const bytes = this.#bytes;
    // One character a byte: looking for the ends of a name in a string is several times as fast as in a buffer.
    const text = bytes.toString('latin1');
    let isSorted = true;
    let before = '';
    for (let at = 0; at < bytes.length; ) {
      const space = text.indexOf(' ', at);
      const nameTo = text.indexOf('\0', space);
      const to = nameTo + 1 + this.#oidBytes;
      if (space < 0 || nameTo < space || to > bytes.length)
        throw new InvalidStateError('a tree is malformed');
      const raw = text.slice(space + 1, nameTo);
      const name = !BEYOND_ASCII.test(raw) ? raw : bytes.toString('utf8', space + 1, nameTo);
      if (name < before) isSorted = false;
      before = name;
      take(name, at);
      at = to;
    }
    return isSorted;
  }

  /** The kind of the entry at this place. Nearly all modes are told by their bytes: parsing them takes longer. */
  #kindAt(from: number): Entry['kind'] {
    const bytes = this.#bytes;
    if (bytes[from + 5] === 32 && bytes[from] === 52) return 'folder';
    const mode = bytes[from + 6] === 32 ? bytes.readUIntBE(from, 6) : 0;
    if (mode === PLAIN || mode === EXECUTABLE) return 'file';
    const canonical = this.#modeAt(from);
    if (canonical === FOLDER) return 'folder';
    return canonical === PLAIN_FILE || canonical === EXECUTABLE_FILE ? 'file' : 'other';
  }

  #modeAt(from: number): string {
    return canonicalMode(this.#bytes.toString('latin1', from, this.#bytes.indexOf(32, from)));
  }
}
