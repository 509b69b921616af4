import fc from 'fast-check';

/** Code points that UTF-16 uses in pairs: none of them is a character. */
const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, for `fc.string({ unit })`. It draws what fast-check's own unit `binary` draws, which lists
 * all 1.1 million characters in every process that uses it: a second of processor time and 100 MB.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - SURROGATES.count })
  .map((index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count), indexOf);

/** The inverse of the mapping; fast-check asks it which of its dangerous texts the unit can spell. */
function indexOf(text: unknown): number {
  const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
  if (point === undefined || text !== String.fromCodePoint(point)) throw new Error('not one character');
  if (point < SURROGATES.first) return point;
  const index = point - SURROGATES.count;
  if (index < SURROGATES.first) throw new Error('not a character');
  return index;
}
