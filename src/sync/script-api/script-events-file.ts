import { open } from 'node:fs/promises';
import { isSeq } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import { parseSpelledDocument, parseSpelledYaml } from '../../model/yaml/spelled-yaml.js';
import { formatYaml } from '../../model/yaml/yaml.js';
import { newNode, nodeAt, setNode, writtenText } from '../read/yaml-nodes.js';
import { type PlainEvents, plainEvents } from './plain-events.js';
import { appendText, readText, replaceText, versionOf } from './script-file.js';
import type { Tell } from './script-state-file.js';

/** An entry added to an event file, and its position there. */
export interface AddedEntry {
  readonly index: number;
  /** The file's entries with the same timestamp, the new one last: its id depends on them. */
  readonly sameTime: readonly Value[];
}

interface Plain extends PlainEvents {
  readonly version: string;
  /** Byte offset and length of `last_updated`'s value; null if the file must be written whole. */
  readonly stamp: readonly [number, number] | null;
  /** Text of the final entries that all have the last timestamp. */
  readonly run: string;
}

function entriesIn(value: Value, path: string): readonly Value[] {
  const fail = (why: string) => new InvalidStateError(`${path}:1:1: ${why}`, { data: { path } });
  if (value !== null && !isMap(value)) throw fail('is not a mapping');
  const list = value?.['events'] ?? [];
  if (!Array.isArray(list)) throw fail('events is not a list');
  return list;
}

function render(entry: ValueMap, indent: number): string {
  const pad = ' '.repeat(indent);
  const text = formatYaml([entry]);
  return text.replace(/^(?=[^\n])/gm, pad);
}

/**
 * An event file of the scripts. If the file is provably a plain list, an entry is appended, at a cost independent of
 * the file's length; any other file is parsed and written whole. Not safe for concurrent calls.
 */
export class ScriptEventsFile {
  readonly path: string;
  readonly #tell: Tell;
  #plain: Plain | null = null;

  constructor(path: string, tell: Tell) {
    this.path = path;
    this.#tell = tell;
  }

  exists(): Promise<boolean> {
    return versionOf(this.path).then((version) => version !== null);
  }

  /** Adds an entry and sets `last_updated` to its `timestamp`. Throws InvalidStateError for an unreadable file. */
  async add(entry: ValueMap): Promise<AddedEntry> {
    const time = String(entry['timestamp']);
    const plain = await this.#look();
    if (plain === null) return this.#addParsed(entry, time);
    const quoted = JSON.stringify(time);
    const isKnown = plain.times.has(time);
    if (isKnown && plain.lastTime !== time) return this.#addParsed(entry, time);
    const before = isKnown ? (parseSpelledYaml(plain.run, this.path) as readonly Value[]) : [];
    // If the clock was set back, there are more entries with this timestamp before the final ones.
    if (before.length !== (plain.times.get(time) ?? 0)) return this.#addParsed(entry, time);
    const added = render(entry, plain.indent);
    if (plain.stamp !== null && plain.stamp[1] === quoted.length) await this.#append(plain, added, time);
    else await this.#splice(plain, added, quoted);
    return { index: plain.count, sameTime: [...before, entry] };
  }

  async #append(plain: Plain, added: string, time: string): Promise<void> {
    const [offset] = plain.stamp as readonly [number, number];
    await appendText(this.path, added);
    // Has the same length as the text it replaces, so nothing moves.
    const handle = await open(this.path, 'r+');
    try {
      await handle.write(JSON.stringify(time), offset);
    } finally {
      await handle.close();
    }
    await this.#remember(plain, added, time);
  }

  async #splice(plain: Plain, added: string, quoted: string): Promise<void> {
    const text = await readText(this.path);
    const longer = text.slice(0, plain.end) + added + text.slice(plain.end);
    const at = plain.updated;
    const shift = at && at[0] >= plain.end ? added.length : 0;
    await replaceText(
      this.path,
      at === null
        ? `${longer}last_updated: ${quoted}\n`
        : longer.slice(0, at[0] + shift) + quoted + longer.slice(at[1] + shift),
    );
    this.#plain = null;
  }

  async #remember(plain: Plain, added: string, time: string): Promise<void> {
    const version = await versionOf(this.path);
    if (version === null) return;
    const isRun = plain.lastTime === time;
    (plain.times as Map<string, number>).set(time, (plain.times.get(time) ?? 0) + 1);
    this.#plain = {
      ...plain,
      version,
      count: plain.count + 1,
      end: plain.end + added.length,
      lastRun: isRun ? plain.lastRun : plain.end,
      lastTime: time,
      run: isRun ? plain.run + added : added,
    };
  }

  async #look(): Promise<Plain | null> {
    const version = await versionOf(this.path);
    if (version !== null && this.#plain?.version === version) return this.#plain;
    this.#plain = null;
    if (version === null) return null;
    const text = await readText(this.path);
    const found = plainEvents(text);
    if (found === null) return null;
    const { updated, isTail, lastRun, end } = found;
    const stamp = updated && isTail ? bytesOf(text, updated) : null;
    this.#plain = { ...found, version, stamp, run: text.slice(lastRun, end) };
    return this.#plain;
  }

  /** Throws InvalidStateError if the file exists and is unreadable. */
  async check(): Promise<void> {
    if (!(await this.exists()) || (await this.#look()) !== null) return;
    entriesIn(parseSpelledYaml(await readText(this.path), this.path), this.path);
  }

  async #addParsed(entry: ValueMap, time: string): Promise<AddedEntry> {
    const parsed = parseSpelledDocument(await readText(this.path), this.path);
    this.#tell(this.path, parsed);
    const entries = entriesIn(parsed.value, this.path);
    const { document } = parsed;
    const blocked = () => new InvalidStateError(`${this.path}: is not a mapping`);
    const list = nodeAt(parsed, ['events']);
    if (isSeq(list)) {
      list.flow = false;
      list.add(newNode(document, entry));
    } else setNode(parsed, ['events'], [entry], blocked);
    setNode(parsed, ['last_updated'], time, blocked);
    await replaceText(this.path, writtenText(parsed));
    this.#plain = null;
    const sameTime = entries.filter((old) => isMap(old) && old['timestamp'] === time);
    return { index: entries.length, sameTime: [...sameTime, entry] };
  }
}

/** Converts a range of the text to an offset and a length in bytes. */
function bytesOf(text: string, [start, end]: readonly [number, number]): readonly [number, number] {
  return [Buffer.byteLength(text.slice(0, start)), Buffer.byteLength(text.slice(start, end))];
}
