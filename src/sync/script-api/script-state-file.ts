import { InvalidStateError } from '../../errors.js';
import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import { isMap, type ValueMap } from '../../model/value/value.js';
import {
  changedDocument,
  parseSpelledDocument,
  type SpelledDocument,
} from '../../model/yaml/spelled-yaml.js';
import { nodeAt, printed, removeNode, setNode, writtenText } from '../read/yaml-nodes.js';
import { readText, replaceText, versionOf } from './script-file.js';

interface Loaded {
  readonly version: string;
  readonly parsed: SpelledDocument;
  readonly data: ValueMap;
}

/** Reports remarks on a file that was read, by its path. */
export type Tell = (path: string, parsed: SpelledDocument) => void;

function dataOf({ value }: SpelledDocument, path: string): ValueMap {
  if (value === null) return {};
  if (isMap(value)) return value as ValueMap;
  throw new InvalidStateError(`${path}:1:1: is not a mapping`, { data: { path, line: 1, column: 1 } });
}

/**
 * A state file of the scripts, read and written as yq does: comments, key order and value style are kept. The parsed
 * file is cached until the file changes. Not safe for concurrent calls.
 */
export class ScriptStateFile {
  readonly path: string;
  readonly #tell: Tell;
  #loaded: Loaded | null = null;

  constructor(path: string, tell: Tell) {
    this.path = path;
    this.#tell = tell;
  }

  /** The content of the file; null if there is none. Throws InvalidStateError. */
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
    const parsed = parseSpelledDocument(await readText(this.path), this.path);
    this.#loaded = { version, parsed, data: dataOf(parsed, this.path) };
    this.#tell(this.path, parsed);
    return this.#loaded;
  }

  /**
   * Formats a value as yq prints it: text without quotes, a mapping as YAML, `null` for no value, empty text for a
   * place inside a scalar. The empty path is the whole document. Throws InvalidStateError.
   */
  async print(path: StatePath): Promise<string> {
    const parsed = (await this.#load())?.parsed;
    if (parsed === undefined) return 'null';
    if (path.length === 0) return writtenText({ ...parsed, rest: '' }).trimEnd();
    const found = nodeAt(parsed, path);
    if (found === 'within') return '';
    return found === 'nothing' ? 'null' : printed(found);
  }

  /**
   * Changes the file with one write: sets values, and removes those that are undefined. Throws InvalidStateError, also
   * if a scalar blocks a path.
   */
  async change(changes: readonly (readonly [StatePath, unknown])[]): Promise<void> {
    const loaded = await this.#load();
    if (loaded === null) throw new InvalidStateError(`${this.path}: there is no such file`);
    const { parsed } = loaded;
    // If a change fails, the document may be half changed.
    this.#loaded = null;
    for (const [path, value] of changes) {
      if (value === undefined) removeNode(parsed, path);
      else setNode(parsed, path, value, (depth) => this.#blocked(path.slice(0, depth)));
    }
    const changed = changedDocument(parsed, this.path);
    const data = dataOf(changed, this.path);
    await replaceText(this.path, writtenText(changed));
    const version = await versionOf(this.path);
    if (version !== null) this.#loaded = { version, parsed: changed, data };
  }

  #blocked(path: StatePath): InvalidStateError {
    const what = path.length === 0 ? 'the file' : formatStatePath(path);
    return new InvalidStateError(`${this.path}: ${what} is not a mapping, so nothing can be set in it`);
  }

  /** The value at a path; undefined if there is none. Throws InvalidStateError. */
  async value(path: StatePath): Promise<unknown> {
    return lookUp(await this.data(), path).value;
  }
}
