import { InvalidStateError } from '../../errors.js';
import type { Subject } from '../subject/subject.js';
import { isMap } from '../value/value.js';
import { isPlainBlock } from '../yaml/plain-yaml.js';
import { formatYaml, parseYaml, parseYamlDocument } from '../yaml/yaml.js';
import { type BrokenEvents, REFUSE_BROKEN, readOrNote } from './broken-events.js';
import type { EventHead, KgitEvent } from './event.js';
import { checkedEvent, headReader, parseEvent, readHead } from './event-file.js';

const ITEM = '  - ';
const INDENT = '    ';
const HEADER =
  /^(?:cluster_name|deployment_id): (?:"[^"\\\n]*"|'[^'\n]*'|[A-Za-z0-9][\w.-]*)\nevents:\n(?=[^\n])/;
/** A marker that would begin or end a document at the start of a line. */
const DOCUMENT_MARK = /---|\.\.\.|%/y;
const readIndentedHead = headReader(INDENT.length);

/** An event in a sealed month, parsed on demand. */
export interface SealedEvent {
  readonly head: EventHead;
  /** Its text, as in a file of its own. */
  text(): string;
  /** Throws InvalidStateError that names the sealed file and the line. */
  read(): KgitEvent;
}

/** Offsets of the list's items, followed by the end of the text; null if the layout is not kgit's. */
function itemStarts(text: string): number[] | null {
  const header = HEADER.exec(text);
  if (!header) return null;
  const starts: number[] = [];
  for (let at = header[0].length; at < text.length; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return null;
    if (end > at) {
      if (text.startsWith(ITEM, at)) starts.push(at);
      else if (starts.length === 0 || !text.startsWith(INDENT, at)) return null;
      DOCUMENT_MARK.lastIndex = at + INDENT.length;
      if (DOCUMENT_MARK.test(text)) return null;
    }
    at = end + 1;
  }
  starts.push(text.length);
  return starts;
}

class Slice implements SealedEvent {
  readonly head: EventHead;
  readonly #month: string;
  readonly #file: string;
  readonly #start: number;
  readonly #end: number;

  constructor(month: string, file: string, start: number, end: number) {
    this.#month = month;
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.head = readIndentedHead(month, start + ITEM.length) ?? this.read();
  }

  text(): string {
    return this.#month.slice(this.#start + ITEM.length, this.#end).replaceAll(`\n${INDENT}`, '\n');
  }

  read(): KgitEvent {
    try {
      return parseEvent(this.text(), this.#file);
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      // Parsed again at its place in the file, so that the message names the right line.
      const above = this.#month.slice(0, this.#start).split('\n').length - 1;
      const text = INDENT + this.#month.slice(this.#start + ITEM.length, this.#end);
      parseEvent('\n'.repeat(above) + text, this.#file);
      throw error;
    }
  }
}

/** The events of a file with another layout, parsed as a whole. */
function parseWhole(text: string, file: string, broken: BrokenEvents): SealedEvent[] {
  const value = parseYaml(text, file);
  const events = isMap(value) ? value['events'] : null;
  if (!Array.isArray(events)) {
    throw new InvalidStateError(`${file}: a sealed month is a mapping with a list of events`, {
      data: { path: file },
      suggestions: [`Look at who changed ${file}, and put it back`],
    });
  }
  return events.flatMap((item, i): SealedEvent[] => {
    const event = readOrNote(broken, file, () => checkedItem(item, i, file));
    return event ? [{ head: event, text: () => formatYaml(item), read: () => event }] : [];
  });
}

/** An item of the list; its line is not known. */
function checkedItem(item: unknown, index: number, file: string): KgitEvent {
  try {
    return checkedEvent(item, file);
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    const { message, suggestions, data } = error;
    const placed = message.replace(`${file}: `, `${file}: event ${index + 1} of the list: `);
    throw new InvalidStateError(placed, { suggestions, data });
  }
}

/**
 * The events of a sealed month in file order. A file in kgit's layout is cut by indentation, so that thousands of
 * events cost no parsing. Throws InvalidStateError if it holds no list of events.
 * @param broken how events that cannot be read are treated
 */
export function parseSealedMonth(
  text: string,
  file: string,
  broken: BrokenEvents = REFUSE_BROKEN,
): SealedEvent[] {
  const starts = itemStarts(text);
  if (!starts) return parseWhole(text, file, broken);
  return starts.slice(0, -1).flatMap((start, i) => {
    const slice = readOrNote(broken, file, () => new Slice(text, file, start, starts[i + 1] as number));
    return slice ?? [];
  });
}

const NAME = /^(?:cluster_name|deployment_id): (?:"([^"\\\n]*)"|'([^'\n]*)'|([A-Za-z0-9][\w.-]*))\n/;

/** The name of the subject in a sealed file; null if there is none. Throws InvalidStateError. */
export function sealedName(text: string, file: string): string | null {
  const plain = NAME.exec(text);
  if (plain) return plain[1] ?? plain[2] ?? plain[3] ?? null;
  const value = parseYaml(text, file);
  const name = isMap(value) ? (value['cluster_name'] ?? value['deployment_id']) : null;
  return typeof name === 'string' ? name : null;
}

function asItem(text: string): string {
  const indented = text.slice(0, -1).replaceAll('\n', `\n${INDENT}`);
  return `${ITEM}${indented}\n`.replace(/\n {4}(?=\n)/g, '\n');
}

function header(subject: Subject): string {
  const [key, name] =
    subject.kind === 'deployment' ? ['deployment_id', subject.id] : ['cluster_name', subject.name];
  return `${key}: ${JSON.stringify(name)}\nevents:\n`;
}

/** The text of a sealed month: its events, as returned by `sealableText`, indented in a list. */
export function formatSealedMonth(subject: Subject, texts: readonly string[]): string {
  return header(subject) + texts.map(asItem).join('');
}

/** Whether `text` still means `event` as an item of a list. */
function keepsMeaning(text: string, event: KgitEvent, file: string): boolean {
  if (!text.endsWith('\n') || /^\n|\r/.test(text)) return false;
  const month = `cluster_name: "x"\nevents:\n${asItem(text)}`;
  const starts = itemStarts(month);
  if (starts?.length !== 2) return false;
  try {
    const [read] = parseWhole(month, file, REFUSE_BROKEN);
    return JSON.stringify(read?.read()) === JSON.stringify(event);
  } catch (error) {
    if (error instanceof InvalidStateError) return false;
    throw error;
  }
}

/**
 * The text of an event file for a sealed month. A text that would change its meaning in a list (document markers, odd
 * line endings) is written anew, with its comments if possible. Throws InvalidStateError for a broken file.
 */
export function sealableText(text: string, file: string): { head: EventHead; text: string } {
  if (isPlainBlock(text)) return { head: readHead(text, file), text };
  const event = parseEvent(text, file);
  const ways = [
    () => text,
    () => formatYaml(parseYamlDocument(text, file).contents),
    () => formatYaml(event),
  ];
  for (const way of ways) if (keepsMeaning(way(), event, file)) return { head: event, text: way() };
  throw new InvalidStateError(`${file}: it cannot be put into a list of events without changing it`, {
    data: { path: file },
    suggestions: [`Look at who changed ${file}, and put it back`],
  });
}
