import { type Stats, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { IS_WINDOWS } from './system.js';

/** Where the system looks for programs without a PATH; Windows looks in more places. */
const USUAL_PATH = IS_WINDOWS ? undefined : '/usr/bin:/bin';

/** A program's file. */
export interface ProgramFile {
  readonly path: string;
  readonly stats: Stats;
}

/** Stats of a file; null if it cannot be looked at, as in a folder that the user may not search. */
function statsOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Finds a program in the folders of PATH; null if it is in none, undefined if that cannot be told. */
export function findProgram(
  program: string,
  path: string | undefined = USUAL_PATH,
): ProgramFile | null | undefined {
  if (path === undefined) return undefined;
  const names = IS_WINDOWS ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of path.split(delimiter)) {
    for (const name of names) {
      const file = join(folder || '.', name);
      const stats = statsOf(file);
      if (stats?.isFile()) return { path: file, stats };
    }
  }
  return null;
}
