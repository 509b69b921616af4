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
/** What would begin or end a document at the start of a line. */
const DOCUMENT_MARK = /---|\.\.\.|%/y;
const readIndentedHead = headReader(INDENT.length);

/** An event in a sealed month; parsed when it is asked for. */
export interface SealedEvent {
  readonly head: EventHead;
  /** As its own file held it. */
  text(): string;
  /** Throws InvalidStateError that names the sealed file and the line. */
  read(): KgitEvent;
}

/** Where the items of the list begin, the text's end behind them; null where the text is not laid out as kgit does. */
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
      // Once more where it stands in the file, so that the message names its line.
      const above = this.#month.slice(0, this.#start).split('\n').length - 1;
      const text = INDENT + this.#month.slice(this.#start + ITEM.length, this.#end);
      parseEvent('\n'.repeat(above) + text, this.#file);
      throw error;
    }
  }
}

/** The events of a file that a person laid out in another way: all of it is parsed at once. */
function parseWhole(text: string, file: string, broken: BrokenEvents): SealedEvent[] {
  const value = parseYaml(text, file);
  const events = isMap(value) ? value['events'] : null;
  if (!Array.isArray(events)) {
    throw new InvalidStateError(`${file}: a sealed month is a mapping with a list of events`, {
      data: { path: file },
      suggestions: [`Look at who changed it: git log -- ${file}`],
    });
  }
  return events.flatMap((item, i): SealedEvent[] => {
    const event = readOrNote(broken, file, () => checkedItem(item, i, file));
    return event ? [{ head: event, text: () => formatYaml(item), read: () => event }] : [];
  });
}

/** An item of the list, which stands on no line that is known. */
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
 * The events of a sealed month in the order of the file. Where it is laid out as kgit does it is cut by its
 * indentation, so that thousands of events cost no parsing. Throws InvalidStateError for what is no list of events.
 * @param broken what becomes of events in it that cannot be read
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

/** Whose month a sealed file says it is; null where it does not say it. Throws InvalidStateError. */
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

/** The text of a sealed month: the texts of its events, each as `sealableText` gave it, indented and put in a list. */
export function formatSealedMonth(subject: Subject, texts: readonly string[]): string {
  return header(subject) + texts.map(asItem).join('');
}

/** Whether every reader of YAML finds `event` where `text` is put into a list. */
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
 * An event file as it can be sealed: its own text, or, where that would mean something else in a list (marks of
 * documents, odd line ends), the same keys and values written anew, with their comments if they can be kept.
 * Throws InvalidStateError for a broken file.
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
    suggestions: [`Look at who changed it: git log -- ${file}`],
  });
}
