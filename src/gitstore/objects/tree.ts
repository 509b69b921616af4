import { InvalidStateError } from '../../errors.js';
import { beginningWith, byName, placeOf } from '../../model/subject/sorted-names.js';
import type { Entry } from '../../store/port/state-store.js';
import { canonicalMode, EXECUTABLE_FILE, FOLDER, PLAIN_FILE } from '../embedded/object-formats.js';

const BEYOND_ASCII = /[\x80-\xff]/;

/** An entry with its object. */
export interface TreeEntry extends Entry {
  /** In git's canonical form. */
  readonly mode: string;
  /** Id of the object with its content. */
  readonly oid: string;
}

/** What lies in a folder, and where each entry begins in the bytes of the tree. */
export class Listing {
  /** In `byName` order, once the listing is complete. */
  readonly entries: Entry[] = [];
  readonly #places: number[] = [];
  readonly #tree: Tree;
  #isSorted = true;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  add(name: string, kind: Entry['kind'], place: number): void {
    const last = this.entries.at(-1);
    if (last && name < last.name) this.#isSorted = false;
    this.entries.push({ name, kind });
    this.#places.push(place);
  }

  /** Puts the entries in order, after the last one was added. */
  sort(): void {
    if (this.#isSorted) return;
    const order = this.entries
      .map(({ name, kind }, i) => ({ name, kind, place: this.#places[i] ?? 0 }))
      .sort(byName);
    this.entries.splice(0, order.length, ...order.map(({ name, kind }) => ({ name, kind })));
    this.#places.splice(0, order.length, ...order.map(({ place }) => place));
    this.#isSorted = true;
  }

  /** The entry of this name; null if there is none. Throws InvalidStateError. */
  find(name: string): TreeEntry | null {
    const at = placeOf(this.entries, name);
    const entry = this.entries[at];
    return entry?.name === name ? this.#tree.entryAt(entry, this.#places[at] ?? 0) : null;
  }
}

/**
 * A tree object: `<mode> <name>\0<oid>` again and again. It is kept as bytes: of the millions of entries in a large
 * repository most are listed once, and entries that outlive the listing cost more than reading them.
 */
export class Tree {
  readonly #bytes: Buffer;
  readonly #oidBytes: number;
  /** Made when a name is looked up. */
  #index: Listing | null = null;

  /** @param oidBytes length of an object id */
  constructor(bytes: Buffer, oidBytes: number) {
    this.#bytes = bytes;
    this.#oidBytes = oidBytes;
  }

  /** The entries in `byName` order, or those whose names begin with `prefix`. Throws InvalidStateError. */
  list(prefix?: string): readonly Entry[] {
    if (prefix === undefined) return this.listing().entries;
    this.#index ??= this.listing();
    return [...beginningWith(this.#index.entries, prefix)];
  }

  /** The entry of this name; null if there is none. Throws InvalidStateError. */
  find(name: string): TreeEntry | null {
    this.#index ??= this.listing();
    return this.#index.find(name);
  }

  /**
   * All entries, none of which is kept here. Throws InvalidStateError.
   * @param first an ASCII text; entries whose names come before it in `byName` order are left out
   */
  listing(first = ''): Listing {
    const listing = new Listing(this);
    const { length } = this.#bytes;
    // One character a byte: looking for the ends of a name in a string is several times as fast as in a buffer.
    const text = this.#bytes.toString('latin1');
    for (let at = 0; at < length; ) {
      const space = text.indexOf(' ', at);
      const nameTo = text.indexOf('\0', space);
      const to = nameTo + 1 + this.#oidBytes;
      if (space < 0 || nameTo < space || to > length) throw new InvalidStateError('a tree is malformed');
      const raw = text.slice(space + 1, nameTo);
      // Bytes beyond ASCII come after it, as the characters do that they stand for.
      if (raw >= first) listing.add(this.#nameOf(raw, space + 1), kindOf(text.slice(at, space)), at);
      at = to;
    }
    listing.sort();
    return listing;
  }

  /** The name with these bytes, each a character, which begins at this place. */
  #nameOf(raw: string, from: number): string {
    return BEYOND_ASCII.test(raw) ? this.#bytes.toString('utf8', from, from + raw.length) : raw;
  }

  /** An entry with its object. @param from where it begins */
  entryAt({ name, kind }: Entry, from: number): TreeEntry {
    const bytes = this.#bytes;
    const modeTo = kind === 'folder' ? from : bytes.indexOf(32, from);
    const mode = kind === 'folder' ? FOLDER : canonicalMode(bytes.toString('latin1', from, modeTo));
    const oidFrom = bytes.indexOf(0, modeTo) + 1;
    return { name, kind, mode, oid: bytes.toString('hex', oidFrom, oidFrom + this.#oidBytes) };
  }
}

/** The kind of an entry of this mode. Nearly all modes are as git writes them. */
function kindOf(mode: string): Entry['kind'] {
  const canonical = mode === PLAIN_FILE || mode === FOLDER ? mode : canonicalMode(mode);
  if (canonical === FOLDER) return 'folder';
  return canonical === PLAIN_FILE || canonical === EXECUTABLE_FILE ? 'file' : 'other';
}
