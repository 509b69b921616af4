/** An entry of a folder. */
interface Named {
  readonly name: string;
}

/** Compares entries by name, code unit by code unit. */
export function byName(a: Named, b: Named): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The index of `name` in sorted entries, or where it would be inserted. */
export function placeOf(entries: readonly Named[], name: string): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((entries[middle] as Named).name < name) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The entries, of a sorted list, whose names begin with `prefix`. */
export function* beginningWith<T extends Named>(entries: readonly T[], prefix: string): Generator<T> {
  for (let at = placeOf(entries, prefix); entries[at]?.name.startsWith(prefix); at++) yield entries[at] as T;
}
