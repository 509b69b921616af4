/**
 * Decompresses short zlib streams (RFC 1950 and 1951), as most objects and deltas of a state repository are. Node's zlib takes
 * 4 ms until it has decompressed its first bytes, since it brings all of `node:stream` along, and some 30 µs for each more.
 */

/** Largest text that is decompressed here, in bytes; of longer ones, zlib takes less time. */
export const SMALL_BYTES = 4 * 1024;

/** Longest code of a symbol, in bits. */
const MAX_BITS = 15;
/** Ends a block. Symbols below are bytes of the text, those above are lengths of what is repeated. */
const END_OF_BLOCK = 256;
const MAX_LENGTH_SYMBOL = 285;
const MAX_DISTANCE_SYMBOL = 29;
/** Order in which a block stores the lengths of the codes for lengths of codes. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
/** Modulus of the checksum, Adler-32. */
const ADLER = 65_521;

/** Ends the decompression of a stream that zlib must look at: it is longer, incomplete or damaged. */
class NotSmall extends Error {}

/** A Huffman code: how many symbols have a code of each length, and all symbols in the order of their codes. */
interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

/**
 * @param lengths length of each symbol's code, in bits; 0 for a symbol that does not occur
 * @throws NotSmall unless each sequence of bits begins with exactly one code
 */
function codeOf(lengths: readonly number[]): Code {
  const counts = Array<number>(MAX_BITS + 1).fill(0);
  const symbols: number[] = [];
  let left = 1;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    const before = symbols.length;
    for (let symbol = lengths.indexOf(bits); symbol >= 0; symbol = lengths.indexOf(bits, symbol + 1))
      symbols.push(symbol);
    counts[bits] = symbols.length - before;
    left = left * 2 - symbols.length + before;
    if (left < 0) throw new NotSmall();
  }
  if (left > 0) throw new NotSmall();
  return { counts, symbols };
}

/** Bits of the longest code of a block that brings none, and each number of so many bits with its bits in reverse. */
const FIXED_BITS = 9;
const reversed: number[] = [];
function reversedBits(): readonly number[] {
  for (let i = reversed.length; i < 1 << FIXED_BITS; i++)
    reversed.push(((reversed[i >> 1] ?? 0) >> 1) | ((i & 1) << (FIXED_BITS - 1)));
  return reversed;
}

export interface Inflated {
  readonly data: Buffer;
  /** Bytes of the stream. */
  readonly taken: number;
}

/**
 * Decompresses a stream, whatever follows it. Returns null for one that zlib must look at.
 * @param limit most bytes of the text, up to `SMALL_BYTES`
 */
export function inflateSmall(bytes: Buffer, limit: number): Inflated | null {
  try {
    return inflate(bytes, Buffer.allocUnsafe(limit));
  } catch (error) {
    if (error instanceof NotSmall) return null;
    throw error;
  }
}

// One function around all that changes: where V8 optimizes nothing, a variable takes less time than a field of an object.
function inflate(bytes: Buffer, output: Buffer): Inflated {
  let at = 0;
  let filled = 0;
  // Bits that were read and are not used yet, lowest first.
  let held = 0;
  let count = 0;
  const reverse = reversedBits();

  function byte(): number {
    const value = bytes[at++];
    if (value === undefined) throw new NotSmall();
    return value;
  }

  function bits(wanted: number): number {
    for (; count < wanted; count += 8) held |= byte() << count;
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    count -= wanted;
    return value;
  }

  function symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      if (count === 0) {
        held = byte();
        count = 8;
      }
      code |= held & 1;
      held >>>= 1;
      count -= 1;
      const those = counts[length] ?? 0;
      const found = code - first < those ? symbols[index + code - first] : undefined;
      if (found !== undefined) return found;
      index += those;
      first = (first + those) << 1;
      code <<= 1;
    }
    throw new NotSmall();
  }

  const fixedDistance = () => (reverse[bits(5)] ?? 0) >> (FIXED_BITS - 5);

  /** Leaves the rest of a byte, and gives back what was read ahead. */
  function align(): void {
    at -= count >> 3;
    count = 0;
    held = 0;
  }

  function write(value: number): void {
    if (filled >= output.length) throw new NotSmall();
    output[filled++] = value;
  }

  /** Copies a block that is not compressed. */
  function stored(): void {
    align();
    const length = byte() + byte() * 256;
    if (length + byte() + byte() * 256 !== 0xffff) throw new NotSmall();
    for (let i = 0; i < length; i++) write(byte());
  }

  /** Length of what is repeated. */
  function length(of: number): number {
    const number = of - END_OF_BLOCK - 1;
    if (of > MAX_LENGTH_SYMBOL) throw new NotSmall();
    if (of === MAX_LENGTH_SYMBOL) return 258;
    if (number < 8) return number + 3;
    const more = (number >> 2) - 1;
    return ((4 + (number & 3)) << more) + 3 + bits(more);
  }

  /** How far back something is repeated. */
  function distance(of: number): number {
    if (of > MAX_DISTANCE_SYMBOL) throw new NotSmall();
    if (of < 4) return of + 1;
    const more = (of >> 1) - 1;
    return ((2 + (of & 1)) << more) + 1 + bits(more);
  }

  /** Repeats what stands further back. @param of symbol of its length */
  function repeat(of: number, back: () => number): void {
    const end = filled + length(of);
    const from = filled - distance(back());
    if (from < 0) throw new NotSmall();
    for (let i = from; filled < end; i++) write(output[i] ?? 0);
  }

  /**
   * Reads a block that brings no codes. Deltas, of which a tree may need fifty, have such blocks: a loop without calls, so that
   * V8 does not optimize what runs for a millisecond.
   */
  function fixedBlock(): void {
    let [next, end, rest, left] = [at, filled, held, count];
    for (;;) {
      for (; left < FIXED_BITS && next < bytes.length; left += 8) rest |= (bytes[next++] ?? 0) << left;
      const code = reverse[rest & 0x1ff] ?? 0;
      let of = code - 256;
      let length = FIXED_BITS;
      if (code < 96) {
        of = END_OF_BLOCK + (code >> 2);
        length = 7;
      } else if (code < 400) {
        of = code < 384 ? (code >> 1) - 48 : (code >> 1) + 88;
        length = 8;
      }
      if (length > left || end >= output.length + (of < END_OF_BLOCK ? 0 : 1)) throw new NotSmall();
      rest >>>= length;
      left -= length;
      if (of < END_OF_BLOCK) output[end++] = of;
      else {
        [at, filled, held, count] = [next, end, rest, left];
        if (of === END_OF_BLOCK) return;
        repeat(of, fixedDistance);
        [next, end, rest, left] = [at, filled, held, count];
      }
    }
  }

  function ownBlock(): void {
    const { text, distances } = ownCodes();
    const back = () => symbol(distances);
    for (let of = symbol(text); of !== END_OF_BLOCK; of = symbol(text)) {
      if (of < END_OF_BLOCK) write(of);
      else repeat(of, back);
    }
  }

  /** Reads the codes that a block brings. */
  function ownCodes(): { readonly text: Code; readonly distances: Code } {
    const ofText = bits(5) + 257;
    const all = ofText + bits(5) + 1;
    const stored = bits(4) + 4;
    const ofLengths = Array<number>(ORDER.length).fill(0);
    for (let i = 0; i < stored; i++) ofLengths[ORDER[i] ?? 0] = bits(3);
    const code = codeOf(ofLengths);
    const lengths: number[] = [];
    while (lengths.length < all) {
      const of = symbol(code);
      const last = lengths.at(-1);
      if (of < 16) lengths.push(of);
      else if (of > 16) lengths.push(...Array<number>(of === 17 ? 3 + bits(3) : 11 + bits(7)).fill(0));
      else if (last === undefined) throw new NotSmall();
      else lengths.push(...Array<number>(3 + bits(2)).fill(last));
    }
    if (lengths.length > all) throw new NotSmall();
    return { text: codeOf(lengths.slice(0, ofText)), distances: codeOf(lengths.slice(ofText)) };
  }

  const header = byte() * 256 + byte();
  // deflate, without a dictionary.
  if ((header & 0x8f20) !== 0x0800 || header % 31 !== 0) throw new NotSmall();
  for (let isLast = 0; isLast === 0; ) {
    isLast = bits(1);
    const type = bits(2);
    if (type === 0) stored();
    else if (type === 1) fixedBlock();
    else if (type === 2) ownBlock();
    else throw new NotSmall();
  }
  align();
  const data = output.subarray(0, filled);
  // The checksum. No sum of so few bytes is too large for a number.
  let low = 1;
  let high = 0;
  for (let i = 0; i < filled; i++) {
    low += data[i] ?? 0;
    high += low;
  }
  const sums = [high % ADLER, low % ADLER];
  if (sums.some((sum) => byte() * 256 + byte() !== sum)) throw new NotSmall();
  return { data, taken: at };
}
