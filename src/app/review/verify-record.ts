import { EnvironmentError, NoRepositoryError } from '../../errors.js';
import { Findings } from '../../review/finding.js';
import { toolsOf } from '../../review/review-tools.js';
import { type Unfolded, type Verified, verify } from '../../review/verify.js';
import { verifyAdvice } from '../../review/verify-advice.js';
import { facetOf } from '../../setup/facet-of.js';
import { openSops } from '../../setup/open-sops.js';
import type { Environment } from '../../setup/this-host.js';
import type { FetchPolicy, Reading } from '../../store/outbox/outcomes.js';
import type { Revision } from '../../store/port/state-store.js';
import { TrustedRevision } from '../../store/read/trusted-revision.js';
import { type CheckedMacs, checkMacs } from '../secret/check-macs.js';
import type { Judge, Reviewed } from './validate-revision.js';

export interface VerificationIntent {
  readonly fetch: FetchPolicy;
  /** Whether to forget the revision that was verified before. */
  readonly forgets: boolean;
  /** Where sops finds the user's key, which checks the MACs of secrets. */
  readonly environment: Environment;
  /** Waits until the verified revision is saved, and decides what to do if that fails. */
  readonly saving: (saved: Promise<void>) => Promise<void>;
}

export interface VerifiedRecord {
  readonly revision: Revision;
  /** Time of the last fetch, in ms since the epoch; null if there is no remote. */
  readonly fetchedAt: number | null;
  /** Why the remote was not asked although it should have been; else null. */
  readonly staleness: Reading['staleness'];
  readonly findings: Findings;
  readonly counts: Omit<Verified, 'unfolded'>;
  readonly unfolded: readonly Unfolded[];
  readonly macs: CheckedMacs;
  /** The revision that was verified before; null for none. */
  readonly trusted: Revision | null;
}

/**
 * Verifies the whole record at the published tip. Without findings, the revision is trusted from then on.
 * @throws UsageError if the driver cannot compare histories
 * @throws NoRepositoryError if nothing is published
 * @throws RemoteError
 */
export async function verifyRecord(
  { opened, settings }: Reviewed,
  { fetch, forgets, environment, saving }: VerificationIntent,
  judge: Judge,
): Promise<VerifiedRecord> {
  const review = facetOf(opened, 'review', 'kgit verify');
  const { repository, localFolder, path, backend } = opened;
  const { store } = repository;
  const { revision, fetchedAt, staleness } = await repository.read(fetch, settings.timeout);
  if (revision === null)
    throw new NoRepositoryError(`${path}: nothing is published, so there is nothing to verify`, {
      data: { path },
    });
  const memory = new TrustedRevision(localFolder, store.target);
  const trusted = forgets ? null : await memory.read();
  const findings = new Findings((finding) => verifyAdvice(finding, toolsOf(review)));
  const { unfolded, ...counts } = await verify(revision, trusted, {
    ...judge,
    review,
    store,
    backend,
    findings,
  });
  const macs = await checkMacs(store.view(revision), openSops(settings, environment), findings);
  // A revision is trusted only if all of it was checked.
  const isTrusted = findings.errors === 0 && counts.history.isComplete;
  // Where nothing can be kept on this machine, the age of the answer says so.
  if (isTrusted && !(staleness instanceof EnvironmentError)) await saving(memory.write(revision));
  return { revision, fetchedAt, staleness, findings, counts, unfolded, macs, trusted };
}
