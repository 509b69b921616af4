import type { Actor } from '../../model/operation/operation.js';

const KGIT: Actor = { name: 'kgit', email: 'kgit@localhost' };

/** The committer that a commit names: kgit itself where git's settings hold what looks secret. */
export async function namedCommitter(committer: Actor): Promise<Actor> {
  // Who only reads loads no guard.
  const { findSecrets } = await import('../../model/secret/find-secrets.js');
  const { name, email } = committer;
  return findSecrets({ name, email }).length === 0 ? committer : KGIT;
}
