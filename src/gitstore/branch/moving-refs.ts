import type { Host } from '../../store/port/host.js';
import type { Git } from '../process/git.js';
import type { Repository } from '../repository/repository.js';
import { RefLocks } from './ref-locks.js';
import { RefSession } from './ref-session.js';
import { type RefStore, Refs } from './refs.js';

/** The refs of a repository, and the means to move them. */
export class MovingRefs extends Refs implements RefStore {
  readonly #git: Git;
  readonly #locks: RefLocks;

  /** @param folder the clone's `kgit` folder */
  constructor(git: Git, repository: Pick<Repository, 'commonDir' | 'config'>, folder: string, host: Host) {
    super(git, repository);
    this.#git = git;
    this.#locks = new RefLocks(repository.commonDir, folder, host);
  }

  /** Starts a git process that moves refs; the caller must end it. */
  session(): RefSession {
    return new RefSession(this.#git, this.#locks);
  }

  async apply(moves: readonly string[]): Promise<string | null> {
    const session = this.session();
    try {
      return await session.apply(moves);
    } finally {
      await session.end();
    }
  }

  /** Removes the locks left behind when kgit's git was killed. Throws EnvironmentError. */
  removeLeftBehind(): Promise<void> {
    return this.#locks.removeLeftBehind();
  }
}
