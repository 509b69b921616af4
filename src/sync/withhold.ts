import { formatStatePath, type StatePath } from '../model/state-path.js';
import { isMap, setOwn, type Value } from '../model/value.js';

/** A place that holds a secret, and what kind of secret: never the secret itself. */
export interface FoundSecret {
  readonly path: string;
  readonly what: string;
}
/** Finds the secrets in `value`, which stands at `path`. */
export type FindSecrets = (value: unknown, path: readonly (string | number)[]) => readonly FoundSecret[];

/** A value without its secrets; undefined where nothing of it may be kept. */
export interface Withheld {
  readonly value: Value | undefined;
  readonly withheld: readonly string[];
}

/** What stands in an event for a text that held a secret. */
export function withheldMarker(what: string): string {
  return `<withheld: ${what}>`;
}

type Replace = (what: string) => Value | undefined;

function cut(
  value: Value,
  at: StatePath,
  secrets: ReadonlyMap<string, string>,
  replace: Replace,
): Value | undefined {
  const what = secrets.get(formatStatePath(at));
  if (what !== undefined) return replace(what);
  if (Array.isArray(value)) {
    const items = value.map((item, i) => cut(item, [...at, i], secrets, replace));
    // A list that lost an item would be misread, for the places of the others have changed.
    return items.some((item) => item === undefined) ? undefined : (items as Value[]);
  }
  if (!isMap(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const rest = cut(item as Value, [...at, key], secrets, replace);
    if (rest !== undefined) setOwn(kept, key, rest);
  }
  return kept as Value;
}

/**
 * Takes the secrets out of `value`, which stands at `at`: left out of state, replaced by a marker in events.
 * What is left is searched again: where a secret could not be cut out, nothing is kept.
 */
export function withhold(
  value: Value,
  at: StatePath,
  findSecrets: FindSecrets,
  mode: 'leave out' | 'mark',
): Withheld {
  const found = findSecrets(value, at);
  if (found.length === 0) return { value, withheld: [] };
  const secrets = new Map(found.map(({ path, what }) => [path, what]));
  const withheld = [...secrets.keys()];
  const rest = cut(value, at, secrets, () => undefined);
  if (rest !== undefined && findSecrets(rest, at).length > 0) return { value: undefined, withheld };
  if (mode === 'leave out') return { value: rest, withheld };
  return { value: cut(value, at, secrets, withheldMarker), withheld };
}
