import { NotFoundError, UsageError } from '../../errors.js';
import { mergeBranches } from '../../gitstore/review/merge-branches.js';
import type { RemoteBranches } from '../../gitstore/review/remote-branches.js';
import type { Actor } from '../../model/operation/operation.js';
import { proposalFolder } from '../../model/operation/proposal-branch.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';
import { committerOf } from '../../setup/identity.js';
import { systemClock } from '../../setup/this-host.js';
import type { Revision } from '../../store/port/state-store.js';
import { openBranches } from './open-proposals.js';
import { resolveConflict } from './resolve-conflict.js';
import { talkMs, untilMoved } from './retry.js';

/** Result of resolving a branch in conflict. */
export interface Resolved {
  readonly branch: string;
  /** Its tip. */
  readonly revision: Revision;
  /** The tip of the state branch. */
  readonly published: Revision;
  /** Whether there was anything to merge. */
  readonly isMerged: boolean;
  /** The state documents that both sides changed. */
  readonly files: readonly string[];
  readonly attempts: number;
}

/**
 * Merges the state branch into a branch of the remote, state documents path by path, and pushes it. Throws
 * NotFoundError if there is no such branch, ConflictError with all values if a path was changed on both sides,
 * RemoteError, RefusedError.
 * @param named the branch; the user's only proposal if left out
 * @param isRebased whether the proposal becomes one commit on top of the state branch, instead of a merge of both
 * @param deadline ms since the epoch
 */
export async function resolveBranch(
  opened: OpenRepository,
  named: string | undefined,
  { author, isRebased }: { readonly author: Actor; readonly isRebased: boolean },
  deadline: number,
): Promise<Resolved> {
  refuseTexts({ user: author.name, email: author.email });
  const branches = openBranches(opened);
  const { git, layout, branch: stateBranch } = facetOf(opened, 'git', 'a proposal');
  const { repository } = opened;
  const committer = committerOf(opened.identity);
  const parts = { repository: layout, author, committer, now: systemClock.now(), isRebased };
  try {
    const { result, attempts } = await untilMoved(systemClock, deadline, async () => {
      const ms = () => talkMs(systemClock, deadline);
      const { revision: published } = await repository.store.refresh(ms());
      const [branch, tip] = await findBranch(branches, named, author.name, ms());
      if (published === null) throw new NotFoundError(`the branch ${stateBranch} is empty`);
      const message = isRebased
        ? `${branch}: on top of ${stateBranch}\n`
        : `Merge branch '${stateBranch}' into ${branch}\n`;
      const merge = await mergeBranches(git, tip, published, { ...parts, message });
      const sides = { branch, stateBranch, remote: branches.remote, isRebased };
      if (merge.kind === 'conflicts') throw resolveConflict(sides, merge.files);
      if (merge.kind === 'current')
        return { done: { branch, published, revision: tip, isMerged: false, files: [] } };
      const { failure } = await branches.push({ branch, from: tip, to: merge.revision }, ms());
      if (failure) return { failure };
      return { done: { branch, published, revision: merge.revision, isMerged: true, files: merge.files } };
    });
    return { ...result, attempts };
  } finally {
    await branches.close();
  }
}

async function findBranch(
  branches: RemoteBranches,
  named: string | undefined,
  user: string,
  timeoutMs: number,
): Promise<[string, Revision]> {
  const folder = proposalFolder(user);
  const tips = await branches.fetch(named ?? folder, timeoutMs);
  const own = [...tips].filter(([name]) =>
    named === undefined ? name.startsWith(`${folder}/`) : name === named,
  );
  const [only] = own;
  if (only && own.length === 1) return only;
  if (own.length > 1) {
    throw new UsageError(`which of your proposals? ${own.map(([name]) => name).join(', ')}`, {
      suggestions: [`Name one: kgit resolve ${only?.[0]}`],
    });
  }
  throw new NotFoundError(
    named === undefined ? `there is no open proposal of ${user}` : `the remote has no branch ${named}`,
    {
      suggestions: ['Name the branch that the forge shows: kgit resolve BRANCH'],
      data: { branch: named ?? folder },
    },
  );
}
