import type { Actor } from '../../model/operation/operation.js';
import type { Clock } from '../../store/port/host.js';
import type { Git } from '../process/git.js';
import type { Repository } from '../repository/repository.js';
import { CommitBuilder, isOn } from './commit-builder.js';
import { buildCommits } from './fast-import.js';
import { FilteredPaths } from './filtered-paths.js';
import type { ObjectReader } from './object-reader.js';
import { packCommits } from './packed-objects.js';
import { signCommits } from './sign-commits.js';

export interface GitBuilderOptions {
  readonly repository: Repository;
  readonly committer: Actor;
  readonly clock: Clock;
}

/** Builds commits for the git program: a few here, many with fast-import, and signed by git if git is set up to sign. */
export function gitBuilder(
  git: Git,
  reader: ObjectReader,
  { repository, committer, clock }: GitBuilderOptions,
): CommitBuilder {
  const { commonDir, config } = repository;
  const filtered = new FilteredPaths(git, reader, {
    commonDir,
    configured: config.get('core.attributesfile'),
  });
  return new CommitBuilder(reader, {
    committer,
    clock,
    refuseFiltered: (base, paths) => filtered.refuse(base, paths),
    make: async (commits, chain) => {
      const packed = await packCommits(repository, reader, commits, chain);
      const made = packed ?? { revisions: await buildCommits(git, commits, chain) };
      if (!isOn(config.get('commit.gpgsign'))) return made;
      return { revisions: await signCommits(git, reader, made.revisions, commits, chain) };
    },
  });
}
