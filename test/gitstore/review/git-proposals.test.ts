import { Git } from '../../../src/gitstore/process/git.js';
import { openRepository } from '../../../src/gitstore/repository/repository.js';
import { GitProposals } from '../../../src/gitstore/review/git-proposals.js';
import { bareRepository, cloneOf } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { proposalsContract } from '../../support/proposals-contract.js';
import { fakeClock } from '../../support/store-fixtures.js';

async function proposalsOf(path: string): Promise<GitProposals> {
  const finder = new Git(path, process.env);
  const repository = await openRepository(finder, path);
  const committer = { name: 'kgit', email: 'kgit@test' };
  const parts = { repository, remote: 'origin', branch: 'main', committer, clock: fakeClock() };
  return new GitProposals(finder.at(repository.commonDir), parts);
}

proposalsContract('GitProposals', {
  open: async () => {
    const remote = bareRepository();
    const path = cloneOf(remote);
    return {
      store: await openGitStore(path, 'origin'),
      proposals: await proposalsOf(path),
      another: () => proposalsOf(cloneOf(remote)),
    };
  },
});
