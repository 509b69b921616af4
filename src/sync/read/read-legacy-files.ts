import { basename, dirname, join, normalize, resolve, sep } from 'node:path';
import { filesOf, MAX_FILES, statOf, tooMuch } from './find-legacy-files.js';
import { recogniseName } from './legacy-family.js';
import { type Problem, readText, SYMLINK } from './read-text.js';

/** A candidate for import: its text, or why there is none. */
export interface LegacyFile {
  /** For people: relative to the argument that led to it, behind the argument where there are several. */
  readonly path: string;
  /** The folder that it lies in; it is never shown or kept. */
  readonly folder: string;
  /** Absolute path; null for a file that is not on this machine's disk. */
  readonly place: string | null;
  /** Modification time in ms since the epoch; 0 where there is no text. */
  readonly mtimeMs: number;
  /** Null where the name alone says that it is not imported, and where there is a problem. */
  readonly text: string | null;
  readonly problem: Problem | null;
}

/** Most bytes that one import reads. */
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
 * The candidates for import at `paths`: a `state` folder, a checkout of the scripts (or the folder of the only one),
 * or single files, in the order given and then by name. What cannot be read is among them, with its problem.
 * Throws NotFoundError for a path that holds nothing, UsageError for more than one import should take.
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
