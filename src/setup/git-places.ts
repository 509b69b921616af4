/** What opening a git repository takes, whichever git opens it. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { EnvironmentError, NoRepositoryError } from '../errors.js';
import type { Repository } from '../gitstore/repository/repository.js';
import { checkoutOf, isInGitFolder } from './trust.js';

/** The default state branch. */
export const DEFAULT_BRANCH = 'main';
/** The folder of the outbox and the locks, in the clone's common git folder. */
export const LOCAL_FOLDER = 'kgit';

/** Returns a test for whether something exists at a path; a relative one is resolved from `cwd`. */
export function liesAt(cwd: string): (path: string) => boolean {
  return (path) => existsSync(resolve(cwd, path));
}

function remoteOf(config: ReadonlyMap<string, string>, branch: string): string | null {
  const chosen = config.get(`branch.${branch}.remote`);
  if (chosen && chosen !== '.' && config.has(`remote.${chosen}.url`)) return chosen;
  if (config.has('remote.origin.url')) return 'origin';
  const names = [...config.keys()].flatMap((key) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []);
  return names.length === 1 ? (names[0] as string) : null;
}

/** Names that git cannot mistake for an option. */
const REMOTE_NAME = /^[^-\u0000-\u0020\u007f][^\u0000-\u0020\u007f]*$/;

/** Returns the remote that a branch is published to; null for a purely local repository. Throws EnvironmentError. */
export function usableRemote({ config }: Repository, branch: string): string | null {
  const remote = remoteOf(config, branch);
  if (remote === null || REMOTE_NAME.test(remote)) return remote;
  throw new EnvironmentError(
    `the git remote ${JSON.stringify(remote.slice(0, 80))} has a name that kgit does not use`,
    {
      suggestions: [
        "Look at the repository's configuration, git config --list --local, before you trust it",
        'Rename it: git remote rename',
      ],
      data: { remote: remote.slice(0, 300) },
    },
  );
}

/**
 * Throws NoRepositoryError if the current folder is in a bare repository inside a checkout: its configuration came with
 * the files.
 */
export function refuseCommitted({ commonDir }: Repository, path: string): void {
  const isStoodIn = `${realpathSync(path)}${sep}`.startsWith(`${commonDir}${sep}`);
  if (!isStoodIn || isInGitFolder(commonDir)) return;
  const checkout = checkoutOf(dirname(commonDir));
  if (checkout === null) return;
  throw new NoRepositoryError(
    `the bare repository ${commonDir} lies in the git checkout ${checkout}, so its configuration can come with a commit of others`,
    {
      suggestions: [`Where it is your own, name it: --repo ${commonDir}`],
      data: { path: commonDir, checkout },
    },
  );
}
