import { ConflictError, RemoteError } from '../../errors.js';
import { OTHER_HISTORY } from '../../store/port/shared-history.js';
import type { Revision } from '../../store/port/state-store.js';
import { remoteFailure } from '../branch/push-outcome.js';
import type { Git } from '../process/git.js';
import { PUSH_OPTIONS } from '../process/transfer-options.js';

interface RemoteBranch {
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
}

/** Whether two commits share history, as far as this clone has it. */
export async function haveCommonHistory(git: Git, one: Revision, other: Revision): Promise<boolean> {
  return one === other || (await git.run(['merge-base', one, other])).code === 0;
}

/** Like `haveCommonHistory`, but true in a shallow clone, where the common commits may be cut off. */
export async function isRelated(git: Git, one: Revision, other: Revision): Promise<boolean> {
  if (await haveCommonHistory(git, one, other)) return true;
  return (await git.text(['rev-parse', '--is-shallow-repository'])) === 'true';
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

/** What is needed to find out why a branch is gone from the remote. */
export interface GoneQuestion extends RemoteBranch {
  /** Name of the remote. */
  readonly remote: string;
  /** The branch's last known commit. */
  readonly known: Revision;
  readonly timeoutMs: number;
}

/**
 * The error for a branch that is gone from the remote. To a fetch over http, a web page looks like a repository without
 * branches. Only a push tells them apart, so this makes a dry run of one.
 */
export async function branchGone(git: Git, question: GoneQuestion): Promise<RemoteError> {
  const { remoteName, remote, branch, known, timeoutMs } = question;
  const refspec = `${known}:refs/heads/${branch}`;
  const args = ['push', '--dry-run', ...PUSH_OPTIONS, '--end-of-options', remote, refspec];
  const { error } = remoteFailure(await git.talk(remote, args, { timeout: timeoutMs }), remoteName);
  if (error.causeWord === 'not-git') return error;
  return new RemoteError(`${remoteName}: the branch ${branch} is not there any more`, {
    suggestions: [
      'Check that it is still the same repository: git ls-remote',
      `If the server has lost it, whoever runs the server must put it back: git update-ref refs/heads/${branch} COMMIT, in the repository there, with the last commit that 'git fsck' finds whole; 'kgit sync' then finds which writes of this clone are missing`,
      `If it was emptied on purpose: git update-ref -d refs/kgit/remote/${branch}, then write again`,
    ],
    data: { remote: 'denied', cause: 'branch-gone', branch },
  });
}
