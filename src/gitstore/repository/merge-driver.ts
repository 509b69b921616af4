import type { Git } from '../process/git.js';
import type { Repository } from './repository.js';

/** Config section of the merge driver for state documents, which `.gitattributes` names. */
const DRIVER = 'merge.kgit-state';

/** Whether a clone lacks the merge driver. A bare clone needs none: nobody merges there. */
export function lacksMergeDriver({ workTree, config }: Repository): boolean {
  return workTree !== null && !config.has(`${DRIVER}.driver`);
}

/** Registers the merge driver of state documents in a clone's own configuration. */
export async function registerMergeDriver(git: Git): Promise<void> {
  const values = { name: 'kgit: state path by path', driver: 'kgit merge-state %O %A %B %P' };
  for (const [key, value] of Object.entries(values)) {
    // A clone that is read-only, or busy with another process, gets it with a later command.
    const { code } = await git.run(['config', '--local', `${DRIVER}.${key}`, value]);
    if (code !== 0) return;
  }
}
