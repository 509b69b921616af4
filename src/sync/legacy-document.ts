import { InvalidStateError } from '../errors.js';
import { isMap, type Value } from '../model/value.js';
import { parseYaml } from '../model/yaml.js';
import { type Family, isStateFamily } from './legacy-family.js';

export type LegacyDocument = Readonly<Record<string, Value>>;

/**
 * The mapping that a legacy file holds; an empty one where it holds nothing, as after a crash of the scripts.
 * Throws InvalidStateError (line and column where they are known) for broken YAML and for another shape.
 */
export function parseLegacyDocument(text: string, path: string, family: Family): LegacyDocument {
  const value = parseYaml(text, path);
  if (value === null) return {};
  const fail = (why: string) => new InvalidStateError(`${path}: ${why}`, { data: { path } });
  if (!isMap(value)) throw fail('is not a mapping');
  const document = value as LegacyDocument;
  const events = document['events'] ?? null;
  if (!isStateFamily(family) && events !== null && !Array.isArray(events)) throw fail('events is not a list');
  return document;
}

/** Whether a state file holds its events itself: a shape of its own, with every value a text. */
export function hasEmbeddedEvents(document: LegacyDocument, family: Family): boolean {
  return isStateFamily(family) && Object.hasOwn(document, 'events');
}

/** The entries of an event file. */
export function entriesOf(document: LegacyDocument): readonly Value[] {
  return (document['events'] ?? []) as readonly Value[];
}
