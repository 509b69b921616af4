import { Document, isCollection, isMap as isMapNode, isScalar, Scalar, visit } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { isTypedSomewhere } from '../../model/plain-text.js';
import { lookUp, type StatePath } from '../../model/state-path.js';
import { isMap, type ValueMap } from '../../model/value.js';
import { parseSpelledDocument, spelledValue } from '../../model/yaml.js';
import { readText, replaceText, versionOf } from './script-file.js';

interface Loaded {
  readonly version: string;
  readonly document: Document;
  data: ValueMap;
}

function dataOf(document: Document, path: string): ValueMap {
  const value = spelledValue(document, path);
  if (value === null) return {};
  if (isMap(value)) return value as ValueMap;
  throw new InvalidStateError(`${path}: is not a mapping`, { data: { path } });
}

/** A node of a value; text that some reader of YAML would take for another value is quoted. */
export function quotedNode(document: Document, value: unknown) {
  const node = document.createNode(value);
  visit(node as never, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && isTypedSomewhere(scalar.value))
        scalar.type = Scalar.QUOTE_DOUBLE;
    },
    Map(_key, map) {
      map.flow = map.items.length === 0;
    },
  });
  return node;
}

/**
 * A state file of the scripts, read and written as yq does: comments, the order of keys and the style of values stay.
 * What was read is kept until the file changes. Not safe for two calls at a time.
 */
export class ScriptStateFile {
  readonly path: string;
  #loaded: Loaded | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** What the file holds; null where there is none. Throws InvalidStateError. */
  async data(): Promise<ValueMap | null> {
    return (await this.#load())?.data ?? null;
  }

  async #load(): Promise<Loaded | null> {
    const version = await versionOf(this.path);
    if (version === null || version === this.#loaded?.version) {
      if (version === null) this.#loaded = null;
      return this.#loaded;
    }
    this.#loaded = null;
    const document = parseSpelledDocument(await readText(this.path), this.path);
    this.#loaded = { version, document, data: dataOf(document, this.path) };
    return this.#loaded;
  }

  /** A value as yq prints it: text bare, a mapping as YAML, `null` where nothing is. Throws InvalidStateError. */
  async print(path: StatePath): Promise<string> {
    const document = (await this.#load())?.document;
    const node = document?.getIn(path, true);
    if (node === undefined || node === null) return 'null';
    if (isScalar(node)) {
      if (node.value === null) return 'null';
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    }
    return new Document(node).toString({ lineWidth: 0 }).trimEnd();
  }

  /**
   * Changes the file with one write: sets values, and takes out those that are undefined. Throws InvalidStateError,
   * also where a single value stands in the way of a path.
   */
  async change(changes: readonly (readonly [StatePath, unknown])[]): Promise<void> {
    const loaded = await this.#load();
    if (loaded === null) throw new InvalidStateError(`${this.path}: there is no such file`);
    const { document } = loaded;
    // Half of the changes may be made when one fails.
    this.#loaded = null;
    for (const [path, value] of changes) this.#set(document, path, value);
    await replaceText(this.path, document.toString({ lineWidth: 0 }));
    const version = await versionOf(this.path);
    if (version !== null) this.#loaded = { version, document, data: dataOf(document, this.path) };
  }

  #set(document: Document, path: StatePath, value: unknown): void {
    if (value === undefined) {
      document.deleteIn(path);
      return;
    }
    for (let depth = 0; depth < path.length; depth++) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (node === undefined || node === null) continue;
      if (depth > 0 && isScalar(node) && node.value === null) {
        document.setIn(path.slice(0, depth), quotedNode(document, nest(path.slice(depth), value)));
        return;
      }
      if (isScalar(node) && node.value === null) continue;
      if (!isCollection(node)) {
        throw new InvalidStateError(
          `${this.path}: ${path.slice(0, depth).join('.')} is a single value, so nothing can be set in it`,
        );
      }
      // What was written as {} would grow on that line.
      if (isMapNode(node) && node.items.length === 0) node.flow = false;
    }
    const old = document.getIn(path, true);
    if (isScalar(old) && old.type !== Scalar.BLOCK_LITERAL && (typeof value !== 'object' || value === null)) {
      if (typeof value === 'string' && isTypedSomewhere(value)) old.type = Scalar.QUOTE_DOUBLE;
      old.value = value;
      // The text that was read would be printed in its place.
      delete old.source;
    } else if (document.contents === null || isScalar(document.contents))
      document.contents = document.createNode(nest(path, value));
    else document.setIn(path, quotedNode(document, value));
  }

  /** The value at a path; undefined where there is none. Throws InvalidStateError. */
  async value(path: StatePath): Promise<unknown> {
    return lookUp(await this.data(), path).value;
  }
}

function nest(path: StatePath, value: unknown): Record<string, unknown> {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}
