/**
 * YAML in its plainest form, read and written without the YAML package, which takes longer to load than a command to
 * run: block mappings and lists, scalars of `plain-scalar.ts`, and `|` blocks. It means the same to every reader, and is
 * what nearly all files of a repository are. The tests prove each function against the package.
 */
import { isMap, MAX_DEPTH, type Value } from '../value/value.js';
import { isPlainKey, readScalar, writeScalar } from './plain-scalar.js';

/** Indentation, the dash of a list, key, value. Everything else is for a parser. */
const ENTRY = /^( *)(?:(- )?([A-Za-z_][\w.-]*):(?: ([^ ].*))?|- ([^ ].*))$/;
const COMMENT = /^ *#[^\x00-\x1f\x7f]*$/;
/** The mark of a block of lines, and what becomes of the line ends behind them: one is kept, none, all. */
const BLOCK = /^\|[+-]?$/;
/** What no line of a block may hold: controls and line ends of other readers, and blanks alone or before a tab. */
const ODD_LINE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff]|^ +$|^ *\t/;
/** Far below what a parser is asked to bound. */
const MAX_LENGTH = 1024 * 1024;

type Mapping = Record<string, Value>;

/** A block that is being read: where its entries stand, and what they fill. */
interface Level {
  readonly indent: number;
  readonly mapping: Mapping | null;
  readonly list: Value[] | null;
}

/** A key without a value on its line: what follows further in is its value. */
interface Open {
  readonly mapping: Mapping;
  readonly key: string;
  /** The mark of a block of lines; null where a mapping or list may follow. */
  readonly block: string | null;
}

function levelAt(levels: Level[], indent: number, isList: boolean, open: Open | null): Level | null {
  let top = levels.at(-1) as Level;
  if (indent > top.indent) {
    if (!open || levels.length >= MAX_DEPTH) return null;
    const level: Level = isList ? { indent, mapping: null, list: [] } : { indent, mapping: {}, list: null };
    open.mapping[open.key] = (level.list ?? level.mapping) as Value;
    levels.push(level);
    return level;
  }
  while (top.indent > indent && levels.length > 1) {
    levels.pop();
    top = levels.at(-1) as Level;
  }
  return top.indent === indent && isList === (top.list !== null) ? top : null;
}

/** Reads one line into the levels: the key that it leaves open, null for none, undefined where a parser has to read. */
function takeLine(levels: Level[], line: string, open: Open | null): Open | null | undefined {
  const match = ENTRY.exec(line);
  if (!match) return undefined;
  const [, spaces = '', dash, key, text, item] = match;
  const isList = dash !== undefined || item !== undefined;
  const level = levelAt(levels, spaces.length, isList, open);
  if (!level) return undefined;
  if (item !== undefined) {
    const value = readScalar(item);
    if (value === undefined) return undefined;
    level.list?.push(value);
    return null;
  }
  let mapping = level.mapping;
  if (level.list) {
    if (levels.length >= MAX_DEPTH) return undefined;
    mapping = {};
    level.list.push(mapping);
    levels.push({ indent: spaces.length + 2, mapping, list: null });
  }
  if (!mapping || key === undefined || Object.hasOwn(mapping, key) || !isPlainKey(key)) return undefined;
  const block = text !== undefined && BLOCK.test(text) ? text : null;
  const value = text === undefined || block !== null ? null : readScalar(text);
  if (value === undefined) return undefined;
  mapping[key] = value;
  return text === undefined || block !== null ? { mapping, key, block } : null;
}

/**
 * The text of a block of lines that begins at `from`, and where it ends; null where a parser has to read it.
 * @param parent indentation of the mapping that it lies in
 */
function readBlock(
  text: string,
  from: number,
  parent: number,
  mark: string,
): { value: string; end: number } | null {
  const lines: string[] = [];
  let indent = 0;
  let end = from;
  while (end < text.length) {
    const next = text.indexOf('\n', end);
    const line = text.slice(end, next);
    if (line !== '') {
      if (ODD_LINE.test(line)) return null;
      const own = line.search(/[^ ]/);
      if (own <= parent) break;
      if (indent === 0) indent = own;
      if (own < indent) return null;
    }
    lines.push(line.slice(indent));
    end = next + 1;
  }
  const filled = lines.findLastIndex((line) => line !== '') + 1;
  if (filled === 0) return null;
  const kept = mark === '|+' ? lines.length : filled;
  return { value: lines.slice(0, kept).join('\n') + (mark === '|-' ? '' : '\n'), end };
}

/** @param mayComment whether lines may be empty or comments */
function readLines(text: string, mayComment: boolean): Value | undefined {
  if (text.length > MAX_LENGTH || !text.endsWith('\n')) return undefined;
  const top: Mapping = {};
  const levels: Level[] = [{ indent: 0, mapping: top, list: null }];
  let open: Open | null | undefined = null;
  for (let from = 0; from < text.length; ) {
    const to = text.indexOf('\n', from);
    const line = text.slice(from, to);
    from = to + 1;
    if (line === '' || COMMENT.test(line)) {
      if (!mayComment) return undefined;
      continue;
    }
    open = takeLine(levels, line, open);
    if (open === undefined) return undefined;
    if (open === null || open.block === null) continue;
    const block = readBlock(text, from, levels.at(-1)?.indent ?? 0, open.block);
    if (block === null) return undefined;
    open.mapping[open.key] = block.value;
    from = block.end;
    open = null;
  }
  return Object.keys(top).length > 0 ? top : undefined;
}

/** The value of a mapping in plain YAML. Undefined for every other text, also for one with an error: a parser has to read it. */
export function readPlainYaml(text: string): Value | undefined {
  return readLines(text, true);
}

/** Whether a text is a mapping in plain YAML without comments: it means the same at any indentation. */
export function isPlainBlock(text: string): boolean {
  return readLines(text, false) !== undefined;
}

/** The lines of a list, each of its items a scalar or a mapping. */
function listLines(items: readonly unknown[], indent: string): string | undefined {
  let text = '';
  for (const item of items) {
    const short = writeScalar(item);
    const lines = short === undefined ? blockLines(item, `${indent}  `) : `${indent}  ${short}\n`;
    if (lines === undefined || (short === undefined && Array.isArray(item))) return undefined;
    text += `${indent}- ${lines.slice(indent.length + 2)}`;
  }
  return text;
}

function mappingLines(entries: Iterable<readonly [string, unknown]>, indent: string): string | undefined {
  let text = '';
  for (const [key, value] of entries) {
    if (!isPlainKey(key)) return undefined;
    const short = writeScalar(value);
    if (short === undefined) {
      const lines = blockLines(value, `${indent}  `);
      if (lines === undefined) return undefined;
      text += `${indent}${key}:\n${lines}`;
    } else text += `${indent}${key}: ${short}\n`;
  }
  return text;
}

function blockLines(value: unknown, indent: string): string | undefined {
  if (Array.isArray(value)) return listLines(value, indent);
  if (!isMap(value)) return undefined;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null
    ? mappingLines(Object.entries(value), indent)
    : undefined;
}

/**
 * The YAML text of a mapping whose keys and values need neither lines of their own nor any but the plainest quotes:
 * what the YAML package writes of it, letter by letter, some twenty times as fast and without its being loaded.
 * Undefined for all others.
 */
export function formatPlainYaml(value: unknown): string | undefined {
  if (value instanceof Map) return value.size > 0 ? mappingLines(value, '') : undefined;
  return isMap(value) && Object.keys(value).length > 0 ? blockLines(value, '') : undefined;
}
