import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { NotFoundError, UsageError } from '../errors.js';
import { MAX_YAML_BYTES } from '../model/yaml.js';
import { hasCode } from '../store/durable-files.js';
import { recogniseName } from './legacy-family.js';

/** A candidate for import: its text, or why there is none. */
export interface LegacyFile {
  /** For people: relative to the argument that led to it, behind the argument where there are several. */
  readonly path: string;
  /** Tells the files of one folder from those of another; it is never shown or kept. */
  readonly folder: string;
  /** Null where the name alone says that it is not imported, and where there is a problem. */
  readonly text: string | null;
  readonly problem: string | null;
}

/** Most files that one import reads. */
const MAX_FILES = 10_000;
/** Most bytes that one import reads. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

const SYMLINK = 'is a symbolic link, which is not followed';
const STATE_FOLDER = 'state';

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** The text of a regular file, or the problem with it; a symbolic link, pipe or device is never opened. */
async function readText(path: string): Promise<{ text: string } | { problem: string }> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return { problem: SYMLINK };
  if (!stats.isFile()) return { problem: 'is not a regular file' };
  // The flags hold what lstat saw, should the file be swapped in between.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  for await (const chunk of handle.createReadStream({ end: MAX_YAML_BYTES })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_YAML_BYTES) {
    return { problem: `is larger than ${MAX_YAML_BYTES / 1024 / 1024} MiB` };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'is not valid UTF-8' };
  }
}

async function readOne(file: string, path: string): Promise<LegacyFile> {
  const found = { path, folder: dirname(normalize(file)), text: null, problem: null };
  if (recogniseName(basename(file)).kind !== 'family') return found;
  try {
    return { ...found, ...(await readText(file)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { ...found, problem: `cannot be read (${code})` };
  }
}

/** The names of a folder's candidates, sorted. */
async function candidates(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (entry.isDirectory() || recogniseName(entry.name).kind === 'ignored') continue;
    names.push(entry.name);
    if (names.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`);
  }
  return names.sort();
}

function tooMuch(what: string): UsageError {
  return new UsageError(`the paths hold ${what}: too much for one import`, {
    suggestions: ['Import the folders one by one'],
  });
}

/** The `state` folders one folder down: somebody named the place that the scripts' checkout lies in. */
async function stateFoldersBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (!entry.isDirectory()) continue;
    const inner = join(entry.name, STATE_FOLDER);
    if (
      (await statOf(join(folder, inner)))?.isDirectory() &&
      (await candidates(join(folder, inner))).length > 0
    )
      found.push(inner);
  }
  return found.sort();
}

/** Where the files of an argument lie: the file itself, or a folder and the names in it. */
async function filesOf(argument: string): Promise<readonly string[]> {
  const stats = await statOf(argument);
  if (!stats) throw new NotFoundError(`there is no ${argument}`, { data: { path: argument } });
  if (!stats.isDirectory()) return [''];
  const inner = await statOf(join(argument, STATE_FOLDER));
  if (inner?.isSymbolicLink()) return [STATE_FOLDER];
  const below = inner?.isDirectory() ? STATE_FOLDER : '';
  const names = await candidates(join(argument, below));
  if (names.length > 0) return names.map((name) => join(below, name));
  const [deeper, ...others] = below ? [] : await stateFoldersBelow(argument);
  if (deeper && others.length === 0)
    return (await candidates(join(argument, deeper))).map((name) => join(deeper, name));
  if (deeper) {
    throw new UsageError(
      `${argument} holds ${others.length + 1} state folders: ${[deeper, ...others].slice(0, 5).join(', ')}`,
      {
        data: { path: argument },
        suggestions: ['Name the one to import'],
      },
    );
  }
  throw new NotFoundError(`${join(argument, below)} holds no state or event file of the scripts`, {
    data: { path: argument },
    suggestions: ["Name the folder 'state' of the scripts, the folder that holds it, or single files"],
  });
}

/**
 * The candidates for import at `paths`: a `state` folder, a folder that holds one (or whose only checkout does), or single files, in the
 * order given and then by name. What cannot be read is among them, with its problem.
 * Throws NotFoundError for a path that holds nothing, UsageError for more than one import should take.
 */
export async function readLegacyFiles(paths: readonly string[]): Promise<LegacyFile[]> {
  const files: LegacyFile[] = [];
  let total = 0;
  for (const argument of paths) {
    for (const name of await filesOf(argument)) {
      const path = join(argument, name);
      const shown = paths.length > 1 ? path : name || basename(argument);
      if (name === STATE_FOLDER) files.push({ path: shown, folder: path, text: null, problem: SYMLINK });
      else files.push(await readOne(path, shown.split(sep).join('/')));
      total += Buffer.byteLength(files.at(-1)?.text ?? '');
      if (files.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`);
      if (total > MAX_TOTAL_BYTES) throw tooMuch(`more than ${MAX_TOTAL_BYTES / 1024 / 1024} MiB`);
    }
  }
  return files;
}
