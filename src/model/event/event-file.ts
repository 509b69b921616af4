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

/** The event with its known keys in order, followed by all others. A Map, because an object would put numeric keys first. */
function inOrder(event: KgitEvent): Map<string, unknown> {
  const keys = Object.keys(event);
  const fields = new Map<string, unknown>();
  for (const key of EVENT_KEYS) if (keys.includes(key)) fields.set(key, event[key]);
  for (const key of keys) fields.set(key, event[key]);
  for (const [key, value] of fields) if (value === undefined) fields.delete(key);
  return fields;
}

/** Formats an event as the text of its file. */
export function formatEvent(event: KgitEvent): string {
  return formatYaml(inOrder(event));
}

/** What a reader expects of a value. */
interface Reading {
  readonly name: string;
  readonly accepts: (value: unknown) => boolean;
}

const TEXT: Reading = { name: 'text', accepts: (value) => typeof value === 'string' };
/** What readers rely on, by the kind of a field; everything else is checked in review. */
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

/** What readers rely on, field by field. */
const FIELDS = EVENT_FIELD_LIST.flatMap(([field, { kind }]) => {
  const reading = READINGS[kind];
  return reading ? [{ field, ...reading }] : [];
});

const HEAD = [
  String.raw`id: ([0-7][0-9A-HJKMNP-TV-Z]{25})\n`,
  String.raw`timestamp: "([0-9TZ:.+-]{20,40})"\n`,
  String.raw`action: (?!(?:true|false|null)\n)([a-z][a-z0-9_.-]{0,63})\n`,
];
/** An id that a YAML reader would take for a number. */
const NUMBER = /^\d+(E\d+)?$/;

/** Makes a reader of event heads for texts indented by `indent` spaces; it returns null if only a parser can tell. */
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

/** The head of an event file. Parses the whole file only if it is not in kgit's layout. Throws InvalidStateError. */
export function readHead(text: string, file: string): EventHead {
  return readPlainHead(text, 0) ?? parseEvent(text, file);
}

/**
 * Parses an event file. Committed events were checked when written and are checked in review, so this checks only what
 * every reader relies on. Throws InvalidStateError that names the file.
 */
export function parseEvent(text: string, file: string): KgitEvent {
  return checkedEvent(parseYaml(text, file), file);
}

/** Checks a parsed event as `parseEvent` does. Throws InvalidStateError that names the file. */
export function checkedEvent(value: unknown, file: string): KgitEvent {
  const fail = (why: string) =>
    new InvalidStateError(`${file}: ${why}`, {
      data: { path: file },
      suggestions: [`Look at who changed ${file}, and put it back`],
    });
  if (!isMap(value)) throw fail('an event is a mapping');
  if (typeof value['id'] !== 'string' || !isUlid(value['id'])) throw fail('id is not a ULID');
  if (typeof value['action'] !== 'string' || !isAction(value['action']))
    throw fail('action is not an action word');
  if (typeof value['timestamp'] !== 'string' || Number.isNaN(Date.parse(value['timestamp'])))
    throw fail('timestamp is not an RFC 3339 time');
  for (const { field, name, accepts } of FIELDS)
    if (value[field] !== undefined && !accepts(value[field])) throw fail(`${field} is not a ${name}`);
  return value as unknown as KgitEvent;
}
