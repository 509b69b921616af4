/** The grammar of plain scalars, read and written here: one line that means the same to every reader of YAML 1.1 and 1.2. */
import { isMap, type Value } from '../value/value.js';

/** Text without marks of keys or comments that every YAML writer leaves unescaped. */
const REST = String.raw`(?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff:#]|:(?=[^ \x00-\x1f\x7f])|(?<! )#)*(?<![ :-])`;
const WORD = new RegExp(`^[A-Za-z_/(\\u00c0-\\u1fff]${REST}$`);
/** A date, or a time that begins with one. */
const DATE = /^\d{4}-\d\d?-\d\d?/;
/**
 * A number of YAML 1.1 or 1.2 without its underscores: binary, octal, hexadecimal, decimal, base 60, infinity. Digits
 * of binary and hexadecimal numbers may be underscores alone: PyYAML takes `0x_` for a number, and fails. The yaml
 * package, as a reader of YAML 1.1, takes an exponent alone for a number too: `e5`, and an abbreviated commit such as
 * `e1234567`, are NaN to it.
 */
const NUMBER =
  /^(?:[-+]?(?:0b[01]*|0o?[0-7]+|0x[\da-f]*|(?:\d+(?:\.\d*)?|\.\d*)(?:e[-+]?\d+)?|e[-+]?\d+|\d+(?::[0-5]?\d)+(?:\.\d*)?|\.inf)|\.nan)$/i;
/** What every date and number begins with: a quick test for words. */
const BEGINS_NUMBER = /^[-+.\deE_]/;
/** Indicators with a special meaning in YAML 1.1. */
const MARK = /^(?:~|=|<<)$/;
/** Booleans and nulls of YAML 1.1 and 1.2, in small letters. */
const NO_WORDS = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
const MAX_NO_WORD = 5;
/** Versions, addresses, ids: they begin with a digit but are not numbers. */
const CODE = /^\d[\w./]*[A-Za-z0-9]$/;
const NUMERIC = /^(?:0o[0-7]+|0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE]\d+)?)$/;
const QUOTED_WORD = /^(?:[yY]|[nN]|yes|no|on|off|true|false|null)$/;
const QUOTED_DATE = /^\d{4}-\d\d?-\d\d?[\w.:+-]*$/;
/** A sentence with `: ` or ` #` in it and nothing that quotes would escape. */
const QUOTED_SENTENCE =
  /^(?=[A-Za-z].*(?:: | #))[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff]*$/;

/**
 * Whether some reader of YAML 1.1 or 1.2 takes the unquoted text for a number, date, boolean or null:
 * PyYAML reads `12:30:45` as 45045 and `1_000` as 1000.
 */
export function isTypedSomewhere(text: string): boolean {
  if (text.length <= MAX_NO_WORD && NO_WORDS.has(text.toLowerCase())) return true;
  if (MARK.test(text)) return true;
  return BEGINS_NUMBER.test(text) && (DATE.test(text) || NUMBER.test(text.replaceAll('_', '')));
}

/** Whether every reader takes the unquoted text for this text. */
function isPlainText(text: string): boolean {
  return (WORD.test(text) || CODE.test(text)) && !isTypedSomewhere(text);
}

/** Whether a text needs quotes for some reader, and no escapes inside them. */
function isQuotedText(text: string): boolean {
  return NUMERIC.test(text) || QUOTED_DATE.test(text) || QUOTED_WORD.test(text) || QUOTED_SENTENCE.test(text);
}

/** Cached, because events use few keys. */
const knownKeys = new Map<string, boolean>();
const MAX_KNOWN = 1_000;
const MAX_KNOWN_LENGTH = 64;

/** Whether a key needs no quotes and is safe as a property name in JavaScript. */
export function isPlainKey(text: string): boolean {
  const known = knownKeys.get(text);
  if (known !== undefined) return known;
  const isPlain = /^[A-Za-z_](?:[\w.-]*\w)?$/.test(text) && !isTypedSomewhere(text) && text !== '__proto__';
  if (knownKeys.size < MAX_KNOWN && text.length <= MAX_KNOWN_LENGTH) knownKeys.set(text, isPlain);
  return isPlain;
}

const DOUBLE_QUOTED = /^"(?:[^"\\\x00-\x1f\x7f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"$/;
const SINGLE_QUOTED = /^'(?:[^'\x00-\x1f\x7f]|'')*'$/;
/** Numbers that are read here; a parser reads those with trailing zeros or more digits. */
const READ_NUMBER = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9])$/;
/** Decimals that are written here, without an exponent, which YAML 1.1 takes for text. */
const DECIMAL = /^-?\d+\.\d+$/;

const CONSTANTS: Readonly<Record<string, () => Value>> = {
  null: () => null,
  true: () => true,
  false: () => false,
  '{}': () => ({}),
  '[]': () => [],
};

/** Reads a scalar; undefined if it needs a parser. */
export function readScalar(text: string): Value | undefined {
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text]?.();
  if (isPlainText(text)) return text;
  if (DOUBLE_QUOTED.test(text)) {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  }
  if (SINGLE_QUOTED.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (!READ_NUMBER.test(text)) return undefined;
  const number = Number(text);
  // The parser refuses numbers that a double cannot hold.
  return String(number) === text ? number : undefined;
}

/** Writes a scalar, or an empty mapping or list; undefined if it needs several lines or escapes. */
export function writeScalar(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (isPlainText(value)) return value;
    return isQuotedText(value) ? `"${value}"` : undefined;
  }
  if (typeof value === 'number') {
    const text = String(value);
    return (Number.isSafeInteger(value) && !Object.is(value, -0)) || DECIMAL.test(text) ? text : undefined;
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : undefined;
  return isMap(value) && Object.keys(value).length === 0 ? '{}' : undefined;
}
