import { personEnvironment, SIGN_MS, signingFailed } from '../objects/sign-commits.js';
import { EMPTY_TREE } from '../objects/tree-changes.js';
import type { Git } from '../process/git.js';
import type { EmptyCommit, EmptyCommits } from './lock-commits.js';

/** Has the git program make the commits of lock chains, signed if git is set up to sign. */
export class GitEmptyCommits implements EmptyCommits {
  readonly #git: Git;
  readonly #isSigned: boolean;

  constructor(git: Git, isSigned: boolean) {
    this.#git = git;
    this.#isSigned = isSigned;
  }

  async storeTree(): Promise<void> {
    await this.#git.text(['mktree'], { input: '' });
  }

  async store({ message: input, parent, author, committer, seconds }: EmptyCommit): Promise<string> {
    const env = {
      ...personEnvironment('AUTHOR', author, seconds),
      ...personEnvironment('COMMITTER', committer, seconds),
    };
    const args = [
      'commit-tree',
      ...(this.#isSigned ? ['-S'] : []),
      ...(parent ? ['-p', parent] : []),
      EMPTY_TREE,
    ];
    if (!this.#isSigned) return this.#git.text(args, { input, env });
    const { code, stdout, stderr } = await this.#git.run(args, { input, env, timeout: SIGN_MS });
    if (code !== 0) throw signingFailed(stderr);
    return stdout.toString('utf8').trim();
  }
}
