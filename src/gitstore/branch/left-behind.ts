import { counted } from '../../model/value/counted.js';
import type { Revision } from '../../store/port/state-store.js';
import { isAncestor } from '../history/revisions.js';
import type { Git } from '../process/git.js';
import type { Refs } from './refs.js';

/** Largest number of changed files that are compared. */
const MAX_PATHS = 500;

export interface LeftBehindOptions {
  readonly branch: string;
  /** Name of the remote. */
  readonly remote: string;
}

/** Writes the notes about a user's branch with commits that the remote does not have. */
export class LeftBehind {
  readonly #git: Git;
  readonly #refs: Refs;
  readonly #branch: string;
  readonly #branchRef: string;
  readonly #trackingRef: string;
  readonly #usersRef: string;
  readonly #usersName: string;
  /** The remote's tip before a rewrite, kept while the user's branch is on the old history. */
  readonly #formerRef: string;

  constructor(git: Git, refs: Refs, { branch, remote }: LeftBehindOptions) {
    this.#git = git;
    this.#refs = refs;
    this.#branch = branch;
    this.#branchRef = `refs/heads/${branch}`;
    this.#trackingRef = `refs/kgit/remote/${branch}`;
    this.#usersName = `${remote}/${branch}`;
    this.#usersRef = `refs/remotes/${this.#usersName}`;
    this.#formerRef = `refs/kgit/former/${branch}`;
  }

  /** Records the remote's tip before a rewrite, if the user's branch is at it, behind it, or built on it. */
  async noteFormer(former: Revision): Promise<void> {
    const local = (await this.#refs.read([this.#branchRef])).get(this.#branchRef);
    if (local === undefined) return;
    if ((await isAncestor(this.#git, local, former)) || (await isAncestor(this.#git, former, local)))
      await this.#refs.set(this.#formerRef, former);
  }

  /** Forgets the old history, once no branch here is on it. */
  async forget(): Promise<void> {
    if ((await this.#refs.read([this.#formerRef])).size > 0)
      await this.#git.text(['update-ref', '-d', this.#formerRef]);
  }

  /** The note on why the user's branch stays where it is, and how to bring it to the remote's tip. */
  async note(local: Revision, tip: Revision, isCheckedOut: boolean): Promise<string> {
    const refs = await this.#refs.read([this.#formerRef, this.#usersRef]);
    const former = refs.get(this.#formerRef);
    const target = refs.get(this.#usersRef) === tip ? this.#usersName : this.#trackingRef;
    const reset = isCheckedOut
      ? `git reset --keep ${target}`
      : `git branch --force ${this.#branch} ${target}`;
    const stays = (what: string, remedy: string) =>
      `your branch ${this.#branch} was left where it is: ${what}. ${remedy}`;
    const count = await this.#count(tip, local);
    if (former !== undefined && (await isAncestor(this.#git, local, former)))
      return stays(
        `it has ${counted(count, 'commit')} from before the history was rewritten at the remote, and none of your own`,
        `Bring it to the remote's: ${reset}`,
      );
    if (former !== undefined && (await isAncestor(this.#git, former, local)))
      return stays(
        `it has ${counted(await this.#count(former, local), 'commit')} of your own on the history from before it was rewritten at the remote`,
        `Bring them to the remote's: git rebase --onto ${target} ${former.slice(0, 12)} ${this.#branch}`,
      );
    const commits = `${counted(count, 'commit')} that the remote does not have`;
    if (await this.#isContained(local, tip))
      return stays(
        `it has ${commits}, but all that they change is there, as after a squash or an amend`,
        `Bring it to the remote's: ${reset}`,
      );
    return stays(
      `it has commits that the remote does not have (${count})`,
      `Put them on the remote's: git rebase ${target} ${this.#branch}; or give them up: ${reset}`,
    );
  }

  async #count(without: Revision, from: Revision): Promise<number> {
    return Number(await this.#git.text(['rev-list', '--count', from, `^${without}`, '--']));
  }

  /** Whether each file that the branch changed since it diverged is the same at the tip. */
  async #isContained(local: Revision, tip: Revision): Promise<boolean> {
    const base = await this.#git.run(['merge-base', local, tip]);
    if (base.code !== 0) return false;
    const parted = base.stdout.toString('utf8').trim();
    const diff = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', parted, local];
    const paths = (await this.#git.text(diff)).split('\0').filter(Boolean);
    if (paths.length === 0 || paths.length > MAX_PATHS) return false;
    const compare = ['--literal-pathspecs', 'diff-tree', '-r', '--quiet', local, tip, '--', ...paths];
    return (await this.#git.run(compare)).code === 0;
  }
}
