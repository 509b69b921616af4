/** Saves a history to a file, because a run cannot be repeated exactly. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from './history.js';

const MAP = 'entriesOfMap';

/** Writes a history to a file in a folder; returns its path. */
export function saveHistory(history: History, folder: string): string {
  const path = join(folder, 'history.json');
  const text = JSON.stringify(
    history,
    (_key, value: unknown) => (value instanceof Map ? { [MAP]: [...value] } : value),
    1,
  );
  writeFileSync(path, `${text}\n`);
  return path;
}

/** Reads a history that `saveHistory` wrote. Throws Error for any other file. */
export function loadHistory(path: string): History {
  const history = JSON.parse(readFileSync(path, 'utf8'), (_key, value) =>
    Array.isArray(value?.[MAP]) ? new Map(value[MAP]) : value,
  ) as History;
  if (!Array.isArray(history?.calls) || !(history.chains instanceof Map))
    throw new Error(`${path} holds no history of a campaign`);
  return history;
}
