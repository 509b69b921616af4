import { ConflictError, RemoteError } from '../errors.js';
import type { Revision } from '../store/state-store.js';
import type { Git } from './git.js';

/** Whether two commits have history in common, as far as this repository can tell. */
export async function isRelated(git: Git, one: Revision, other: Revision): Promise<boolean> {
  if (one === other || (await git.run(['merge-base', one, other])).code === 0) return true;
  // What a shallow clone has cut off may be what the two have in common.
  return (await git.text(['rev-parse', '--is-shallow-repository'])) === 'true';
}

/** The remote's branch has no commit in common with what is here: publishing there would mix two repositories. */
export function unrelatedHistory(remote: string, branch: string): ConflictError {
  return new ConflictError(`${remote}: its branch ${branch} has nothing in common with the history here`, {
    suggestions: [
      'Check that it is the right repository: git remote -v',
      "If it is, and this clone is the wrong one: 'kgit clone' it into a new folder, and write there",
      'To publish the history here: name an empty repository, or a branch that is not there yet',
    ],
    data: { branch, expected: 'a common history', actual: 'none' },
  });
}

/** The branch was at the remote and is not any more; a login page that answers for a server looks the same to git. */
export function branchGone(remote: string, branch: string): RemoteError {
  return new RemoteError(`${remote}: the branch ${branch} is not there any more`, {
    suggestions: [
      'Check that it is still the same repository: git ls-remote',
      `If it was emptied on purpose: git update-ref -d refs/kgit/remote/${branch}, then write again`,
    ],
    data: { remote: 'denied', cause: 'branch-gone', branch },
  });
}
