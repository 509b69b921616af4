import { type Node, visit } from 'yaml';

/** A JSON text in which some number may have more digits than a double holds; one without a match has none. */
const MAY_BE_INEXACT = /(?:\d\.?){16}|\d[eE][-+]?\d/;
const DECIMAL = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/;
const PREFIXED = /^0(?:x[\da-fA-F]+|o[0-7]+)$/;

/** A decimal number as sign, digits and exponent, the same for each way to write it; null for another text. */
function canonical(text: string): string | null {
  if (PREFIXED.test(text)) return canonical(BigInt(text).toString());
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (whole === '' && fraction === '') return null;
  if (digits === '') return '0';
  const power = Number(exponent) - fraction.length + (all.length - digits.length);
  return `${sign === '-' ? '-' : ''}${digits}e${power}`;
}

/**
 * Whether the number that a text of YAML or JSON writes is still that number once it was read and written again:
 * `1.50` is, `9007199254740993` and `0.1234567890123456789` are not, for a double has about 16 digits.
 */
export function isExactNumber(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && canonical(text) === canonical(String(value));
}

/** A number that would not be kept as it is written. */
export interface InexactNumber {
  /** What is wrong with it, and what to do. */
  readonly problem: string;
  /** Where it begins in the text. */
  readonly offset: number;
}

function inexact(source: string, offset: number, isKey = false): InexactNumber {
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  const problem = isKey
    ? `the key ${shown} would be read as ${Number(source)}: quote it`
    : `the number ${shown} cannot be kept exactly: quote it to keep it as text`;
  return { problem, offset };
}

/** The first number of a parsed YAML text, key or value, that would not be kept as it is written; null where all would be. */
export function inexactNumber(contents: Node | null): InexactNumber | null {
  if (contents === null) return null;
  let found: InexactNumber | null = null;
  visit(contents, {
    Scalar(role, { value, source, range }) {
      // An infinity that is written as one, and what is no number at all, are refused as such.
      if (typeof value !== 'number' || source === undefined || /inf$|nan$/i.test(source)) return undefined;
      // A key becomes text when it is read: 1.10 would become 1.1.
      if (role === 'key' ? String(value) === source : isExactNumber(source)) return undefined;
      found = inexact(source, range?.[0] ?? 0, role === 'key');
      return visit.BREAK;
    },
  });
  return found;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The first number of a valid JSON text that would not be kept as it is written; null where all would be. */
export function inexactJsonNumber(text: string): InexactNumber | null {
  if (!MAY_BE_INEXACT.test(text)) return null;
  for (const { 0: source, index: offset } of text.matchAll(JSON_TOKEN))
    if (source[0] !== '"' && !isExactNumber(source)) return inexact(source, offset);
  return null;
}
