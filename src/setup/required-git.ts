import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.js';
import { gitFailed, notThere } from '../gitstore/process/git.js';
import { GIT_OPTIONS, gitEnvironment } from '../gitstore/process/git-environment.js';
import { requireFloor, versionIn } from '../gitstore/repository/repository.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { findProgram } from '../platform/programs.js';
import { askProgram } from '../process/child.js';
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

/** Environments in which git has passed. */
const passed = new WeakSet<Environment>();

/**
 * Throws EnvironmentError if git is missing or too old. Called before git is started, and not by what starts none. Asking
 * git takes longer than many a command, so each git in PATH is asked once: the cache folder, or the installer, records
 * the one that passed.
 */
export function requireGit(environment: Environment): void {
  if (passed.has(environment)) return;
  const note = noteOf(environment);
  const identity = identityOfGit(environment);
  const isNoted = [note, INSTALLED_NOTE].some((path) => path !== null && identity === noted(path));
  if (identity === null || !isNoted) {
    // Not in the current folder: a repository there may have a configuration that git cannot read.
    const where = { environment: gitEnvironment(environment), cwd: tmpdir() };
    const { code, stdout, stderr, failure } = askProgram('git', [...GIT_OPTIONS, 'version'], where);
    if (failure !== null) throw notThere(failure);
    if (code !== 0) throw gitFailed(['version'], code ?? 1, stderr);
    requireFloor(versionIn(stdout));
    if (note !== null && identity !== null) void record(note, identity);
  }
  passed.add(environment);
}

async function record(note: string, identity: string): Promise<void> {
  try {
    await privateFolder(join(note, '..'));
    await replaceWhole(note, identity);
  } catch (error) {
    // Without a record, git is asked again the next time.
    if (!(error instanceof EnvironmentError)) throw error;
  }
}
