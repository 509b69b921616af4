import { NoRepositoryError, NotFoundError, UsageError } from '../../errors.js';
import { directAdvice, proposalAdvice } from '../../review/advice.js';
import type { FileCheck } from '../../review/check/check-files.js';
import { Findings } from '../../review/finding.js';
import { commonRevision, toolsOf } from '../../review/review-tools.js';
import { validate } from '../../review/validate.js';
import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';
import type { Review } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { TrustedRevision } from '../../store/read/trusted-revision.js';
import type { Context } from '../open/configured.js';

/** The part of an open repository that a review needs. */
export interface Reviewed extends Pick<Context, 'settings'> {
  readonly opened: Pick<
    OpenRepository,
    'repository' | 'localFolder' | 'path' | 'name' | 'backend' | 'git' | 'review'
  >;
}

export interface ValidationIntent {
  /** Name of the revision that a proposal is to be merged into; undefined to check the history instead. */
  readonly base: string | undefined;
  /** The proposal's branch at the remote; null if unknown. */
  readonly branch: string | null;
}

/** The time (ms since the epoch), and how to judge the values of kgit.yaml. */
export type Judge = Pick<FileCheck, 'now' | 'markerFault'>;

export interface ValidatedRevision {
  readonly revision: Revision;
  /** The merge base with the named base; null without one. */
  readonly since: Revision | null;
  readonly findings: Findings;
  readonly counts: Awaited<ReturnType<typeof validate>>;
}

/**
 * Checks the revision that is checked out, else the tip, and with a base what changed since the merge base.
 * @throws UsageError if the driver cannot compare histories, or the two revisions have nothing in common
 * @throws NoRepositoryError if nothing is committed
 * @throws NotFoundError if the base does not exist
 * @throws RemoteError
 */
export async function validateRevision(
  reviewed: Reviewed,
  { base: named, branch }: ValidationIntent,
  judge: Judge,
): Promise<ValidatedRevision> {
  const { opened } = reviewed;
  const { store } = opened.repository;
  const review = facetOf(opened, 'review', 'kgit validate');
  const base = named === undefined ? null : await baseRevision(named, reviewed);
  const revision = (await store.workingCopy?.checkedOut()) ?? (await store.head()).revision;
  if (revision === null)
    throw new NoRepositoryError(`${opened.path}: nothing is committed, so there is nothing to check`);
  const since = base === null ? null : await mergeBase(base, revision, review, opened);
  const findings = new Findings();
  const tools = toolsOf(review);
  const against = {
    base: base === null || since === null ? null : { target: base, since },
    trusted: await new TrustedRevision(opened.localFolder, store.target).read(),
    advice: store.isRemote ? proposalAdvice(tools, branch) : directAdvice(tools),
  };
  const { backend } = opened;
  const counts = await validate(revision, against, { ...judge, review, store, backend, findings });
  return { revision, since, findings, counts };
}

/** Resolves the base; if it is the remote's branch, asks the remote. Throws NotFoundError, RemoteError. */
async function baseRevision(name: string, { opened, settings }: Reviewed): Promise<Revision> {
  const { repository, name: branch, git } = opened;
  const { revision } = await repository.read('always', settings.timeout);
  const isBranch = name === branch || name === `${git?.remote}/${branch}` || name === `refs/heads/${branch}`;
  const found = isBranch ? revision : await repository.store.history.resolve(name);
  if (found !== null) return found;
  throw new NotFoundError(`there is no revision ${JSON.stringify(name.slice(0, 80))} to compare with`, {
    suggestions: repository.store.history.naming,
    data: { base: name.slice(0, 300) },
  });
}

async function mergeBase(
  base: Revision,
  revision: Revision,
  review: Review,
  { repository }: Reviewed['opened'],
): Promise<Revision> {
  const found = await commonRevision(review, base, revision);
  if (found !== null) return found;
  const { cutOff } = repository.store.history;
  if (cutOff === null)
    throw new UsageError('the two revisions have nothing in common', {
      suggestions: ['Check --base: it names another repository, or a branch that was started anew'],
      data: { base, revision, fetch: null },
    });
  const fetch = cutOff.remedyFor(base, revision);
  throw new UsageError(`${cutOff.why}: the history that the two revisions share is cut off`, {
    suggestions: [`Fetch the history: ${fetch}; in CI ${cutOff.inCi}`],
    data: { base, revision, fetch },
  });
}
