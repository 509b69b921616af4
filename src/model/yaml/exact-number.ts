import { type Node, visit } from 'yaml';

/** Matches if a number in a JSON text may have more digits than a double holds. */
const MAY_BE_INEXACT = /(?:\d\.?){16}|\d[eE][-+]?\d/;
const DECIMAL = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/;
const PREFIXED = /^0(?:x[\da-fA-F]+|o[0-7]+)$/;

/** The canonical form of a decimal number: sign, digits and exponent; null for any other text. */
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
 * Whether a number in YAML or JSON keeps its value when read as a double: `1.50` does, `9007199254740993` and
 * `0.1234567890123456789` do not, because a double has about 16 digits.
 */
export function isExactNumber(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && canonical(text) === canonical(String(value));
}

/** A number that a double cannot hold exactly. */
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

/** The first inexact number of a parsed YAML text, key or value; null if there is none. */
export function inexactNumber(contents: Node | null): InexactNumber | null {
  if (contents === null) return null;
  let found: InexactNumber | null = null;
  visit(contents, {
    Scalar(role, { value, source, range }) {
      // Infinities and NaN are refused elsewhere.
      if (typeof value !== 'number' || source === undefined || /inf$|nan$/i.test(source)) return undefined;
      // Keys become text: 1.10 would become 1.1.
      if (role === 'key' ? String(value) === source : isExactNumber(source)) return undefined;
      found = inexact(source, range?.[0] ?? 0, role === 'key');
      return visit.BREAK;
    },
  });
  return found;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The first inexact number of a valid JSON text; null if there is none. */
export function inexactJsonNumber(text: string): InexactNumber | null {
  if (!MAY_BE_INEXACT.test(text)) return null;
  for (const { 0: source, index: offset } of text.matchAll(JSON_TOKEN))
    if (source[0] !== '"' && !isExactNumber(source)) return inexact(source, offset);
  return null;
}
