import type { Git } from '../process/git.js';
import type { Repository } from './repository.js';

/** What `.gitattributes` calls the merge driver of state documents. */
const DRIVER = 'merge.kgit-state';

/** Whether a clone lacks the merge driver: nobody merges in a bare one. */
export function lacksMergeDriver({ workTree, config }: Repository): boolean {
  return workTree !== null && !config.has(`${DRIVER}.driver`);
}

/** Registers the merge driver of state documents in a clone's own configuration. */
export async function registerMergeDriver(git: Git): Promise<void> {
  const values = { name: 'kgit: state path by path', driver: 'kgit merge-state %O %A %B %P' };
  for (const [key, value] of Object.entries(values)) {
    // A clone that cannot be written to now, or that another process is writing to, gets it at another command.
    const { code } = await git.run(['config', '--local', `${DRIVER}.${key}`, value]);
    if (code !== 0) return;
  }
}
