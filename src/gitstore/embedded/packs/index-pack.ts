import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { GitObject } from '../../objects/cat-file.js';
import {
  applyDelta,
  DamagedData,
  damaged,
  entryHeader,
  inflated,
  MAX_CHAIN,
  type ObjectType,
  TRAILER,
} from './pack-entry.js';
import type { PackedEntries } from './pack-index.js';

/** Bytes of the header of a pack. */
const HEADER = 12;
/** Fewest bytes of an entry. */
const LEAST = 9;
/** Most bytes of objects that are in memory at once. */
export const MAX_HELD = 512 * 1024 * 1024;
/** Bytes of objects after which other work gets a turn. */
const TURN = 1 << 20;

/** Id of an object. */
export function objectId(type: string, data: Uint8Array): string {
  return createHash('sha1').update(`${type} ${data.length}\0`).update(data).digest('hex');
}

/** An object whose deltas are being resolved, and those of its deltas that are to come. */
interface Base {
  readonly data: Buffer;
  readonly type: ObjectType;
  readonly deltas: readonly number[];
  next: number;
}

/**
 * Reads all objects of a pack, which is whole: no delta is for an object outside. Throws DamagedData for a damaged pack.
 * @param see is shown each object; bases come before their deltas
 */
export async function readPack(pack: Buffer, see?: (object: GitObject) => void): Promise<PackedEntries> {
  return new PackReading(pack, see).run();
}

class PackReading {
  readonly #pack: Buffer;
  readonly #see: ((object: GitObject) => void) | undefined;
  readonly #count: number;
  readonly #ids: Buffer;
  readonly #crcs: Uint32Array;
  readonly #offsets: Uint32Array;
  /** Numbers of the deltas by the offset, or the id, of their base. */
  readonly #deltas = new Map<number | string, number[]>();
  #resolved = 0;
  #sinceTurn = 0;

  constructor(pack: Buffer, see: ((object: GitObject) => void) | undefined) {
    this.#pack = pack;
    this.#see = see;
    this.#count = pack.readUInt32BE(8);
    if (this.#count > (pack.length - HEADER - TRAILER) / LEAST) throw damaged('a pack');
    this.#ids = Buffer.alloc(this.#count * 20);
    this.#crcs = new Uint32Array(this.#count);
    this.#offsets = new Uint32Array(this.#count);
  }

  async run(): Promise<PackedEntries> {
    const bases: number[] = [];
    const types = new Map<number, ObjectType>();
    let at = HEADER;
    for (let number = 0; number < this.#count; number++) {
      const { type, base, size, length } = entryHeader(this.#pack, at, at);
      const { data, taken } = this.#inflate(at + length, size);
      this.#offsets[number] = at;
      this.#crcs[number] = crc32(this.#pack.subarray(at, at + length + taken));
      if (base !== null) this.#waitFor(base, number);
      if (type !== null) {
        this.#found(number, type, data);
        types.set(number, type);
        bases.push(number);
      }
      at += length + taken;
      await this.#turn(size);
    }
    if (at !== this.#pack.length - TRAILER) throw damaged('a pack');
    for (const number of bases) {
      const type = types.get(number);
      const deltas = this.#takeDeltas(number);
      if (type !== undefined && deltas.length > 0) await this.#resolve(number, type, deltas);
    }
    // What is left waits for an object that is not in the pack, or for itself.
    if (this.#resolved !== this.#count) throw damaged('a pack');
    return { count: this.#count, ids: this.#ids, crcs: this.#crcs, offsets: this.#offsets };
  }

  #waitFor(base: number | string, number: number): void {
    const known = this.#deltas.get(base);
    if (known) known.push(number);
    else this.#deltas.set(base, [number]);
  }

  /** Takes the deltas of an object out of those that wait. Of an object that is in the pack twice, they are resolved once. */
  #takeDeltas(number: number): readonly number[] {
    const [offset, id] = [
      this.#offsets[number] ?? 0,
      this.#ids.toString('hex', number * 20, number * 20 + 20),
    ];
    const [byOffset, byId] = [this.#deltas.get(offset) ?? [], this.#deltas.get(id) ?? []];
    this.#deltas.delete(offset);
    this.#deltas.delete(id);
    return byId.length === 0 ? byOffset : [...byOffset, ...byId];
  }

  #inflate(at: number, size: number): { readonly data: Buffer; readonly taken: number } {
    const found = inflated(this.#pack.subarray(at, -TRAILER), size);
    if (found === null) throw damaged('a pack');
    return found;
  }

  #content(number: number): Buffer {
    const at = this.#offsets[number] ?? 0;
    const { size, length } = entryHeader(this.#pack, at, at);
    return this.#inflate(at + length, size).data;
  }

  #found(number: number, type: ObjectType, data: Buffer): void {
    const oid = objectId(type, data);
    this.#ids.write(oid, number * 20, 'hex');
    this.#resolved += 1;
    this.#see?.({ oid, type, data });
  }

  /** Resolves the deltas that begin at an object, depth first, so that few bases are in memory. */
  async #resolve(first: number, type: ObjectType, found: readonly number[]): Promise<void> {
    const root = { data: this.#content(first), type, deltas: found, next: 0 };
    const path: Base[] = [root];
    let held = root.data.length;
    for (let base = path.at(-1); base; base = path.at(-1)) {
      const number = base.deltas[base.next++];
      if (number === undefined) {
        path.pop();
        held -= base.data.length;
        continue;
      }
      const data = applyDelta(base.data, this.#content(number));
      this.#found(number, type, data);
      const deltas = this.#takeDeltas(number);
      if (deltas.length > 0) {
        path.push({ data, type, deltas, next: 0 });
        held += data.length;
      }
      if (held > MAX_HELD || path.length > MAX_CHAIN)
        throw new DamagedData('a pack has too many deltas of deltas');
      await this.#turn(data.length);
    }
  }

  /** Lets timers and signals have a turn now and then. */
  async #turn(size: number): Promise<void> {
    this.#sinceTurn += size + 256;
    if (this.#sinceTurn < TURN) return;
    this.#sinceTurn = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
