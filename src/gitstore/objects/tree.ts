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

/** What lies in a folder, in `byName` order, and where each entry begins in the bytes of the tree. */
export class Listing {
  readonly entries: readonly Entry[];
  readonly #places: readonly number[];
  readonly #entryAt: (entry: Entry, from: number) => TreeEntry;

  constructor(
    entries: readonly Entry[],
    places: readonly number[],
    entryAt: (entry: Entry, from: number) => TreeEntry,
  ) {
    this.entries = entries;
    this.#places = places;
    this.#entryAt = entryAt;
  }

  /** The entry of this name; null if there is none. Throws InvalidStateError. */
  find(name: string): TreeEntry | null {
    const at = placeOf(this.entries, name);
    const entry = this.entries[at];
    return entry?.name === name ? this.#entryAt(entry, this.#places[at] ?? 0) : null;
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
    const bytes = this.#bytes;
    // One character a byte: looking for the ends of a name in a string is several times as fast as in a buffer.
    const text = bytes.toString('latin1');
    const entries: Entry[] = [];
    const places: number[] = [];
    let isSorted = true;
    let before = '';
    for (let at = 0; at < bytes.length; ) {
      const space = text.indexOf(' ', at);
      const nameTo = text.indexOf('\0', space);
      const to = nameTo + 1 + this.#oidBytes;
      if (space < 0 || nameTo < space || to > bytes.length)
        throw new InvalidStateError('a tree is malformed');
      const raw = text.slice(space + 1, nameTo);
      // Beyond ASCII, bytes of UTF-8 and the characters that they are come after ASCII alike.
      if (raw >= first) {
        const name = BEYOND_ASCII.test(raw) ? bytes.toString('utf8', space + 1, nameTo) : raw;
        if (name < before) isSorted = false;
        before = name;
        entries.push({ name, kind: kindAt(text, at, space) });
        places.push(at);
      }
      at = to;
    }
    const entryAt = (entry: Entry, from: number) => this.#entryAt(entry, from);
    if (isSorted) return new Listing(entries, places, entryAt);
    const order = entries.map((entry, i) => ({ entry, name: entry.name, from: places[i] ?? 0 })).sort(byName);
    return new Listing(
      order.map(({ entry }) => entry),
      order.map(({ from }) => from),
      entryAt,
    );
  }

  #entryAt({ name, kind }: Entry, from: number): TreeEntry {
    const bytes = this.#bytes;
    const mode =
      kind === 'folder' ? FOLDER : canonicalMode(bytes.toString('latin1', from, bytes.indexOf(32, from)));
    const oidFrom = bytes.indexOf(0, from) + 1;
    return { name, kind, mode, oid: bytes.toString('hex', oidFrom, oidFrom + this.#oidBytes) };
  }
}

/** The kind of the entry whose mode lies between these places. Nearly all modes are as git writes them. */
function kindAt(text: string, from: number, to: number): Entry['kind'] {
  const mode = text.slice(from, to);
  const canonical = mode === PLAIN_FILE || mode === FOLDER ? mode : canonicalMode(mode);
  if (canonical === FOLDER) return 'folder';
  return canonical === PLAIN_FILE || canonical === EXECUTABLE_FILE ? 'file' : 'other';
}
