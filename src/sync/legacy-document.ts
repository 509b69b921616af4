import { type Document, isAlias, isMap as isYamlMap, type Node, visit } from 'yaml';
import { InvalidStateError } from '../errors.js';
import { readPlainYaml } from '../model/plain-yaml.js';
import { isMap, type Value, valueFault } from '../model/value.js';
import { parseSpelledDocument, spelledValue } from '../model/yaml.js';
import { type Family, isPreState } from './legacy-family.js';
import { parsePreState } from './pre-state.js';

export type LegacyMap = Readonly<Record<string, Value>>;

/** A legacy file that could be read. */
export interface LegacyDocument {
  /** What it says; nothing where it holds nothing, as after a crash of the scripts. */
  readonly data: LegacyMap;
  /** The line, from 1, on which an item of its list begins. */
  lineOf(index: number): number | undefined;
}

/** The key of the list that files of a family hold. */
function listKey(family: Family): 'events' | 'deployments' | null {
  if (family === 'deployment-history') return 'deployments';
  return isPreState(family) || ['azure-state', 'kof-state', 'cluster-state'].includes(family)
    ? null
    : 'events';
}

/** The items of a file's list. */
export function entriesOf(data: LegacyMap, family: Family): readonly Value[] {
  const key = listKey(family);
  return ((key === null ? null : data[key]) ?? []) as readonly Value[];
}

/** Whether a state file holds its events itself, as those of June 2025 do. */
export function hasEmbeddedEvents(data: LegacyMap, family: Family): boolean {
  return family === 'deployment-state' && Object.hasOwn(data, 'events');
}

class Places {
  readonly #text: string;
  readonly #path: string;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  of(offset: number): { line: number; column: number } {
    const lines = this.#text.slice(0, offset).split(/\r\n|\r|\n/);
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }

  fail(why: string, node: unknown): InvalidStateError {
    const { line, column } = this.of((node as Node | null)?.range?.[0] ?? 0);
    return new InvalidStateError(`${this.#path}:${line}:${column}: ${why}`, {
      data: { path: this.#path, line, column },
    });
  }
}

function firstAlias(document: Document): Node | null {
  let found: Node | null = null;
  visit(document, (_key, node) => {
    if (!isAlias(node)) return undefined;
    found = node;
    return visit.BREAK;
  });
  return found;
}

/** The value of a document; what is wrong with it as a whole is told with the place of its first alias. */
function wholeValue(document: Document.Parsed, path: string, places: Places): Value {
  try {
    return spelledValue(document, path);
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    throw places.fail(error.message.replace(`${path}: `, ''), firstAlias(document) ?? document.contents);
  }
}

/**
 * The mapping that a legacy file holds. Throws InvalidStateError, with line and column, for broken YAML and for
 * another shape.
 */
export function parseLegacyDocument(text: string, path: string, family: Family): LegacyDocument {
  if (isPreState(family)) {
    return { data: parsePreState(text, path, family) ?? {}, lineOf: () => undefined };
  }
  const document = parseText(text, path, family);
  const fault = valueFault(document.data);
  if (fault === null) return document;
  throw new InvalidStateError(`${path}: ${fault}`, { data: { path } });
}

function parseText(text: string, path: string, family: Family): LegacyDocument {
  const plain = readPlainYaml(text);
  if (!isMap(plain)) return parseAny(text, path, family);
  const data = plain as LegacyMap;
  const key = listKey(family);
  const list = key === null ? null : (data[key] ?? null);
  if (list !== null && !Array.isArray(list)) return parseAny(text, path, family);
  let parsed: LegacyDocument | null = null;
  return {
    data,
    // Only a parser knows the lines, and only an entry that is no event asks for its own.
    lineOf: (index) => {
      parsed ??= parseAny(text, path, family);
      return parsed.lineOf(index);
    },
  };
}

function parseAny(text: string, path: string, family: Family): LegacyDocument {
  const document = parseSpelledDocument(text, path);
  const places = new Places(text, path);
  const value = wholeValue(document, path, places);
  if (value === null) return { data: {}, lineOf: () => undefined };
  if (!isMap(value)) throw places.fail('is not a mapping', document.contents);
  const data = value as LegacyMap;
  const key = listKey(family);
  const list = key === null ? null : (data[key] ?? null);
  const root = document.contents;
  const node = isYamlMap(root) && key !== null ? root.get(key, true) : null;
  // The first state files began with a list of events; a file of state without one has none.
  if (list !== null && !Array.isArray(list)) throw places.fail(`${key} is not a list`, node ?? root);
  const items = (node as { items?: readonly (Node | null)[] } | null)?.items ?? [];
  return {
    data,
    lineOf: (index) => {
      const start = items[index]?.range?.[0];
      return start === undefined ? undefined : places.of(start).line;
    },
  };
}
