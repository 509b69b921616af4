import { Git } from '../../../src/gitstore/process/git.js';
import { openRepository } from '../../../src/gitstore/repository/repository.js';
import { GitReview } from '../../../src/gitstore/review/git-review.js';
import { emptyRepository } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { reviewContract } from '../../support/review-contract.js';

reviewContract('GitReview', {
  open: async () => {
    const path = emptyRepository();
    const finder = new Git(path, process.env);
    const layout = await openRepository(finder, path);
    return {
      store: await openGitStore(path),
      review: new GitReview(finder.at(layout.commonDir), layout),
    };
  },
});
