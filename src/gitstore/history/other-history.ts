import { ConflictError, RemoteError } from '../../errors.js';
import { OTHER_HISTORY } from '../../store/port/shared-history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Graph } from './graph.js';

interface RemoteBranch {
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
}

/** Whether two commits share history, or may share it: in a shallow clone the common commits may be cut off. */
export async function isRelated(graph: Graph, one: Revision, other: Revision): Promise<boolean> {
  return (await graph.haveCommonHistory(one, other)) || graph.isShallow();
}

/**
 * The error for a remote branch that shares no history with this clone: publishing there would mix two repositories.
 * @param pair `known` is null if nothing here was ever published
 */
export function unrelatedHistory(
  { remoteName, branch }: RemoteBranch,
  { known, found }: { readonly known: Revision | null; readonly found: Revision },
): ConflictError {
  const data = { branch, expected: 'a common history', actual: 'none', found };
  const message = `${remoteName}: its branch ${branch} has nothing in common with the history here`;
  const wrongClone =
    "If it is, and this clone is the wrong one: 'kgit clone' it into a new folder, and write there";
  if (known === null) {
    return new ConflictError(message, {
      suggestions: [
        'Check that it is the right repository: git remote -v',
        wrongClone,
        'To publish the history here: name an empty repository, or a branch that is not there yet',
      ],
      data,
    });
  }
  return new ConflictError(message, {
    suggestions: [
      "If the history was rewritten on purpose: 'kgit sync --accept-rewrite' shows what would change, and asks",
      'If it was not, check that it is the right repository: git remote -v',
    ],
    data: { ...data, cause: OTHER_HISTORY, known },
  });
}

/** The error for a branch that is gone from a remote that is still a git server. */
export function branchGone({ remoteName, branch }: RemoteBranch): RemoteError {
  return new RemoteError(`${remoteName}: the branch ${branch} is not there any more`, {
    suggestions: [
      'Check that it is still the same repository: git ls-remote',
      `If the server has lost it, whoever runs the server must put it back: git update-ref refs/heads/${branch} COMMIT, in the repository there, with the last commit that 'git fsck' finds whole; 'kgit sync' then finds which writes of this clone are missing`,
      `If it was emptied on purpose: git update-ref -d refs/kgit/remote/${branch}, then write again`,
    ],
    data: { remote: 'denied', cause: 'branch-gone', branch },
  });
}
