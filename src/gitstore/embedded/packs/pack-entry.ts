/** Entries of packs: headers, compressed content and deltas, as gitformat-pack(5) has them. */
import { inflateSync } from 'node:zlib';
import { EnvironmentError } from '../../../errors.js';
import { hasCode } from '../../../model/value/error-codes.js';
import { type Inflated, inflateSmall, SMALL_BYTES } from './small-inflate.js';

/** Types of the objects that are read and made. */
const TYPES = ['commit', 'tree', 'blob', 'tag'] as const;
export type ObjectType = (typeof TYPES)[number];
export const isType = (type: string | undefined): type is ObjectType => TYPES.some((known) => known === type);

/** Largest object that is read, in bytes, as with the git program. */
export const MAX_OBJECT = 64 * 1024 * 1024;
/** Most bytes that the header of an entry has. */
export const MAX_HEADER = 32;
/** Longest chain of deltas, as in git. */
export const MAX_CHAIN = 4_095;
/** Bytes of the checksum that ends a pack. */
export const TRAILER = 20;
const OFS_DELTA = 6;
const REF_DELTA = 7;

/** Header of an entry. */
export interface EntryHeader {
  /** Null for a delta. */
  readonly type: ObjectType | null;
  /** Bytes of the content, or of the delta. */
  readonly size: number;
  /** What a delta applies to: an offset in the pack, or an object's id. */
  readonly base: number | string | null;
  /** Bytes of the header. */
  readonly length: number;
}

/** Thrown for packs and objects that are not what git writes, and for those larger than any that is read. */
export class DamagedData extends EnvironmentError {}

export function damaged(what: string): DamagedData {
  return new DamagedData(`${what} is damaged`, {
    suggestions: ["See what is with 'git fsck'; a fresh clone has what the remote has"],
  });
}

/** Reads bytes of 7 bits, of which all but the last have the highest bit set. */
class Varints {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw damaged('a pack');
    return byte;
  }

  /** Reads a number, lowest bits first, that begins with `value` in its lowest `shift` bits. */
  rest(value: number, shift: number): number {
    for (let [byte, factor] = [128, 2 ** shift]; byte & 128; factor *= 128) {
      byte = this.byte();
      value += (byte & 127) * factor;
      // Endless bytes of no value must not make the factor infinite: the sum would be NaN, which no limit stops.
      if (value > Number.MAX_SAFE_INTEGER || factor > Number.MAX_SAFE_INTEGER) throw damaged('a pack');
    }
    return value;
  }

  /** Reads how far back the base of a delta is. */
  distance(): number {
    let byte = this.byte();
    let value = byte & 127;
    while (byte & 128) {
      byte = this.byte();
      value = (value + 1) * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER) throw damaged('a pack');
    }
    return value;
  }
}

/**
 * Reads the header of an entry. Throws EnvironmentError for one that is none.
 * @param offset of the entry in its pack
 */
export function entryHeader(bytes: Buffer, from: number, offset: number): EntryHeader {
  const reader = new Varints(bytes, from);
  const first = reader.byte();
  const kind = (first >> 4) & 7;
  const size = first & 128 ? reader.rest(first & 15, 4) : first & 15;
  if (size > MAX_OBJECT) throw new DamagedData(`an object is too large (${size} bytes)`);
  if (kind === OFS_DELTA) {
    const base = offset - reader.distance();
    if (base < 12 || base >= offset) throw damaged('a pack');
    return { type: null, size, base, length: reader.at - from };
  }
  if (kind === REF_DELTA) {
    const base = bytes.toString('hex', reader.at, reader.at + 20);
    if (base.length !== 40) throw damaged('a pack');
    return { type: null, size, base, length: reader.at + 20 - from };
  }
  const type = TYPES[kind - 1];
  if (type === undefined) throw damaged('a pack');
  return { type, size, base: null, length: reader.at - from };
}

/** What zlib returns if it is asked how much it took. */
interface InflatedByZlib {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
const isByZlib = (value: unknown): value is InflatedByZlib =>
  typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value;

/**
 * Decompresses the content of an entry, whatever follows it. Returns null if `bytes` end before it does. Throws
 * EnvironmentError for damaged content, and for one that is not `size` bytes long.
 */
export function inflated(bytes: Buffer, size: number): Inflated | null {
  const small = size <= SMALL_BYTES ? inflateSmall(bytes, size) : null;
  if (small?.data.length === size) return small;
  const options = {
    info: true,
    chunkSize: Math.min(Math.max(size + 1, 64), 1 << 20),
    maxOutputLength: size + 1,
  };
  let found: unknown;
  try {
    found = inflateSync(bytes, options);
  } catch (error) {
    if (hasCode(error, 'Z_BUF_ERROR')) return null;
    throw damaged('a pack');
  }
  if (!isByZlib(found) || found.buffer.length !== size) throw damaged('a pack');
  return { data: found.buffer, taken: found.engine.bytesWritten };
}

/** Applies a delta. Throws EnvironmentError for one that is none, or is for another base. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const reader = new Varints(delta, 0);
  if (reader.rest(0, 0) !== base.length) throw damaged('a delta');
  const size = reader.rest(0, 0);
  if (size > MAX_OBJECT) throw new DamagedData(`an object is too large (${size} bytes)`);
  const result = Buffer.allocUnsafe(size);
  let filled = 0;
  while (reader.at < delta.length) {
    const order = reader.byte();
    const isCopy = (order & 128) !== 0;
    let [source, from, length] = [delta, reader.at, order];
    if (isCopy) {
      [source, from, length] = [base, 0, 0];
      for (let i = 0; i < 4; i++) if (order & (1 << i)) from += reader.byte() * 2 ** (8 * i);
      for (let i = 0; i < 3; i++) if (order & (16 << i)) length += reader.byte() * 2 ** (8 * i);
      if (length === 0) length = 0x10000;
    } else reader.at += length;
    if (length === 0 || from + length > source.length || filled + length > size) throw damaged('a delta');
    source.copy(result, filled, from, from + length);
    filled += length;
  }
  if (filled !== size) throw damaged('a delta');
  return result;
}
