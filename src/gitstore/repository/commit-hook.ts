import { chmod, lstat, mkdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { ConflictError, UsageError } from '../../errors.js';
import { type Check, finding, passed } from '../../model/value/check.js';
import {
  cannotKeep,
  createWhole,
  orIfGone,
  readAtMost,
  removeFile,
  replaceWhole,
} from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import type { Repository } from './repository.js';

/** Name of the hook that git runs before it makes a commit. */
const HOOK = 'pre-commit';
/** The command of the hook. The repository is named, so that no variable names another one. */
const COMMAND = 'kgit validate --staged --repo .';
/** By this line a file is known as kgit's own. */
const MARK = "# Written by 'kgit hooks install'; 'kgit hooks uninstall' removes it.";
const TEXT = `#!/bin/sh
${MARK}
if ! command -v kgit >/dev/null; then
  echo 'kgit is not installed here: what is staged is committed unchecked' >&2
  exit 0
fi
exec ${COMMAND}
`;
/** A longer file is not kgit's. */
const MAX_BYTES = 64 * 1024;

/** Whether kgit's hook is there: as this version writes it, as another one did, or not. */
type Standing = 'current' | 'outdated' | 'none' | 'foreign';

export interface WorkedOnHook {
  readonly path: string;
  readonly changed: boolean;
}

/** The hook of a clone that checks what is staged. All its worktrees share it. */
export class CommitHook {
  readonly #git: Git;
  readonly #repository: Repository;

  /** @param git runs in the repository */
  constructor(git: Git, repository: Repository) {
    this.#git = git;
    this.#repository = repository;
  }

  /**
   * Writes the hook, or brings it up to date. Never touches a hook of somebody else.
   * Throws ConflictError if there is one, UsageError if other repositories have the same hooks, EnvironmentError.
   */
  async install(): Promise<WorkedOnHook> {
    const { folder, isShared } = await this.#folder();
    const path = join(folder, HOOK);
    const standing = await standingOf(path);
    if (standing === 'current') return { path, changed: false };
    if (standing === 'foreign')
      throw new ConflictError(`${path} is a hook of yours, which kgit leaves as it is`, {
        suggestions: [`Add this line to it: ${COMMAND} || exit 1`],
        data: { path },
      });
    if (isShared)
      throw new UsageError(`core.hooksPath is set outside of this repository: all of yours run ${folder}`, {
        suggestions: [
          `Add this line to ${path}: [ ! -f kgit.yaml ] || ${COMMAND} || exit 1`,
          'Or give this repository hooks of its own: git config --local core.hooksPath .git/hooks',
        ],
        data: { path },
      });
    await this.#write(folder, path, standing);
    return { path, changed: true };
  }

  /** Removes the hook if it is kgit's; does nothing if there is none. Throws ConflictError for one of somebody else. */
  async uninstall(): Promise<WorkedOnHook> {
    const path = join((await this.#folder()).folder, HOOK);
    const standing = await standingOf(path);
    if (standing === 'none') return { path, changed: false };
    if (standing === 'foreign')
      throw new ConflictError(`${path} is a hook of yours, which kgit leaves as it is`, {
        suggestions: [`Remove the line of kgit from it, if it has one: ${COMMAND}`],
        data: { path },
      });
    await removeFile(path);
    return { path, changed: true };
  }

  /** Checks that the hook is up to date; nothing if there is none of kgit's. */
  async check(): Promise<readonly Check[]> {
    const path = join((await this.#folder()).folder, HOOK);
    const standing = await standingOf(path);
    if (standing === 'current') return [passed('hook', `${path} checks what is staged`)];
    if (standing !== 'outdated') return [];
    const says = `${path} is of another version of kgit, or was edited`;
    return [finding('hook', says, 'kgit hooks install writes it anew')];
  }

  async #write(folder: string, path: string, standing: Standing): Promise<void> {
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw cannotKeep(folder, error);
    }
    if (standing === 'outdated') await replaceWhole(path, TEXT);
    else if (!(await createWhole(path, TEXT)))
      throw new ConflictError(`${path} has just been written by somebody else`, { data: { path } });
    try {
      await chmod(path, 0o755);
    } catch (error) {
      throw cannotKeep(path, error);
    }
  }

  /** The folder from which git runs hooks, and whether other repositories do, too. */
  async #folder(): Promise<{ readonly folder: string; readonly isShared: boolean }> {
    const { commonDir, workTree } = this.#repository;
    if (workTree === null)
      throw new UsageError(`nothing is checked out of ${commonDir}, so nobody commits there`, {
        suggestions: ['Run it in a checkout of the repository'],
      });
    // kgit's own git runs no hooks, by an option that counts as scope "command".
    const args = ['config', '-z', '--show-scope', '--type=path', '--get-all', 'core.hooksPath'];
    const words = (await this.#git.run(args)).stdout.toString('utf8').split('\0');
    let [scope, configured] = ['', ''];
    for (let at = 0; at + 1 < words.length; at += 2)
      if (words[at] !== 'command') [scope = '', configured = ''] = words.slice(at, at + 2);
    if (configured === '') return { folder: join(commonDir, 'hooks'), isShared: false };
    const folder = isAbsolute(configured) ? configured : resolve(workTree, configured);
    return { folder, isShared: scope !== 'local' && scope !== 'worktree' };
  }
}

async function standingOf(path: string): Promise<Standing> {
  const found = await orIfGone(lstat(path), null);
  if (found === null) return 'none';
  if (!found.isFile() || found.size > MAX_BYTES) return 'foreign';
  const text = (await readAtMost(path, MAX_BYTES)).toString('utf8');
  if (!text.split('\n').includes(MARK)) return 'foreign';
  return text === TEXT && (found.mode & 0o100) !== 0 ? 'current' : 'outdated';
}
