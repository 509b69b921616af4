import { join } from 'node:path';
import { gitStore } from '../../src/gitstore/git-program.js';
import type { GitStore } from '../../src/gitstore/git-store.js';
import { Git } from '../../src/gitstore/process/git.js';
import { openRepository } from '../../src/gitstore/repository/repository.js';
import { thisHost } from '../../src/setup/this-host.js';
import type { Clock } from '../../src/store/port/host.js';
import { realClock } from './git-fixtures.js';

/**
 * The git driver on a repository. It is not in `git-fixtures.ts`, which most test files load: the modules of the driver
 * take a third of a second of processor time.
 */
export async function openGitStore(
  path: string,
  remote: string | null = null,
  clock: Clock = realClock,
): Promise<GitStore> {
  const finder = new Git(path, process.env);
  const repository = await openRepository(finder, path);
  return gitStore(finder.at(repository.commonDir), {
    standing: repository.workTree === null ? null : finder,
    repository,
    branch: 'main',
    remote,
    folder: join(repository.commonDir, 'kgit'),
    committer: { name: 'kgit', email: 'kgit@test' },
    clock,
    host: thisHost,
  });
}
