import type { Range } from '../span.js';
import { isInside } from '../span.js';

/**
 * Longer tokens are judged in pieces: the regex engine stores a backtracking position per character until its stack is
 * full.
 */
const TOKEN = /[A-Za-z0-9+/_-]{10,262144}={0,2}/g;
const SEGMENT = /[A-Za-z0-9]{10,262144}/g;
/** A word in an identifier: `Azure`, `v2`, the parts of `UInt64`, `HTTP` before `Server`. */
const WORD = /[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+/g;

/**
 * Words per character above which letters and digits count as random. From 24 characters on, 95 % of random base-62
 * text is above 0.29; CamelCase identifiers are mostly below 0.25. Shorter text needs more evidence.
 */
function threshold(length: number, hasDigit: boolean): number {
  if (length >= 24) return hasDigit ? 0.25 : 0.33;
  if (length >= 16) return hasDigit ? 0.3 : 0.36;
  return hasDigit ? 0.4 : Number.POSITIVE_INFINITY;
}

/** Whether letters and digits without separators look random: upper and lower case are mixed as in no name. */
function isRandomSegment(segment: string): boolean {
  if (!/[a-z]/.test(segment) || !/[A-Z]/.test(segment)) return false;
  return wordShare(segment) >= threshold(segment.length, /[0-9]/.test(segment));
}

/** Words per character of `text`. */
function wordShare(text: string): number {
  let words = 0;
  WORD.lastIndex = 0;
  while (WORD.test(text)) words++;
  return words / text.length;
}

/**
 * Judges base64 as a whole if `+`, `/`, `-` or `_` split it into pieces too short to judge, such as an AWS secret key.
 */
function isRandomBase64(token: string): boolean {
  if (token.length < 32 || token.length > 128) return false;
  const joined = token.replace(/[^A-Za-z0-9]/g, '');
  return (
    joined.length >= token.length * 0.8 &&
    /[0-9]/.test(joined) &&
    isRandomSegment(joined) &&
    wordShare(joined) >= 0.33
  );
}

/** Whether some part of `text` looks random. Lower-case hashes, ULIDs and UUIDs do not. */
function isRandom(text: string): boolean {
  for (const [segment] of text.matchAll(SEGMENT)) {
    if (isRandomSegment(segment)) return true;
  }
  return false;
}

/** The ranges of tokens in `text` that look random, outside `harmless`. */
export function findRandomTokens(text: string, harmless: readonly Range[]): Range[] {
  const found: Range[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const end = match.index + match[0].length;
    if ((isRandom(match[0]) || isRandomBase64(match[0])) && !isInside(harmless, match.index, end))
      found.push([match.index, end]);
  }
  return found;
}
