import { MAX_DEPTH, type Scalar, type Value } from '../value/value.js';
import { isPlainKey, isPlainText } from './plain-text.js';

/** Indentation, the dash of a list, key, value. Everything else is for a parser. */
const ENTRY = /^( *)(?:(- )?([A-Za-z_][\w.-]*):(?: ([^ ].*))?|- ([^ ].*))$/;
const COMMENT = /^ *#[^\x00-\x1f\x7f]*$/;
const QUOTED = /^"(?:[^"\\\x00-\x1f\x7f]|\\["\\/bfnrt])*"$/;
const SINGLE = /^'(?:[^'\x00-\x1f\x7f]|'')*'$/;
const NUMBER = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9])$/;
/** Far below what a parser is asked to bound. */
const MAX_LENGTH = 1024 * 1024;

const CONSTANTS: Readonly<Record<string, () => Value>> = {
  null: () => null,
  true: () => true,
  false: () => false,
  '{}': () => ({}),
  '[]': () => [],
};

/** The value that a scalar stands for; undefined where a parser has to tell. */
function scalarOf(text: string): Value | undefined {
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text]?.();
  if (isPlainText(text)) return text;
  if (QUOTED.test(text)) return JSON.parse(text) as Scalar;
  if (SINGLE.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text);
  // One with more digits than a double holds is for the parser to refuse.
  return String(number) === text ? number : undefined;
}

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
    const value = scalarOf(item);
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
  const value = text === undefined ? null : scalarOf(text);
  if (value === undefined) return undefined;
  mapping[key] = value;
  return text === undefined ? { mapping, key } : null;
}

/**
 * The value of a YAML text that is a mapping in the plainest form: block mappings and lists, scalars on one line,
 * comments on lines of their own. Such a text means the same to every reader, and is what nearly all files of a
 * repository are; they are read without the YAML package, which takes longer to load than a command to run.
 * Undefined for every other text, also for one with an error: a parser has to read it.
 */
export function readPlainYaml(text: string): Value | undefined {
  if (text.length > MAX_LENGTH || !text.endsWith('\n')) return undefined;
  const top: Mapping = {};
  const levels: Level[] = [{ indent: 0, mapping: top, list: null }];
  let open: Open | null | undefined = null;
  for (let from = 0; from < text.length; ) {
    const to = text.indexOf('\n', from);
    const line = text.slice(from, to);
    from = to + 1;
    if (line === '' || COMMENT.test(line)) continue;
    open = takeLine(levels, line, open);
    if (open === undefined) return undefined;
  }
  return Object.keys(top).length > 0 ? top : undefined;
}
