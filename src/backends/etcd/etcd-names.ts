import type { Put } from '../keyed/key-space.js';

/**
 * The folders of a flat key space. etcd can only list whole ranges of keys, so each folder that has a folder above
 * leaves a mark: `in/tip/:clusters/` says that there are keys below `tip/clusters/`.
 */

/** The folders that a key lies in, from the innermost outwards, without the root. */
export function foldersOf(key: string): string[] {
  const found: string[] = [];
  for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1))
    found.push(key.slice(0, at + 1));
  return found;
}

/** The key of the mark of a folder. */
export function markOf(folder: string): string {
  const at = folder.lastIndexOf('/', folder.length - 2) + 1;
  return `in/${folder.slice(0, at)}:${folder.slice(at)}`;
}

/** The folders that need marks after these puts. */
export function marksNeeded(puts: readonly Put[]): Set<string> {
  return new Set(puts.flatMap(({ key, value }) => (value === null ? [] : foldersOf(key))));
}

/** The folders that these puts may leave without keys, and how many keys they take from each. */
export function maybeEmptied(puts: readonly Put[]): Map<string, number> {
  const needed = marksNeeded(puts);
  const found = new Map<string, number>();
  for (const { key, value } of puts)
    if (value === null)
      for (const folder of foldersOf(key))
        if (!needed.has(folder)) found.set(folder, (found.get(folder) ?? 0) + 1);
  return found;
}

/** Those of these folders that lie in no other of them. */
export function outermost(folders: readonly string[]): string[] {
  return folders.filter((folder) => !folders.some((other) => other !== folder && folder.startsWith(other)));
}
