import { type Document, isMap as isMapNode, isScalar, type Pair, Scalar, type YAMLMap } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { isMap, sameValue, type Value } from '../value/value.js';
import { readPlainYaml } from '../yaml/plain-yaml.js';
import { type RespelledNumber, respelledNumbers, respelledProblem } from '../yaml/spelled-numbers.js';
import { formatYaml, parseYaml, parseYamlDocument } from '../yaml/yaml.js';
import type { PlainEdit } from './edit.js';
import { mutable, setAt, unsetAt } from './edit.js';
import { lookUp } from './state-path.js';

/** A replacement in the text: `start` to `end` becomes `text`. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Range = readonly [number, number, number];

/** `key: value` as lines at column `column`, the first without its indentation. */
function renderPair(key: string, value: unknown, column: number): string {
  const pad = ' '.repeat(column);
  return formatYaml({ [key]: value })
    .trimEnd()
    .split('\n')
    .map((line, i) => (i === 0 || line === '' ? line : pad + line))
    .join('\n');
}

function rangeOf(node: unknown): Range | null {
  return (node as { range?: Range | null } | null)?.range ?? null;
}

/** The end of a node's text, without trailing blanks, line breaks and comments. */
function contentEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && /\s/.test(text[at - 1] as string)) at--;
  return at;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** The offset after the line that contains `at`, including its line break. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function pairOf(map: YAMLMap, part: string | number): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(part)) as
    | Pair
    | undefined;
}

function isOneLineScalar(node: unknown): node is Scalar {
  if (!isScalar(node) || node.anchor || node.tag) return false;
  return node.type !== Scalar.BLOCK_FOLDED && node.type !== Scalar.BLOCK_LITERAL;
}

/** Replaces the value of a pair in a block map: only the scalar if both values are scalars, else the whole pair. */
function replaceValue(text: string, pair: Pair, key: string, value: unknown): Splice | null {
  const keyRange = rangeOf(pair.key);
  const range = rangeOf(pair.value);
  if (!keyRange || !range) return null;
  const rendered = formatYaml(value).trimEnd();
  const oneLine = !isMap(value) && !Array.isArray(value) && !rendered.includes('\n');
  if (oneLine && isOneLineScalar(pair.value) && range[1] > range[0]) {
    return { start: range[0], end: range[1], text: rendered };
  }
  const start = keyRange[0];
  const end = Math.max(contentEnd(text, start, range[1]), text.indexOf(':', keyRange[1]) + 1);
  return { start, end, text: renderPair(key, value, start - lineStart(text, start)) };
}

/** Adds a pair at the end of a block map; at the top level after the comments that end the file. */
function appendPair(text: string, map: YAMLMap, isTop: boolean, key: string, value: unknown): Splice | null {
  const first = rangeOf((map.items[0] as Pair).key);
  const last = map.items.at(-1) as Pair;
  const range = rangeOf(last.value) ?? rangeOf(last.key);
  if (!first || !range) return null;
  const column = first[0] - lineStart(text, first[0]);
  const at = isTop ? text.length : lineEnd(text, contentEnd(text, first[0], range[1]));
  const before = text[at - 1] === '\n' ? '' : '\n';
  return { start: at, end: at, text: `${before}${' '.repeat(column)}${renderPair(key, value, column)}\n` };
}

/** Removes the lines of a pair from a block map with other pairs. */
function removePair(text: string, pair: Pair): Splice | null {
  const key = rangeOf(pair.key);
  const range = rangeOf(pair.value) ?? key;
  if (!key || !range) return null;
  const start = lineStart(text, key[0]);
  if (text.slice(start, key[0]).trim() !== '') return null;
  return { start, end: lineEnd(text, contentEnd(text, key[0], range[1])), text: '' };
}

/** The deepest block map on the way to `path` that holds a pair for its next part, or could take one. */
function spliceFor(document: Document.Parsed, text: string, data: unknown, edit: PlainEdit): Splice | null {
  let map: unknown = document.contents;
  let best: { map: YAMLMap; at: number } | null = null;
  for (let at = 0; at < edit.path.length; at++) {
    if (!isMapNode(map) || map.flow || map.items.length === 0) break;
    best = { map, at };
    map = pairOf(map, edit.path[at] as string | number)?.value;
  }
  if (!best) return null;
  const part = String(edit.path[best.at]);
  const pair = pairOf(best.map, part);
  const isLast = best.at === edit.path.length - 1;
  if (edit.op === 'unset' && isLast && pair) {
    if (best.map.items.length > 1) return removePair(text, pair);
    // An empty block map cannot be written, so the map itself becomes {}.
    return best.at === 0
      ? null
      : spliceFor(document, text, data, { op: 'set', path: edit.path.slice(0, best.at), value: {} });
  }
  const value = lookUp(data, edit.path.slice(0, best.at + 1)).value;
  return pair
    ? replaceValue(text, pair, part, value)
    : appendPair(text, best.map, best.at === 0, part, value);
}

/** The text with one edit spliced in; null if an earlier splice left invalid YAML. */
function spliced(text: string, data: Record<string, unknown>, edit: PlainEdit, file: string): string | null {
  let document: Document.Parsed;
  try {
    document = parseYamlDocument(text, file);
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
  const splice = spliceFor(document, text, data, edit);
  return splice ? text.slice(0, splice.start) + splice.text + text.slice(splice.end) : laidOut(text, data);
}

const LEADING_COMMENTS = /^(?:[ \t]*(?:#[^\n]*)?\n)*/;

/** The fallback: leading comments stay, everything else is formatted anew. */
function laidOut(text: string, data: unknown): string {
  return formatState(data as Value, LEADING_COMMENTS.exec(text)?.[0] ?? '');
}

function holds(text: string, data: unknown, file: string): boolean {
  try {
    return sameValue(parseState(text, file), data);
  } catch (error) {
    // The anchor of an alias was removed.
    if (error instanceof InvalidStateError) return false;
    throw error;
  }
}

/** The data of a state document; an empty one has none. Throws InvalidStateError (file, line, column). */
export function parseState(text: string, file: string): Record<string, Value> {
  const value = parseYaml(text, file);
  if (value === null) return {};
  if (isMap(value)) return value as Record<string, Value>;
  throw new InvalidStateError(`${file}:1:1: a state document is a mapping`, {
    data: { path: file, line: 1, column: 1 },
  });
}

/**
 * As parseState, for a text that a person has just edited from `before`: also refuses numbers that would not be written
 * back as typed. Throws InvalidStateError (file, line, column).
 */
export function typedState(text: string, file: string, before: string): Record<string, Value> {
  const data = parseState(text, file);
  const stood = new Set(respelledIn(before, file).map(({ path, source }) => `${path} ${source}`));
  const typed = respelledIn(text, file).find(({ path, source }) => !stood.has(`${path} ${source}`));
  if (typed === undefined) return data;
  const above = text.slice(0, typed.offset).split('\n');
  const [line, column] = [above.length, (above.at(-1)?.length ?? 0) + 1];
  throw new InvalidStateError(`${file}:${line}:${column}: ${respelledProblem(typed)}`, {
    data: { path: file, line, column },
  });
}

function respelledIn(text: string, file: string): RespelledNumber[] {
  return readPlainYaml(text) === undefined ? respelledNumbers(parseYamlDocument(text, file).contents) : [];
}

/**
 * Applies edits to the text of a state document: comments, key order and formatting stay, and only the
 * lines that must change do. The result is parsed and compared with the expected data.
 * Throws InvalidStateError if `text` is no state document, ConflictError if a scalar is in the way.
 */
export function editState(text: string, edits: readonly PlainEdit[], file: string): string {
  if (edits.length === 0) return text;
  const data = mutable(parseState(text, file)) as Record<string, unknown>;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.replaceAll('\r\n', '\n');
  let result: string | null = lines;
  for (const edit of edits) {
    if (edit.op === 'unset' && !lookUp(data, edit.path).found) continue;
    if (edit.op === 'set') setAt(data, edit.path, mutable(edit.value));
    else unsetAt(data, edit.path);
    result = result === null ? null : spliced(result, data, edit, file);
  }
  if (result === null || !holds(result, data, file)) result = laidOut(lines, data);
  return eol === '\n' ? result : result.replaceAll('\n', eol);
}

/** A new state document with this data. */
export function formatState(data: Value, header: string): string {
  return `${header}${formatYaml(data)}`;
}
