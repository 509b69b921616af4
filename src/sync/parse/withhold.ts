import type { StatePath } from '../../model/state/state-path.js';
import { isMap, setOwn, type Value } from '../../model/value/value.js';

/** The place of a secret, and its kind; never the secret itself. */
export interface FoundSecret {
  readonly path: string;
  readonly what: string;
}
/** Detects secrets. */
export interface SecretGuard {
  /** Finds secrets in `value`, which is at `path`; need not find all of them at once. */
  find(value: unknown, path: readonly (string | number)[]): readonly FoundSecret[];
  /** Formats a path like `find` does. Keys may be masked, so two paths may look alike. */
  show(path: readonly (string | number)[]): string;
  /** The same guard for paths that are none of the state, if the paths of secrets matter to this one. */
  readonly byLook?: SecretGuard;
}

/** A value without its secrets; undefined if none of it may be kept. */
export interface Withheld {
  readonly value: Value | undefined;
  readonly withheld: readonly string[];
}

/** The text in an event that replaces one with a secret. */
function withheldMarker(what: string): string {
  return `<withheld: ${what}>`;
}

/** Returns the replacement of a secret; undefined omits it. `key` is its key if it is in a map. */
type Replace = (what: string, key: string | null) => Value | undefined;
/** The kind of secret at a path; null if there is none. */
type Judge = (path: StatePath) => string | null;

function cut(
  value: Value,
  at: StatePath,
  judge: Judge,
  replace: Replace,
  key: string | null = null,
): Value | undefined {
  const what = judge(at);
  if (what !== null) return replace(what, key);
  if (Array.isArray(value)) {
    const items = value.map((item, i) => cut(item, [...at, i], judge, replace));
    // A list without one of its items would be misread, because the others' indexes change.
    return items.some((item) => item === undefined) ? undefined : (items as Value[]);
  }
  if (!isMap(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const rest = cut(item as Value, [...at, name], judge, replace, name);
    if (rest !== undefined) setOwn(kept, name, rest);
  }
  return kept as Value;
}

/**
 * Removes the secrets from `value`, which is at `at`: omitted from state, replaced by a marker in events. Searches the
 * rest again until nothing is found; if a secret cannot be located, nothing is kept.
 */
export function withhold(
  value: Value,
  at: StatePath,
  guard: SecretGuard,
  mode: 'leave out' | 'mark',
): Withheld {
  const secrets = new Map<string, string>();
  const judge: Judge = (path) => secrets.get(guard.show(path)) ?? null;
  let rest: Value | undefined = value;
  for (;;) {
    const found = rest === undefined ? [] : guard.find(rest, at);
    if (found.length === 0) break;
    const known = secrets.size;
    for (const { path, what } of found) if (!secrets.has(path)) secrets.set(path, what);
    if (secrets.size === known) return { value: undefined, withheld: [...secrets.keys()] };
    rest = cut(value, at, judge, () => undefined);
  }
  const withheld = [...secrets.keys()];
  if (mode === 'leave out' || withheld.length === 0) return { value: rest, withheld };
  // If the key itself is the secret, replacing its value would not hide it.
  const mark: Replace = (what, key) =>
    key !== null && guard.find(key, []).length > 0 ? undefined : withheldMarker(what);
  return { value: cut(value, at, judge, mark), withheld };
}

/** A part removed from a value. */
export interface TakenOut {
  readonly path: StatePath;
  readonly value: Value;
}

/** The parts of `value` that `withhold` removed, given the `rest`; a list item is removed with its whole list. */
export function takenOut(value: Value, rest: Value | undefined, at: StatePath = []): TakenOut[] {
  if (rest === undefined) return [{ path: at, value }];
  if (Array.isArray(value) && Array.isArray(rest))
    return value.flatMap((item, i) => takenOut(item, rest[i] as Value, [...at, i]));
  if (isMap(value) && isMap(rest))
    return Object.entries(value).flatMap(([key, item]) =>
      takenOut(item as Value, Object.hasOwn(rest, key) ? (rest[key] as Value) : undefined, [...at, key]),
    );
  return Object.is(value, rest) ? [] : [{ path: at, value }];
}
