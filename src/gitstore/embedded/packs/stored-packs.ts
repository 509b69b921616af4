import { join } from 'node:path';
import { hasCode } from '../../../model/value/error-codes.js';
import type { GitObject } from '../../objects/cat-file.js';
import { namesIn } from '../files.js';
import { FileBlocks, type ReadableFiles } from './file-blocks.js';
import {
  applyDelta,
  damaged,
  type EntryHeader,
  entryHeader,
  inflated,
  MAX_CHAIN,
  MAX_HEADER,
  type ObjectType,
} from './pack-entry.js';
import { PackIndex } from './pack-index.js';

/** Most bytes of objects that are kept, because others are likely to be deltas of them. */
const MAX_BASES = 16 * 1024 * 1024;
/** Most bytes of the deltas that lead to one object. */
const MAX_DELTAS = 512 * 1024 * 1024;

interface StoredPack {
  readonly path: string;
  readonly index: PackIndex;
}

interface Content {
  readonly type: ObjectType;
  readonly data: Buffer;
}

interface Place {
  readonly pack: StoredPack;
  readonly offset: number;
}

/** The packs of a repository. An object is read without the rest of its pack. */
export class StoredPacks {
  readonly #fs: ReadableFiles;
  readonly #folder: string;
  readonly #blocks: FileBlocks;
  #packs: Map<string, StoredPack> | null = null;
  readonly #bases = new Map<string, Content>();
  #basesSize = 0;

  constructor(fs: ReadableFiles, folder: string) {
    this.#fs = fs;
    this.#folder = folder;
    this.#blocks = new FileBlocks(fs);
  }

  /** Whether a pack has an object. */
  async has(oid: string): Promise<boolean> {
    return (await this.#find(oid)) !== null;
  }

  async read(oid: string): Promise<GitObject | null> {
    // A git that joins packs may remove the one that is being read.
    for (;;) {
      const place = await this.#find(oid);
      if (place === null) return null;
      const found = await this.#unlessGone(place.pack, () => this.#content(place));
      if (found !== null) return { oid, ...found };
    }
  }

  /** Lists the ids that begin with at least two hexadecimal digits. */
  async beginningWith(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (const pack of (await this.#all()).values())
      found.push(...((await this.#unlessGone(pack, () => pack.index.beginningWith(prefix))) ?? []));
    return found;
  }

  /** Counts the packs. */
  async count(): Promise<number> {
    return (await this.#all()).size;
  }

  /** Looks for packs that others have added or removed. */
  async look(): Promise<void> {
    const known = this.#packs ?? new Map<string, StoredPack>();
    const names = await namesIn(this.#fs, this.#folder);
    const packs = names.filter(
      (name) => name.endsWith('.idx') && names.includes(`${name.slice(0, -4)}.pack`),
    );
    this.#packs = new Map(packs.map((name) => [name, known.get(name) ?? this.#packOf(name)]));
  }

  #packOf(name: string): StoredPack {
    const path = join(this.#folder, name);
    return { path: `${path.slice(0, -4)}.pack`, index: new PackIndex(path, this.#blocks) };
  }

  async #all(): Promise<ReadonlyMap<string, StoredPack>> {
    if (this.#packs === null) await this.look();
    return this.#packs ?? new Map();
  }

  /** Does something with a pack. Returns null, and forgets the pack, if its files are gone. */
  async #unlessGone<T>(pack: StoredPack, use: () => Promise<T>): Promise<T | null> {
    try {
      return await use();
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      for (const [name, each] of this.#packs ?? []) if (each === pack) this.#packs?.delete(name);
      return null;
    }
  }

  async #find(oid: string): Promise<Place | null> {
    for (const pack of [...(await this.#all()).values()]) {
      const offset = await this.#unlessGone(pack, () => pack.index.offsetOf(oid));
      if (offset !== null) return { pack, offset };
    }
    return null;
  }

  async #content({ pack, offset }: Place): Promise<Content> {
    const deltas: Buffer[] = [];
    let held = 0;
    let base: Content | undefined;
    for (let at = offset; base === undefined; ) {
      base = this.#bases.get(`${pack.path}:${at}`);
      if (base !== undefined) break;
      if (deltas.length > MAX_CHAIN || held > MAX_DELTAS) throw damaged(pack.path);
      const { header, data } = await this.#entry(pack, at);
      if (header.type !== null) base = { type: header.type, data };
      else {
        deltas.push(data);
        held += data.length;
        const next = typeof header.base === 'string' ? await pack.index.offsetOf(header.base) : header.base;
        if (next === null) throw damaged(pack.path);
        at = next;
      }
    }
    let { data } = base;
    for (const delta of deltas.reverse()) data = applyDelta(data, delta);
    const found = { type: base.type, data };
    this.#keep(`${pack.path}:${offset}`, found);
    return found;
  }

  async #entry({ path }: StoredPack, offset: number): Promise<{ header: EntryHeader; data: Buffer }> {
    const begin = await this.#blocks.read(path, offset, MAX_HEADER);
    const header = entryHeader(begin, 0, offset);
    // Compressed content is hardly ever longer than its text; where it is, more is read.
    for (let length = header.size + 256; ; length *= 2) {
      const bytes = await this.#blocks.read(path, offset + header.length, length);
      const found = inflated(bytes, header.size);
      if (found !== null) return { header, data: found.data };
      if (bytes.length < length) throw damaged(path);
    }
  }

  #keep(key: string, content: Content): void {
    const { length } = content.data;
    if (content.type === 'blob' || length > MAX_BASES / 4 || this.#bases.has(key)) return;
    this.#bases.set(key, content);
    this.#basesSize += length;
    for (const [oldest, { data }] of this.#bases) {
      if (this.#basesSize <= MAX_BASES) break;
      this.#bases.delete(oldest);
      this.#basesSize -= data.length;
    }
  }
}
