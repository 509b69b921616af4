/**
 * Reads and writes plain YAML without the YAML package, which takes longer to load than a command runs. Plain YAML is
 * block mappings and lists, scalars of `plain-scalar.ts`, and `|` blocks. It means the same to every reader, and nearly
 * all files of a repository are plain. Property tests compare each function with the package.
 */
import { isMap, MAX_DEPTH, type Value } from '../value/value.js';
import { isPlainKey, readScalar, writeScalar } from './plain-scalar.js';

/** Indentation, the dash of a list, key, value. A parser reads everything else. */
const ENTRY = /^( *)(?:(- )?([A-Za-z_][\w.-]*):(?: ([^ ].*))?|- ([^ ].*))$/;
const COMMENT = /^ *#[^\x00-\x1f\x7f]*$/;
/** The header of a literal block: `|` keeps one trailing line break, `|-` none, `|+` all. */
const BLOCK = /^\|[+-]?$/;
/** Lines that a block may not contain: controls, line breaks of other readers, only blanks, or a tab after blanks. */
const ODD_LINE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff]|^ +$|^ *\t/;
/** Far below the size limit of the parser. */
const MAX_LENGTH = 1024 * 1024;

type Mapping = Record<string, Value>;

/** An open mapping or list: the indentation of its entries, and what they fill. */
interface Level {
  readonly indent: number;
  readonly mapping: Mapping | null;
  readonly list: Value[] | null;
}

/** A key without a value on its line: the deeper lines below it are its value. */
interface Open {
  readonly mapping: Mapping;
  readonly key: string;
  /** The header of a literal block; null if a mapping or list may follow. */
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

/** Reads one line. Returns the key that it leaves open, null if none; undefined if the line needs a parser. */
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
 * Reads the literal block at `from`: its text and the offset after it; null if it needs a parser.
 * @param parent indentation of the mapping that holds it
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

/** @param mayComment whether empty lines and comments are allowed */
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

/** Reads a mapping in plain YAML; undefined for any other text, including invalid YAML, which needs a parser. */
export function readPlainYaml(text: string): Value | undefined {
  return readLines(text, true);
}

/** Whether a text is a mapping in plain YAML without comments, which means the same at any indentation. */
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
 * Formats a mapping of plain keys and values exactly as the YAML package does, about twenty times as fast and without
 * loading it; undefined for any other value.
 */
export function formatPlainYaml(value: unknown): string | undefined {
  if (value instanceof Map) return value.size > 0 ? mappingLines(value, '') : undefined;
  return isMap(value) && Object.keys(value).length > 0 ? blockLines(value, '') : undefined;
}
