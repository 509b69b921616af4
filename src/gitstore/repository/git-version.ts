import { readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { privateFolder, replaceDurably } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { checkGitVersion } from './repository.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Path, mtime and size of the git in PATH, which tell it from the one before an update; null if there is none. */
async function identityOfGit(environment: Environment): Promise<string | null> {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'git');
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) return `${path} ${stats.mtimeMs} ${stats.size}\n`;
  }
  return null;
}

function noteOf(environment: Environment): string | null {
  const home = environment['HOME'];
  const cache = environment['XDG_CACHE_HOME'] || (home && join(home, '.cache'));
  return cache ? join(cache, 'kgit', 'git-checked') : null;
}

/**
 * Throws EnvironmentError if git is missing or too old. Asking git takes longer than many a command, so each git in
 * PATH is asked once: the cache folder records the one that passed.
 */
export async function requireGit(git: Git, environment: Environment): Promise<void> {
  const note = noteOf(environment);
  const identity = note === null ? null : await identityOfGit(environment);
  if (note !== null && identity !== null && identity === (await readFile(note, 'utf8').catch(() => null)))
    return;
  await checkGitVersion(git);
  if (note === null || identity === null) return;
  try {
    await privateFolder(join(note, '..'));
    await replaceDurably(note, identity);
  } catch (error) {
    // Without a record, git is asked again the next time.
    if (!(error instanceof EnvironmentError)) throw error;
  }
}
