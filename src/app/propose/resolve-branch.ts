import { NotFoundError, UsageError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { proposalFolder } from '../../model/operation/proposal-branch.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import type { OpenRepository } from '../../setup/composition.js';
import { systemClock } from '../../setup/this-host.js';
import type { Proposals } from '../../store/port/proposals.js';
import type { Revision } from '../../store/port/state-store.js';
import { openProposals } from './open-proposals.js';
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
  const proposals = await openProposals(opened);
  const { repository, name: stateBranch } = opened;
  try {
    const { result, attempts } = await untilMoved(systemClock, deadline, async () => {
      const ms = () => talkMs(systemClock, deadline);
      const { revision: published } = await repository.store.refresh(ms());
      const [branch, tip] = await findBranch(proposals, named, author.name, ms());
      if (published === null) throw new NotFoundError(`the branch ${stateBranch} is empty`);
      const message = isRebased
        ? `${branch}: on top of ${stateBranch}\n`
        : `Merge branch '${stateBranch}' into ${branch}\n`;
      const merge = await proposals.merge({ ours: tip, theirs: published, author, message, isRebased });
      const sides = { branch, stateBranch, isRebased };
      if (merge.kind === 'conflicts') throw resolveConflict(sides, merge.files, proposals);
      if (merge.kind === 'current')
        return { done: { branch, published, revision: tip, isMerged: false, files: [] } };
      const { failure } = await proposals.move({ branch, from: tip, to: merge.revision }, ms());
      if (failure) return { failure };
      return { done: { branch, published, revision: merge.revision, isMerged: true, files: merge.files } };
    });
    return { ...result, attempts };
  } finally {
    await proposals.close();
  }
}

async function findBranch(
  proposals: Proposals,
  named: string | undefined,
  user: string,
  timeoutMs: number,
): Promise<[string, Revision]> {
  const folder = proposalFolder(user);
  const tips = await proposals.tips(named ?? folder, timeoutMs);
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
