import { type JsonObject, readArray, readObject, readString } from '../kubectl/read.js';

export type Labels = ReadonlyMap<string, string>;

/** Reads the labels in an object's metadata; values that are not text are left out. */
export function readLabels(value: unknown): Labels {
  return new Map(
    Object.entries(readObject(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/**
 * Whether a label selector selects `labels`. An empty selector selects nothing, as in kcm; nor does one that cannot be
 * parsed.
 */
export function isSelectedBy(selector: JsonObject, labels: Labels): boolean {
  const wanted = Object.entries(readObject(selector['matchLabels']));
  const expressions = readArray(selector['matchExpressions']).map(readObject);
  if (wanted.length + expressions.length === 0) return false;
  return (
    wanted.every(([key, value]) => labels.get(key) === value) &&
    expressions.every((expression) => holds(expression, labels))
  );
}

function holds(expression: JsonObject, labels: Labels): boolean {
  const key = readString(expression['key']);
  if (key === null) return false;
  const value = labels.get(key);
  const values = readArray(expression['values']);
  switch (expression['operator']) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    default:
      return false;
  }
}
