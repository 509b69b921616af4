import type { StatePath } from '../../model/state/state-path.js';
import { isMap, setOwn, type Value } from '../../model/value/value.js';

/** A place that holds a secret, and what kind of secret: never the secret itself. */
export interface FoundSecret {
  readonly path: string;
  readonly what: string;
}
/** What knows a secret when it sees one. */
export interface SecretGuard {
  /** The secrets in `value`, which stands at `path`; it need not find all at once. */
  find(value: unknown, path: readonly (string | number)[]): readonly FoundSecret[];
  /** A path as `find` names it; it may mask keys, so two paths may be shown alike. */
  show(path: readonly (string | number)[]): string;
}

/** A value without its secrets; undefined where nothing of it may be kept. */
export interface Withheld {
  readonly value: Value | undefined;
  readonly withheld: readonly string[];
}

/** What stands in an event for a text that held a secret. */
function withheldMarker(what: string): string {
  return `<withheld: ${what}>`;
}

/** What to put in the place of a secret; undefined leaves it out. `key` is its key where it stands in a map. */
type Replace = (what: string, key: string | null) => Value | undefined;
/** What stands at a path, null where it is no secret. */
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
    // A list that lost an item would be misread, for the places of the others have changed.
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
 * Takes the secrets out of `value`, which stands at `at`: left out of state, replaced by a marker in events.
 * What is left is searched again until nothing is found; where a secret cannot be placed, nothing is kept.
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
  // Where the key itself is the secret, a marker behind it would not hide it.
  const mark: Replace = (what, key) =>
    key !== null && guard.find(key, []).length > 0 ? undefined : withheldMarker(what);
  return { value: cut(value, at, judge, mark), withheld };
}

/** A part of a value that was taken out of it. */
export interface TakenOut {
  readonly path: StatePath;
  readonly value: Value;
}

/** What `withhold` took out of `value`, of which it left `rest`; an item of a list goes with its list. */
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
