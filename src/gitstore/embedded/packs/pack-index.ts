/** Indexes of packs, version 2: which objects a pack has, and where. The format is in gitformat-pack(5). */
import { createHash } from 'node:crypto';
import { EnvironmentError } from '../../../errors.js';
import type { FileBlocks } from './file-blocks.js';
import { damaged } from './pack-entry.js';

const MAGIC = Buffer.from('ff744f6300000002', 'hex');
const FANOUT = 256;
/** Where the ids begin. */
const IDS = 8 + FANOUT * 4;

/** The objects whose ids begin with the same byte. */
interface Bucket {
  readonly count: number;
  /** 20 bytes each, in order. */
  readonly ids: Buffer;
  /** 4 bytes each. */
  readonly offsets: Buffer;
}

/** The index of a pack on disk. It keeps what it has read: 24 bytes an object at most. */
export class PackIndex {
  readonly #path: string;
  readonly #blocks: FileBlocks;
  readonly #buckets = new Map<number, Promise<Bucket>>();
  #fanout: Promise<Buffer> | null = null;

  constructor(path: string, blocks: FileBlocks) {
    this.#path = path;
    this.#blocks = blocks;
  }

  /** Finds where an object is in the pack; null if it is not in it. Throws EnvironmentError, and as the file system does. */
  async offsetOf(oid: string): Promise<number | null> {
    const id = Buffer.from(oid, 'hex');
    const { ids, offsets, count } = await this.#bucket(id[0] ?? 0);
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = ids.compare(id, 0, 20, middle * 20, middle * 20 + 20);
      if (order === 0) return this.#offset(offsets.readUInt32BE(middle * 4));
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return null;
  }

  /** Lists the ids that begin with at least two hexadecimal digits. */
  async beginningWith(prefix: string): Promise<string[]> {
    const { ids, count } = await this.#bucket(Number.parseInt(prefix.slice(0, 2), 16));
    return Array.from({ length: count }, (_, i) => ids.toString('hex', i * 20, i * 20 + 20)).filter((id) =>
      id.startsWith(prefix),
    );
  }

  #head(): Promise<Buffer> {
    const read = async () => {
      const head = await this.#blocks.read(this.#path, 0, IDS);
      if (head.length < IDS) throw damaged(this.#path);
      if (!head.subarray(0, MAGIC.length).equals(MAGIC))
        throw new EnvironmentError(
          `${this.#path} is an index of a version that backend: git-embedded does not read`,
          {
            suggestions: ["With git, 'git repack -a -d' makes one of version 2"],
            data: { path: this.#path },
          },
        );
      return Buffer.from(head.subarray(MAGIC.length));
    };
    this.#fanout ??= read().catch((error: unknown) => {
      this.#fanout = null;
      throw error;
    });
    return this.#fanout;
  }

  #bucket(first: number): Promise<Bucket> {
    const known = this.#buckets.get(first);
    if (known) return known;
    // A failure may pass, such as too many open files.
    const made = this.#readBucket(first).catch((error: unknown) => {
      this.#buckets.delete(first);
      throw error;
    });
    this.#buckets.set(first, made);
    return made;
  }

  async #readBucket(first: number): Promise<Bucket> {
    const fanout = await this.#head();
    const total = fanout.readUInt32BE((FANOUT - 1) * 4);
    const [from, to] = [
      first === 0 ? 0 : fanout.readUInt32BE((first - 1) * 4),
      fanout.readUInt32BE(first * 4),
    ];
    if (from > to || to > total) throw damaged(this.#path);
    const count = to - from;
    if (count === 0) return { count, ids: Buffer.alloc(0), offsets: Buffer.alloc(0) };
    const [ids, offsets] = await Promise.all([
      this.#blocks.read(this.#path, IDS + from * 20, count * 20),
      this.#blocks.read(this.#path, IDS + total * 24 + from * 4, count * 4),
    ]);
    if (ids.length < count * 20 || offsets.length < count * 4) throw damaged(this.#path);
    return { count, ids: Buffer.from(ids), offsets: Buffer.from(offsets) };
  }

  async #offset(found: number): Promise<number> {
    if (found < 0x8000_0000) return found;
    const total = (await this.#head()).readUInt32BE((FANOUT - 1) * 4);
    const large = await this.#blocks.read(this.#path, IDS + total * 28 + (found - 0x8000_0000) * 8, 8);
    if (large.length < 8) throw damaged(this.#path);
    return Number(large.readBigUInt64BE());
  }
}

/** The entries of a pack, in its order. */
export interface PackedEntries {
  readonly count: number;
  /** 20 bytes each. */
  readonly ids: Buffer;
  readonly crcs: Uint32Array;
  /** Below 2 GiB. */
  readonly offsets: Uint32Array;
}

/** Formats the index of a pack, as `git index-pack` does. */
export function formatIndex({ count, ids, crcs, offsets }: PackedEntries, checksum: Buffer): Buffer {
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) =>
    ids.compare(ids, b * 20, b * 20 + 20, a * 20, a * 20 + 20),
  );
  const index = Buffer.alloc(IDS + count * 28 + 20);
  MAGIC.copy(index);
  for (const [place, entry] of order.entries()) {
    ids.copy(index, IDS + place * 20, entry * 20, entry * 20 + 20);
    index.writeUInt32BE(crcs[entry] ?? 0, IDS + count * 20 + place * 4);
    index.writeUInt32BE(offsets[entry] ?? 0, IDS + count * 24 + place * 4);
  }
  for (let [byte, before] = [0, 0]; byte < FANOUT; byte++) {
    while (before < count && (index[IDS + before * 20] ?? 0) <= byte) before++;
    index.writeUInt32BE(before, MAGIC.length + byte * 4);
  }
  checksum.copy(index, IDS + count * 28);
  return Buffer.concat([index, createHash('sha1').update(index).digest()]);
}
