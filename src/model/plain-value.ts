import { isPlainBlock } from './plain-block.js';
import { setOwn, type Value, type ValueMap } from './value.js';

const LINE = /^( *)(- )?(?:([A-Za-z_][\w.-]*):(?: (.*))?|(.*))$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/;
/** What begins like a number and might be one to a YAML reader, in a form that is left to the parser. */
const NUMBER_LIKE = /^[-+.]?(?:[0-9.]|0[ox])[0-9a-fA-FxXoO.+-]*$/;
const WORD = /^(?:null|true|false)$/i;

/** Thrown inside of this file alone: only a parser can tell. */
class Doubt extends Error {}

function plainScalar(text: string): Value {
  const first = text[0];
  if (first === '"') return JSON.parse(text) as string;
  if (first === "'") return text.slice(1, -1).replaceAll("''", "'");
  if (text === '{}') return {};
  if (text === '[]') return [];
  if (DECIMAL.test(text) && text !== '-0') return Number(text);
  if (NUMBER_LIKE.test(text) || text.endsWith(' ')) throw new Doubt();
  if (WORD.test(text)) {
    if (text === 'true' || text === 'false') return text === 'true';
    if (text === 'null') return null;
    throw new Doubt();
  }
  return text;
}

class Reader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.slice(0, -1).split('\n');
  }

  #columns(): number {
    const line = this.#lines[this.#at];
    return line === undefined ? -1 : line.search(/[^ ]/);
  }

  mapping(indent: number): ValueMap {
    const map: Record<string, unknown> = {};
    this.#pairs(map, indent);
    return map as ValueMap;
  }

  #pairs(map: Record<string, unknown>, indent: number): void {
    while (this.#columns() === indent && this.#lines[this.#at]?.[indent] !== '-') this.#pair(map, indent, 0);
  }

  /** @param skip columns of a dash before the key */
  #pair(map: Record<string, unknown>, indent: number, skip: number): void {
    const [, , , key, rest] = LINE.exec((this.#lines[this.#at] as string).slice(indent + skip)) ?? [];
    if (key === undefined) throw new Doubt();
    this.#at++;
    const value = this.#value(rest, indent + skip);
    if (key === '__proto__') setOwn(map, key, value);
    else map[key] = value;
  }

  #value(rest: string | undefined, parent: number): Value {
    if (rest === undefined) {
      const columns = this.#columns();
      if (columns <= parent) return null;
      return this.#lines[this.#at]?.[columns] === '-' ? this.#list(columns) : this.mapping(columns);
    }
    return rest[0] === '|' ? this.#block(rest.slice(1), parent) : plainScalar(rest);
  }

  #list(indent: number): Value[] {
    const items: Value[] = [];
    while (this.#columns() === indent) {
      const line = this.#lines[this.#at] as string;
      const [, , , key] = LINE.exec(line.slice(indent + 2)) ?? [];
      if (key === undefined) {
        items.push(plainScalar(line.slice(indent + 2)));
        this.#at++;
        continue;
      }
      const map: Record<string, unknown> = {};
      this.#pair(map, indent, 2);
      this.#pairs(map, indent + 2);
      items.push(map as ValueMap);
    }
    return items;
  }

  #block(chomping: string, parent: number): string {
    const lines: string[] = [];
    let indent = 0;
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const own = line.search(/[^ ]/);
      if (line !== '' && own <= parent) break;
      if (indent === 0 && line !== '') indent = own;
      lines.push(line.slice(indent));
    }
    const text = lines.map((line) => `${line}\n`).join('');
    if (chomping === '+' && lines.length > 0) return text;
    const content = text.replace(/\n+$/, '');
    return chomping === '-' || content === '' ? content : `${content}\n`;
  }
}

/**
 * The value of a YAML text in the plainest form (`isPlainBlock`), which is what kgit writes, read some twenty times
 * faster than by the parser; null where only the parser can tell what it means.
 */
export function plainValue(text: string): ValueMap | null {
  if (!isPlainBlock(text)) return null;
  try {
    return new Reader(text).mapping(0);
  } catch (error) {
    // JSON.parse refuses what only YAML writes within quotes.
    if (error instanceof Doubt || error instanceof SyntaxError) return null;
    throw error;
  }
}
