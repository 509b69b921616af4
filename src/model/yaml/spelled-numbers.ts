import { isNode, isPair, isScalar, type Node, type Scalar, visit } from 'yaml';
import { numberText } from './number-text.js';

/** Fields of an event that are numbers in any spelling. */
export const NUMBER_FIELDS: readonly string[] = ['duration_seconds'];
/** A decimal number in its shortest spelling. */
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Whether a text is a decimal number that is written back unchanged: `3`, `-0.5`; not `1.10`, `007`, `1e3`. */
export function isPlainNumber(text: string): boolean {
  if (!PLAIN_NUMBER.test(text)) return false;
  const value = Number(text);
  return String(value) === text && (text.includes('.') || Number.isSafeInteger(value));
}

/** A number that would not be written back as it is spelled. */
export interface RespelledNumber {
  /** As it is spelled. */
  readonly source: string;
  /** As it would be written. */
  readonly written: string;
  /** Keys and indexes that lead to it, as one text. */
  readonly path: string;
  /** The keys and indexes themselves. */
  readonly keys: readonly string[];
  /** Where it begins in the text. */
  readonly offset: number;
}

/** The spelling of a number that would not be written back unchanged; null for any other scalar. */
export function respelled(node: Scalar): string | null {
  const { value, source } = node;
  // Infinities and NaN are refused as such.
  if (typeof value !== 'number' || source === undefined || /inf$|nan$/i.test(source)) return null;
  // Comparing values ignores the sign of zero.
  const written = value === 0 ? '0' : numberText(value);
  return written === source ? null : source;
}

/** Whether a value is that of a field of numbers, by the nodes above it. */
function isNumberField(ancestors: readonly unknown[]): boolean {
  const pair = ancestors.at(-1);
  return isPair(pair) && isScalar(pair.key) && NUMBER_FIELDS.includes(String(pair.key.value));
}

function keysOf(ancestors: readonly unknown[], node: Node): string[] {
  return [...ancestors, node].flatMap((item, i, all) => {
    if (isPair(item)) return isScalar(item.key) ? [String(item.key.source ?? item.key.value)] : ['?'];
    const parent = all[i - 1] as { items?: readonly unknown[] } | undefined;
    return isNode(item) && parent?.items && !isPair(parent) ? [String(parent.items.indexOf(item))] : [];
  });
}

/** The numbers of a parsed YAML text that would not be written back unchanged. */
export function respelledNumbers(contents: Node | null): RespelledNumber[] {
  const found: RespelledNumber[] = [];
  if (contents === null) return found;
  visit(contents, {
    Scalar(role, node, ancestors) {
      const source = role === 'key' || isNumberField(ancestors) ? null : respelled(node);
      if (source === null) return;
      const keys = keysOf(ancestors, node);
      const offset = node.range?.[0] ?? 0;
      found.push({
        source,
        written: numberText(node.value as number),
        path: JSON.stringify(keys),
        keys,
        offset,
      });
    },
  });
  return found;
}

/** The message that refuses a number which would not be written back unchanged. */
export function respelledProblem({ source, written }: Pick<RespelledNumber, 'source' | 'written'>): string {
  return `the number ${source.slice(0, 40)} would be kept as ${written}: write ${written}, or quote it to keep it as text`;
}
