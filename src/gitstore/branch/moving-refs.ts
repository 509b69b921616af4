import type { Host } from '../../store/port/host.js';
import type { Git } from '../process/git.js';
import type { Repository } from '../repository/repository.js';
import { RefLocks } from './ref-locks.js';
import { RefSession } from './ref-session.js';
import { Refs } from './refs.js';

/** The refs of a repository, and how kgit moves them. */
export class MovingRefs extends Refs {
  readonly #git: Git;
  readonly #locks: RefLocks;

  /** @param folder the clone's `kgit` folder */
  constructor(git: Git, repository: Pick<Repository, 'commonDir' | 'config'>, folder: string, host: Host) {
    super(git, repository);
    this.#git = git;
    this.#locks = new RefLocks(repository.commonDir, folder, host);
  }

  /** Starts a git that moves refs; it is to be ended. */
  session(): RefSession {
    return new RefSession(this.#git, this.#locks);
  }

  /** Removes the locks that a git of kgit's has left which was killed. Throws EnvironmentError. */
  removeLeftBehind(): Promise<void> {
    return this.#locks.removeLeftBehind();
  }
}
