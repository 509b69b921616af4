import { EVENT_KEYS } from '../../model/event/event.js';
import { isMap } from '../../model/value/value.js';

/** A text up to this length is never cut, in characters: names, times and ids stay whole. */
const SHORT_TEXT = 200;
/** A mapping with more keys than this is none that a schema lists. */
const MANY_KEYS = 64;
/** Keys whose value may be anything: a value that is left out is replaced by a text. */
const VALUES = new Set(['before', 'after', 'recorded', 'live', 'config']);
/** Keys with a mapping of any content: what replaces it is a mapping. */
const RECORDS = new Set(['parameters', 'context', 'source', 'labels', 'data']);

/** The keys of an event in a document, but for fields that kgit does not know. */
const isEventKey = (key: string) => key === 'subject' || EVENT_KEYS.includes(key);

/** Measures a value, in bytes of its JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/**
 * Makes a value of a document small: takes the largest lists, texts and free mappings in it, and shortens them until the
 * whole fits. Keys that schemas require stay, so that the result is still valid. Lists lose their last items.
 * @param room in bytes of its JSON
 */
export function shrunk(value: unknown, room: number): unknown {
  let shown = value;
  while (jsonBytes(shown) > room) {
    const survey = new Pass(Number.POSITIVE_INFINITY);
    survey.of(shown);
    if (survey.largest === 0) break;
    // All that are nearly as large are cut at once: one after another would take as many rounds as there are.
    shown = new Pass(survey.largest / 2).of(shown).value;
  }
  return shown;
}

interface Passed {
  readonly value: unknown;
  readonly bytes: number;
  /** How many of these are in parts that can be shortened on their own. */
  readonly inParts: number;
}

/** Goes through a value once, and shortens the parts that have at least `limit` bytes of their own. */
class Pass {
  readonly #limit: number;
  /** Bytes of the largest part that can be shortened. */
  largest = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param isFree whether the schema allows anything in place of the value */
  of(value: unknown, key?: string, isFree = false): Passed {
    if (isFree) return this.#leftOut(value, (said) => said);
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return this.#list(value);
    if (isMap(value)) return this.#mapping(value, key);
    return { value, bytes: jsonBytes(value), inParts: 0 };
  }

  /** Whether a part of this size is to be shortened. */
  #isLarge(own: number): boolean {
    this.largest = Math.max(this.largest, own);
    return own >= this.#limit;
  }

  #leftOut(value: unknown, replacement: (said: string) => unknown): Passed {
    const bytes = jsonBytes(value);
    const other = replacement(`(left out: ${bytes} bytes)`);
    if (bytes <= 2 * jsonBytes(other)) return { value, bytes, inParts: 0 };
    return { value: this.#isLarge(bytes) ? other : value, bytes, inParts: bytes };
  }

  #text(text: string): Passed {
    const bytes = jsonBytes(text);
    if (text.length <= SHORT_TEXT) return { value: text, bytes, inParts: 0 };
    const value = this.#isLarge(bytes) ? `${text.slice(0, Math.min(text.length / 2, 2_000))}…` : text;
    return { value, bytes, inParts: bytes };
  }

  #list(items: readonly unknown[]): Passed {
    const passed = items.map((item) => this.of(item));
    const bytes = passed.reduce((sum, one) => sum + one.bytes + 1, 2);
    const inItems = passed.reduce((sum, one) => sum + one.inParts, 0);
    const kept =
      items.length > 0 && this.#isLarge(bytes - inItems) ? Math.floor(items.length / 2) : undefined;
    return { value: passed.slice(0, kept).map(({ value }) => value), bytes, inParts: bytes };
  }

  #mapping(map: Readonly<Record<string, unknown>>, key: string | undefined): Passed {
    const isEvent = 'id' in map && 'timestamp' in map && 'action' in map;
    const all = Object.entries(map);
    if (key !== undefined && (RECORDS.has(key) || (all.length > MANY_KEYS && !isEvent)))
      return this.#leftOut(map, (said) => ({ '…': said }));
    // An event may have any number of fields of its own.
    const entries = isEvent && all.length > MANY_KEYS ? all.filter(([name]) => isEventKey(name)) : all;
    const passed = entries.map(
      ([name, child]) =>
        [name, this.of(child, name, VALUES.has(name) || (isEvent && !isEventKey(name)))] as const,
    );
    const bytes = passed.reduce((sum, [name, one]) => sum + jsonBytes(name) + one.bytes + 2, 2);
    const inParts = passed.reduce((sum, [, one]) => sum + one.inParts, 0);
    return { value: Object.fromEntries(passed.map(([name, { value }]) => [name, value])), bytes, inParts };
  }
}
