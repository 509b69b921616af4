import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
} from 'yaml';
import type { InvalidStateError } from '../../errors.js';
import { MAX_FILE_DEPTH, setOwn, type Value } from '../value/value.js';
import { NUMBER_FIELDS, respelled } from './spelled-numbers.js';
import type { Oddity, TextNumber } from './spelled-yaml.js';

/** Maximum number of values that aliases may expand to: a few lines can expand to billions. */
const MAX_ALIASED = 10_000;
const MERGE_TAGS = [undefined, 'tag:yaml.org,2002:merge'];

interface Surroundings {
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly lines: LineCounter;
  fail(message: string, offset: number): InvalidStateError;
}

interface SpelledTree {
  readonly value: Value;
  readonly oddities: readonly Oddity[];
  readonly textNumbers: readonly TextNumber[];
}

/** The text of a key as it is spelled, whatever its type. */
export function keyText(key: unknown, targets: ReadonlyMap<Alias, Node>): string {
  if (isAlias(key)) return keyText(targets.get(key), targets);
  if (isScalar(key))
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value ?? ''));
  return isCollection(key) ? JSON.stringify(key) : '';
}

/** The mappings of a merge key, in order; null for any other pair. */
export function mergedMaps({ key, value }: Pair, targets: ReadonlyMap<Alias, Node>): YAMLMap[] | null {
  const isMerge =
    isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN && MERGE_TAGS.includes(key.tag);
  if (!isMerge) return null;
  const resolved = (node: unknown) => (isAlias(node) ? targets.get(node) : node);
  const whole = resolved(value);
  const maps = (isSeq(whole) ? whole.items : [whole]).map(resolved);
  return maps.every((map) => isMap(map)) ? maps : null;
}

/** Converts a node to its value and notes oddities. Throws what `fail` returns. */
export function spelledTree(contents: Node | null, { targets, lines, fail }: Surroundings): SpelledTree {
  const oddities: Oddity[] = [];
  const textNumbers: TextNumber[] = [];
  let aliased = 0;

  function nodeValue(node: unknown, path: readonly string[], depth: number, isCopy: boolean): Value {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    if (depth > MAX_FILE_DEPTH) throw fail(`is nested deeper than ${MAX_FILE_DEPTH} levels`, offset);
    if (isCopy && ++aliased > MAX_ALIASED)
      throw fail(`its aliases stand for more than ${MAX_ALIASED} values`, offset);
    if (isAlias(node)) return nodeValue(targets.get(node), path, depth, true);
    if (isScalar(node)) return scalarOf(node, path);
    if (isSeq(node))
      return node.items.map((item, i) => nodeValue(item, [...path, String(i)], depth + 1, isCopy));
    return isMap(node) ? mappingOf(node, path, depth, isCopy) : null;
  }

  function scalarOf(node: Scalar, path: readonly string[]): Value {
    const { value, source } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value)) {
      const spelling = NUMBER_FIELDS.includes(path.at(-1) ?? '') ? null : respelled(node);
      if (spelling === null) return value;
    }
    textNumbers.push({ path, line: lines.linePos(node.range?.[0] ?? 0).line });
    return source ?? String(value);
  }

  function mappingOf(map: YAMLMap, path: readonly string[], depth: number, isCopy: boolean): Value {
    const own = new Map<string, Pair>();
    const whole: Record<string, unknown> = {};
    for (const pair of map.items) {
      const key = keyText(pair.key, targets);
      if (own.has(key) && !isCopy) {
        const { line } = lines.linePos((pair.key as Node | null)?.range?.[0] ?? 0);
        const shown = JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
        oddities.push({ message: `the key ${shown} is there a second time: the last one counts`, line });
      }
      own.set(key, pair);
    }
    for (const [key, pair] of own) {
      const merged = mergedMaps(pair, targets);
      if (merged === null) setOwn(whole, key, nodeValue(pair.value, [...path, key], depth + 1, isCopy));
      // Keys of the mapping itself and of earlier merges take precedence.
      else
        for (const other of merged)
          for (const [name, value] of Object.entries(nodeValue(other, path, depth, true) as object))
            if (!own.has(name) && !Object.hasOwn(whole, name)) setOwn(whole, name, value);
    }
    return whole as Value;
  }

  return { value: contents === null ? null : nodeValue(contents, [], 0, false), oddities, textNumbers };
}
