import { readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { privateFolder, replaceDurably } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { checkGitVersion } from './repository.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The git that PATH leads to, with what tells it from the one of before an update; null where that is not to be seen. */
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
 * Throws EnvironmentError when git is missing or too old. Asking git takes longer than many a command, so
 * it is asked once for each git that PATH leads to: the cache folder notes the one that was found good.
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
    // Where nothing can be noted, git is asked again the next time.
    if (!(error instanceof EnvironmentError)) throw error;
  }
}
