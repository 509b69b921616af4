import { InvalidStateError } from '../../errors.js';
import { isUlid } from '../value/ulid.js';
import { isMap } from '../value/value.js';
import { formatYaml, parseYaml } from '../yaml/yaml.js';
import {
  EVENT_FIELD_LIST,
  EVENT_KEYS,
  type EventHead,
  type FieldKind,
  isAction,
  type KgitEvent,
} from './event.js';

/** The event with its known keys in their order, the others behind them; a map, for an object would put numbers first. */
function inOrder(event: KgitEvent): Map<string, unknown> {
  const keys = new Set<string>([...EVENT_KEYS, ...Object.keys(event)]);
  const present = [...keys].filter((key) => Object.hasOwn(event, key) && event[key] !== undefined);
  return new Map(present.map((key) => [key, event[key]]));
}

/** The text of an event file. */
export function formatEvent(event: KgitEvent): string {
  return formatYaml(inOrder(event));
}

/** What a reader relies on. */
interface Reading {
  readonly name: string;
  readonly accepts: (value: unknown) => boolean;
}

const TEXT: Reading = { name: 'text', accepts: (value) => typeof value === 'string' };
/** What readers take for granted of a field, by its kind; the rest is for review to check. */
const READINGS: Readonly<Partial<Record<FieldKind, Reading>>> = {
  word: TEXT,
  text: TEXT,
  outcome: TEXT,
  lifecycle: TEXT,
  duration: { name: 'number', accepts: (value) => typeof value === 'number' },
  mapping: { name: 'mapping', accepts: isMap },
  changes: {
    name: 'list of changes',
    accepts: (value) =>
      Array.isArray(value) && value.every((item) => isMap(item) && typeof item['path'] === 'string'),
  },
};

const HEAD = [
  String.raw`id: ([0-7][0-9A-HJKMNP-TV-Z]{25})\n`,
  String.raw`timestamp: "([0-9TZ:.+-]{20,40})"\n`,
  String.raw`action: (?!(?:true|false|null)\n)([a-z][a-z0-9_.-]{0,63})\n`,
];
/** What a reader of YAML takes for a number. */
const NUMBER = /^\d+(E\d+)?$/;

/** A reader of heads from texts whose lines are indented by so many spaces; it gives null where only a parser can tell. */
export function headReader(indent: number): (text: string, at: number) => EventHead | null {
  const pattern = new RegExp(HEAD.join(' '.repeat(indent)), 'y');
  return (text, at) => {
    pattern.lastIndex = at;
    const [, id, timestamp, action] = pattern.exec(text) ?? [];
    if (!id || !timestamp || !action || NUMBER.test(id) || Number.isNaN(Date.parse(timestamp))) return null;
    return { id, timestamp, action };
  };
}

const readPlainHead = headReader(0);

/** The head of an event file, parsed as a whole only where it is not as kgit writes it. Throws InvalidStateError. */
export function readHead(text: string, file: string): EventHead {
  return readPlainHead(text, 0) ?? parseEvent(text, file);
}

/**
 * Reads an event file back. What is committed was checked when it was written and is checked in review,
 * so only what every reader relies on is looked at here.
 * Throws InvalidStateError that names the file.
 */
export function parseEvent(text: string, file: string): KgitEvent {
  return checkedEvent(parseYaml(text, file), file);
}

/** The event that `value` is, as `parseEvent` checks it. Throws InvalidStateError that names the file. */
export function checkedEvent(value: unknown, file: string): KgitEvent {
  const fail = (why: string) =>
    new InvalidStateError(`${file}: ${why}`, {
      data: { path: file },
      suggestions: [`Look at who changed it: git log -- ${file}`],
    });
  if (!isMap(value)) throw fail('an event is a mapping');
  if (typeof value['id'] !== 'string' || !isUlid(value['id'])) throw fail('id is not a ULID');
  if (typeof value['action'] !== 'string' || !isAction(value['action']))
    throw fail('action is not an action word');
  if (typeof value['timestamp'] !== 'string' || Number.isNaN(Date.parse(value['timestamp'])))
    throw fail('timestamp is not an RFC 3339 time');
  for (const [field, { kind }] of EVENT_FIELD_LIST) {
    const reading = READINGS[kind];
    if (reading && value[field] !== undefined && !reading.accepts(value[field]))
      throw fail(`${field} is not a ${reading.name}`);
  }
  return value as unknown as KgitEvent;
}
