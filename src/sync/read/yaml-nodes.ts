import {
  type Alias,
  Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { InvalidStateError } from '../../errors.js';
import type { StatePath } from '../../model/state/state-path.js';
import { isTypedSomewhere } from '../../model/yaml/plain-scalar.js';
import { keyText, mergedMaps } from '../../model/yaml/spelled-tree.js';
import type { SpelledDocument } from '../../model/yaml/spelled-yaml.js';
import { LAYOUT, WRITE_OPTIONS } from '../../model/yaml/yaml-options.js';

type Targets = ReadonlyMap<Alias, Node>;
type Part = string | number;

/** What a path leads to: a node, nothing, or a place inside a scalar, for which yq prints no line at all. */
export type Found = Node | 'nothing' | 'within';

const resolved = (node: unknown, targets: Targets) => (isAlias(node) ? targets.get(node) : node);

function pairOf(map: YAMLMap, part: Part, targets: Targets): Pair | undefined {
  return map.items.findLast(({ key }) => keyText(key, targets) === String(part));
}

function indexOf(list: YAMLSeq, part: Part): number | null {
  const index = typeof part === 'number' ? part : /^-?\d+$/.test(part) ? Number(part) : null;
  return index !== null && index < 0 ? index + list.items.length : index;
}

function childOf(map: YAMLMap, part: Part, targets: Targets): unknown {
  const pair = pairOf(map, part, targets);
  if (pair) return pair.value;
  for (const { key, value } of map.items)
    for (const other of mergedMaps({ key, value } as Pair, targets) ?? []) {
      const found = childOf(other, part, targets);
      if (found !== undefined) return found;
    }
  return undefined;
}

/** Finds the node at a path, as yq does. */
export function nodeAt({ document, targets }: SpelledDocument, path: StatePath): Found {
  let node: unknown = document.contents;
  for (const part of path) {
    const holder = resolved(node, targets);
    if (isMap(holder)) node = childOf(holder, part, targets);
    else if (isSeq(holder)) node = holder.items[indexOf(holder, part) ?? -1];
    else return isScalar(holder) && holder.value !== null ? 'within' : 'nothing';
    if (node === undefined) return 'nothing';
  }
  return node === null ? 'nothing' : (node as Node);
}

/** Formats a node as yq prints it: text without quotes, everything else as spelled. */
export function printed(node: Node): string {
  if (isScalar(node))
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  if (isAlias(node)) return `*${node.source}`;
  return new Document(node, WRITE_OPTIONS).toString(LAYOUT).replace(/^\n+/, '').trimEnd();
}

/** Creates a node for a value. */
export function newNode(document: Document, value: unknown): Node {
  const node = document.createNode(value);
  visit(node, {
    Map(_key, map) {
      map.flow = map.items.length === 0;
    },
  });
  return node;
}

function nest(path: StatePath, value: unknown): unknown {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}

/** Changes the value of a scalar node, keeping its place and style; false if the node cannot take it. */
function rewritten(node: unknown, value: unknown): boolean {
  if (!isScalar(node) || (typeof value === 'object' && value !== null)) return false;
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) return false;
  if (typeof value === 'string' && isTypedSomewhere(value)) node.type = Scalar.QUOTE_DOUBLE;
  node.value = value;
  // Otherwise the source text would be written instead, and the tag belongs to the old value.
  delete node.source;
  delete node.tag;
  return true;
}

/** Sets a value, as yq does. If something blocks the path, throws the error that `blocked` returns. */
export function setNode(
  { document, targets }: SpelledDocument,
  path: StatePath,
  value: unknown,
  blocked: (depth: number) => InvalidStateError,
): void {
  let holder: unknown = document.contents;
  if (holder === null || (isScalar(holder) && holder.value === null)) {
    document.contents = newNode(document, nest(path, value)) as never;
    return;
  }
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1;
    const rest = path.slice(depth + 1);
    holder = resolved(holder, targets);
    if (!isCollection(holder)) throw blocked(depth);
    // Otherwise an empty {} would stay in flow style.
    if (holder.items.length === 0) holder.flow = false;
    if (isMap(holder)) {
      const pair = pairOf(holder, part, targets);
      const old = pair?.value;
      if (pair && isLast && rewritten(old, value)) return;
      if (pair && !isLast && !(old === null || (isScalar(old) && old.value === null))) {
        holder = old;
        continue;
      }
      const node = newNode(document, nest(rest, value));
      if (pair) pair.value = node;
      else holder.items.push(document.createPair(String(part), node));
      return;
    }
    const index = isSeq(holder) ? indexOf(holder, part) : null;
    if (!isSeq(holder) || index === null || index < 0 || index > holder.items.length) throw blocked(depth);
    const old = holder.items[index];
    if (isLast && rewritten(old, value)) return;
    if (isLast || old === undefined) {
      holder.items[index] = newNode(document, nest(rest, value));
      return;
    }
    holder = old;
  }
}

/** Removes a value. */
export function removeNode(of: SpelledDocument, path: StatePath): void {
  const { targets } = of;
  const part = path.at(-1);
  const found = nodeAt(of, path.slice(0, -1));
  const holder = typeof found === 'string' ? undefined : resolved(found, targets);
  if (part === undefined) return;
  if (isMap(holder)) holder.items = holder.items.filter(({ key }) => keyText(key, targets) !== String(part));
  else if (isSeq(holder)) {
    const index = indexOf(holder, part);
    if (index !== null && index >= 0) holder.items.splice(index, 1);
  }
}

/** The text of a file after its first document was changed. */
export function writtenText({ document, rest }: SpelledDocument): string {
  return document.toString(LAYOUT) + rest;
}
