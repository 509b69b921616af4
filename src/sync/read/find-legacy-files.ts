import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NotFoundError, UsageError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { ARCHIVES_FOLDER, recogniseName, STATE_FOLDER } from './legacy-family.js';

/** Maximum number of files that one import reads. */
export const MAX_FILES = 10_000;
/** The folders of a checkout in which the scripts keep files, and how many levels of subfolders to search. */
const FOLDERS: readonly (readonly [name: string, depth: number])[] = [
  [STATE_FOLDER, 3],
  [ARCHIVES_FOLDER, 1],
  ['azure-resources', 0],
  ['wireguard', 0],
  ['wg-keys', 0],
  ['laptop-wg-config', 0],
];

export function tooMuch(what: string): UsageError {
  return new UsageError(`the paths hold ${what}: too much for one import`, {
    suggestions: ['Import the folders one by one'],
  });
}

export async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** The importable names below a folder, sorted, up to `depth` levels of subfolders; links to folders are not followed. */
async function candidates(folder: string, depth: number, below = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(join(folder, below))) {
    const name = join(below, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0) names.push(...(await candidates(folder, depth - 1, name)));
    } else if (recogniseName(entry.name, basename(join(folder, below))).kind !== 'ignored') names.push(name);
    if (names.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`);
  }
  return names.sort();
}

/** The importable files of a scripts' checkout: those at its root, and those in the folders that the scripts write to. */
async function inCheckout(root: string): Promise<string[]> {
  const isOther = (name: string) => recogniseName(name).kind === 'unsupported';
  const own = await candidates(root, 0);
  const found: string[] = [];
  for (const [name, depth] of FOLDERS) {
    const stats = await statOf(join(root, name));
    if (stats?.isSymbolicLink()) found.push(name);
    else if (stats?.isDirectory())
      found.push(...(await candidates(join(root, name), depth)).map((file) => join(name, file)));
  }
  // A checkout also contains unrelated YAML files at its root.
  return [...(found.length > 0 ? own.filter((name) => !isOther(name)) : own), ...found].sort();
}

/** The checkouts one level down, for a user who named the folder that contains the scripts' checkout. */
async function checkoutsBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (!entry.isDirectory()) continue;
    const state = join(folder, entry.name, STATE_FOLDER);
    if ((await statOf(state))?.isDirectory() && (await candidates(state, 0)).length > 0)
      found.push(entry.name);
  }
  return found.sort();
}

/** How many levels of subfolders to search in a folder named as an argument. */
function depthOf(argument: string): number {
  return FOLDERS.find(([name]) => name === basename(argument))?.[1] ?? 0;
}

/**
 * The paths of an argument's files, relative to it: '' if it is a file itself. Includes a link in place of one of the
 * folders. Throws NotFoundError, UsageError.
 */
export async function filesOf(argument: string): Promise<readonly string[]> {
  const stats = await statOf(argument);
  if (!stats) throw new NotFoundError(`there is no ${argument}`, { data: { path: argument } });
  if (!stats.isDirectory()) return [''];
  const depth = depthOf(argument);
  const names = depth > 0 ? await candidates(argument, depth) : await inCheckout(argument);
  if (names.length > 0) return names;
  const [deeper, ...others] = await checkoutsBelow(argument);
  if (deeper && others.length === 0)
    return (await inCheckout(join(argument, deeper))).map((name) => join(deeper, name));
  if (deeper) {
    const folders = [deeper, ...others].slice(0, 5).map((name) => join(name, STATE_FOLDER));
    throw new UsageError(`${argument} holds ${others.length + 1} state folders: ${folders.join(', ')}`, {
      data: { path: argument },
      suggestions: ['Name the one to import'],
    });
  }
  throw new NotFoundError(`${argument} holds no state or event file of the scripts`, {
    data: { path: argument },
    suggestions: ["Name the folder 'state' of the scripts, the folder that holds it, or single files"],
  });
}
