import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.js';
import type { Git } from '../gitstore/process/git.js';
import { checkGitVersion } from '../gitstore/repository/repository.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { findProgram } from '../platform/programs.js';
import { privateFolder, replaceWhole } from '../store/local/durable-files.js';

/** The record of an installer, for all users. `bin/keep-code.sh` writes it beside the compiled code. */
const INSTALLED_NOTE = join(PACKAGE_ROOT, 'dist/code/git-checked');

type Environment = Readonly<Record<string, string | undefined>>;

/** Path, mtime and size of the git in PATH, which tell it from the one before an update; null if there is none. */
function identityOfGit(environment: Environment): string | null {
  const git = findProgram('git', environment['PATH']);
  return git ? `${git.path} ${git.stats.mtimeMs} ${git.stats.size}\n` : null;
}

function noteOf(environment: Environment): string | null {
  const home = environment['HOME'];
  const cache = environment['XDG_CACHE_HOME'] || (home && join(home, '.cache'));
  return cache ? join(cache, 'kgit', 'git-checked') : null;
}

/** The identity that was recorded; null if none can be read. */
function noted(note: string): string | null {
  try {
    return readFileSync(note, 'utf8');
  } catch {
    // git is asked again.
    return null;
  }
}

/**
 * Throws EnvironmentError if git is missing or too old. Asking git takes longer than many a command, so each git in
 * PATH is asked once: the cache folder, or the installer, records the one that passed.
 */
export async function requireGit(git: Git, environment: Environment): Promise<void> {
  const note = noteOf(environment);
  const identity = identityOfGit(environment);
  const isNoted = [note, INSTALLED_NOTE].some((path) => path !== null && identity === noted(path));
  if (identity !== null && isNoted) return;
  await checkGitVersion(git);
  if (note === null || identity === null) return;
  try {
    await privateFolder(join(note, '..'));
    await replaceWhole(note, identity);
  } catch (error) {
    // Without a record, git is asked again the next time.
    if (!(error instanceof EnvironmentError)) throw error;
  }
}
