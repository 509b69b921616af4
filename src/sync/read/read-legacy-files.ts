import { basename, dirname, join, normalize, resolve, sep } from 'node:path';
import { filesOf, MAX_FILES, statOf, tooMuch } from './find-legacy-files.js';
import { recogniseName } from './legacy-family.js';
import { type Problem, readText, SYMLINK } from './read-text.js';

/** A candidate for import: its text, or why it has none. */
export interface LegacyFile {
  /** For messages: relative to its argument; includes the argument if there are several. */
  readonly path: string;
  /** The folder that contains it; never shown or stored. */
  readonly folder: string;
  /** Absolute path; null for a file that is not on this machine's disk. */
  readonly place: string | null;
  /** Modification time in ms since the epoch; 0 if there is no text. */
  readonly mtimeMs: number;
  /** Null if the file is not imported because of its name, or if there is a problem. */
  readonly text: string | null;
  readonly problem: Problem | null;
}

/** Maximum number of bytes that one import reads. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

async function readOne(file: string, path: string): Promise<LegacyFile> {
  const folder = dirname(normalize(file));
  const found = { path, folder, place: resolve(file), mtimeMs: 0, text: null, problem: null };
  const { kind } = recogniseName(basename(file), basename(resolve(folder)));
  if (kind === 'unsupported') return found;
  if ((await statOf(file))?.isSymbolicLink()) return { ...found, problem: { message: SYMLINK } };
  if (kind === 'ignored') return found;
  try {
    return { ...found, ...(await readText(file)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { ...found, problem: { message: `cannot be read (${code})` } };
  }
}

/**
 * Reads the candidates for import at `paths`: a `state` folder, a checkout of the scripts (or the folder of the only
 * one), or single files; in the given order, then by name. Files that cannot be read are included, with the problem.
 * Throws NotFoundError for a path without candidates, UsageError if there is too much for one import.
 */
export async function readLegacyFiles(
  paths: readonly string[],
  progress: (done: number, all: number) => void = () => {},
): Promise<LegacyFile[]> {
  const files: LegacyFile[] = [];
  let total = 0;
  for (const argument of paths) {
    const names = await filesOf(argument);
    for (const [i, name] of names.entries()) {
      const path = join(argument, name);
      const shown = paths.length > 1 ? path : name || basename(argument);
      files.push(await readOne(path, shown.split(sep).join('/')));
      total += Buffer.byteLength(files.at(-1)?.text ?? '');
      if (files.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`);
      if (total > MAX_TOTAL_BYTES) throw tooMuch(`more than ${MAX_TOTAL_BYTES / 1024 / 1024} MiB`);
      progress(i + 1, names.length);
    }
  }
  return files;
}
