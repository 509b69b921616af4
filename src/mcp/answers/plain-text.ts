import { setOwn } from '../../model/value/value.js';
import { terminalText } from '../../terminal/terminal-text.js';

/**
 * Characters that are not shown, but that a language model reads: among them the tag characters, in which whole sentences
 * can be hidden.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
/** Longest text in an answer, in characters. */
const MAX_TEXT = 16_384;
/** Deepest nesting in an answer. */
const MAX_DEPTH = 100;

/** Removes control characters and invisible ones, except line breaks and tabs. */
export function plainText(text: string): string {
  return terminalText(text).replace(INVISIBLE, '');
}

/** Shows the characters that `plainText` would remove, so that no two keys become the same. */
function plainKey(key: string): string {
  if (plainText(key) === key) return key;
  return [...key]
    .map((one) => (plainText(one) === one ? one : `\\u{${one.codePointAt(0)?.toString(16)}}`))
    .join('');
}

/** A value of which all texts are plain and of bounded length, and whether any was cut for it. */
export interface PlainValue {
  readonly value: unknown;
  readonly isCut: boolean;
}

/** Makes all texts in a JSON value plain, and cuts those that are too long. */
export function plainValue(value: unknown): PlainValue {
  let isCut = false;
  const plain = (one: unknown, depth: number): unknown => {
    if (typeof one === 'string') {
      const text = plainText(one);
      if (text.length <= MAX_TEXT) return text;
      isCut = true;
      return `${text.slice(0, MAX_TEXT)}… (cut: it has ${text.length} characters)`;
    }
    if (typeof one !== 'object' || one === null) return one;
    if (depth > MAX_DEPTH) {
      isCut = true;
      return null;
    }
    if (Array.isArray(one)) return one.map((item) => plain(item, depth + 1));
    const shown: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(one))
      if (child !== undefined) setOwn(shown, plainKey(key), plain(child, depth + 1));
    return shown;
  };
  return { value: plain(value, 0), isCut };
}
