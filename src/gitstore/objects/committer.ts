import type { Actor } from '../../model/operation/operation.js';

const KGIT: Actor = { name: 'kgit', email: 'kgit@localhost' };

/** The committer to write into a commit: kgit itself if git's settings hold something that looks secret. */
export async function namedCommitter(committer: Actor): Promise<Actor> {
  // Loaded late: reads need no guard against secrets.
  const { findSecrets } = await import('../../model/secret/find-secrets.js');
  const { name, email } = committer;
  return findSecrets({ name, email }).length === 0 ? committer : KGIT;
}
