import { isSeq, type Node } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { isMap, type Value, valueFault } from '../../model/value/value.js';
import { readPlainYaml } from '../../model/yaml/plain-yaml.js';
import { parseSpelledDocument } from '../../model/yaml/spelled-yaml.js';
import { type Family, isPreState } from './legacy-family.js';
import { parsePreState } from './pre-state.js';
import { nodeAt } from './yaml-nodes.js';

export type LegacyMap = Readonly<Record<string, Value>>;

/** A legacy file that could be read. */
export interface LegacyDocument {
  /** Its content; empty for an empty file, as after a crash of the scripts. */
  readonly data: LegacyMap;
  /** What a stricter reader would reject, and which numbers are kept as text. */
  readonly remarks: readonly string[];
  /** The line, from 1, on which an item of its list begins. */
  lineOf(index: number): number | undefined;
}

/** The key of the list in files of a family. */
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

/** Whether a state file contains its own events, as those of June 2025 do. */
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

/**
 * Parses the mapping in a legacy file. Throws InvalidStateError, with line and column, for invalid YAML or another
 * shape.
 */
export function parseLegacyDocument(text: string, path: string, family: Family): LegacyDocument {
  if (isPreState(family)) {
    return { data: parsePreState(text, path, family) ?? {}, remarks: [], lineOf: () => undefined };
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
    remarks: [],
    // Only a parser knows the lines, and only an invalid entry needs its line.
    lineOf: (index) => {
      parsed ??= parseAny(text, path, family);
      return parsed.lineOf(index);
    },
  };
}

function parseAny(text: string, path: string, family: Family): LegacyDocument {
  const parsed = parseSpelledDocument(text, path);
  const { document, value } = parsed;
  const places = new Places(text, path);
  const remarks = [
    ...parsed.oddities.map(({ line, message }) => `line ${line}: ${message}`),
    // The number itself is not shown, because it may be a secret.
    ...parsed.textNumbers.map(
      ({ path: keys, line }) =>
        `line ${line}: the number ${shownPath(keys)} is kept as it is spelled, as text`,
    ),
  ];
  if (value === null) return { data: {}, remarks, lineOf: () => undefined };
  if (!isMap(value)) throw places.fail('is not a mapping', document.contents);
  const data = value as LegacyMap;
  const key = listKey(family);
  const list = key === null ? null : (data[key] ?? null);
  const found = key === null ? 'nothing' : nodeAt(parsed, [key]);
  const node = typeof found === 'string' ? null : found;
  // The first state files began with a list of events; a state file without one has none.
  if (list !== null && !Array.isArray(list))
    throw places.fail(`${key} is not a list`, node ?? document.contents);
  const items = (isSeq(node) ? node.items : []) as readonly (Node | null)[];
  return {
    data,
    remarks,
    lineOf: (index) => {
      const start = items[index]?.range?.[0];
      return start === undefined ? undefined : places.of(start).line;
    },
  };
}
