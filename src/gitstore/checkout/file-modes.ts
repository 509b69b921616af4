/** Modes of files in a work tree, as git tells them. */
import type { Stats } from 'node:fs';
import { isProgram } from '../../platform/file-modes.js';
import { EXECUTABLE_FILE, PLAIN_FILE } from '../embedded/object-formats.js';
import type { Git, GitCall } from '../process/git.js';

/** The mode that git records for a plain file with these stats. */
export function recordedMode(stats: Stats): string {
  return isProgram(stats) ? EXECUTABLE_FILE : PLAIN_FILE;
}

/**
 * Whether the modes of files say anything in a work tree: on some file systems all of them are executable, and git notes it as
 * `core.fileMode=false`. It then takes the mode that it has recorded. Throws EnvironmentError.
 * @param words options of git that name the work tree
 */
export async function hasModes(git: Git, words: readonly string[], call: GitCall): Promise<boolean> {
  const asked = ['config', '--type=bool', '--default=true', '--get', 'core.fileMode'];
  return (await git.text([...words, ...asked], call)).trim() !== 'false';
}
