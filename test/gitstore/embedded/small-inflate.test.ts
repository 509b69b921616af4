import { constants, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflateSmall, SMALL_BYTES } from '../../../src/gitstore/embedded/packs/small-inflate.js';

const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY } = constants;

/** Texts of few and of many different bytes, with and without repetitions. */
const texts = fc.oneof(
  fc.uint8Array({ maxLength: SMALL_BYTES }),
  fc
    .tuple(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(7)))
    .map(([words, order]) => Buffer.from(order.map((i) => words[i % words.length]).join(' '))),
  fc.tuple(fc.nat(255), fc.nat(SMALL_BYTES)).map(([byte, length]) => Buffer.alloc(length, byte)),
);
const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY),
});

/** What zlib makes of a stream; null if it takes it for damaged or incomplete. */
function byZlib(bytes: Uint8Array): Buffer | null {
  try {
    return inflateSync(bytes);
  } catch {
    return null;
  }
}

describe('short streams', () => {
  it('are decompressed to what zlib compressed, whatever follows', () => {
    fc.assert(
      fc.property(texts, settings, fc.uint8Array({ maxLength: 8 }), (text, how, rest) => {
        const stream = deflateSync(text, how);
        const found = inflateSmall(Buffer.concat([stream, rest]), text.length);
        // A few streams of one block without distances are left to zlib.
        if (found === null) return;
        expect(found.data.equals(text)).toBe(true);
        expect(found.taken).toBe(stream.length);
      }),
    );
  });

  it('are hardly ever left to zlib', () => {
    const words = ['region: eastus\n', 'tree 8a5b\0', 'deployment:\n  phase: install\n', '0123456789abcdef'];
    for (const strategy of [Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY])
      for (let length = 0; length < 200; length += 7) {
        const text = Buffer.from(
          words
            .join('')
            .repeat(9)
            .slice(0, length * 3),
        );
        expect(inflateSmall(deflateSync(text, { strategy }), text.length)?.data.equals(text)).toBe(true);
      }
  });

  it('that are damaged are never read otherwise than by zlib', () => {
    fc.assert(
      fc.property(texts, settings, fc.nat(), fc.nat(7), (text, how, place, bit) => {
        const stream = deflateSync(text, how);
        const at = place % stream.length;
        stream[at] = (stream[at] ?? 0) ^ (1 << bit);
        const found = inflateSmall(stream, SMALL_BYTES);
        if (found !== null) expect(byZlib(stream)?.equals(found.data)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('that are longer, cut off or with a dictionary are left to zlib', () => {
    const text = Buffer.from('what is longer than the limit');
    const stream = deflateSync(text);
    expect(inflateSmall(stream, text.length - 1)).toBeNull();
    for (let length = 0; length < stream.length; length++)
      expect(inflateSmall(stream.subarray(0, length), text.length)).toBeNull();
    expect(inflateSmall(deflateSync(text, { dictionary: Buffer.from('longer') }), text.length)).toBeNull();
  });
});
