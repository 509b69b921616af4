import { EnvironmentError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { type Git, withoutCredentials } from '../process/git.js';
import type { Chain } from './fast-import.js';
import type { ObjectReader } from './object-reader.js';

/** Time limit of a signing program, in ms: it may ask for a passphrase. */
export const SIGN_MS = 60_000;

/** The environment that tells git a commit's author or committer, and the date. */
export function personEnvironment(
  role: 'AUTHOR' | 'COMMITTER',
  { name, email }: Actor,
  seconds: number,
): Record<string, string> {
  return {
    [`GIT_${role}_NAME`]: name,
    [`GIT_${role}_EMAIL`]: email,
    [`GIT_${role}_DATE`]: `@${seconds} +0000`,
  };
}

/** The error for a signing program that failed. */
export function signingFailed(stderr: string): EnvironmentError {
  return new EnvironmentError(
    `git is set up to sign commits, and cannot: ${withoutCredentials(stderr.trim()).slice(0, 300)}`,
    {
      suggestions: [
        'Check gpg.format, user.signingKey and that the key can be used without a prompt',
        'Or turn signing off for this repository: git config commit.gpgSign false',
      ],
      data: { setting: 'commit.gpgSign' },
    },
  );
}

/**
 * Rebuilds a chain of commits with the user's signature, on the trees of `unsigned`: fast-import never signs. Throws
 * EnvironmentError if the signing program fails.
 */
export async function signCommits(
  git: Git,
  reader: ObjectReader,
  unsigned: readonly Revision[],
  commits: readonly Commit[],
  chain: Chain,
): Promise<Revision[]> {
  const signed: Revision[] = [];
  let parent = chain.base;
  for (const [i, commit] of commits.entries()) {
    const object = await reader.read(unsigned[i] as Revision);
    const tree = /^tree ([0-9a-f]+)$/m.exec(object?.data.toString('utf8') ?? '')?.[1] ?? '';
    const env = {
      ...personEnvironment('AUTHOR', commit.author, Math.floor(commit.time / 1000)),
      ...personEnvironment('COMMITTER', chain.committer, chain.committed[i] ?? 0),
    };
    const args = ['commit-tree', '-S', ...(parent ? ['-p', parent] : []), tree];
    const { code, stdout, stderr } = await git.run(args, { input: commit.message, env, timeout: SIGN_MS });
    if (code !== 0) throw signingFailed(stderr);
    parent = stdout.toString('utf8').trim();
    signed.push(parent);
  }
  return signed;
}
