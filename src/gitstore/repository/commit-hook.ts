import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { ConflictError, UsageError } from '../../errors.js';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isProgram, PROGRAM_FILE } from '../../platform/file-modes.js';
import {
  cannotKeep,
  createWhole,
  orIfGone,
  readAtMost,
  removeFile,
  replaceWhole,
} from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { COMMAND, foreignAdvice, ownHooksAdvice, sharedAdvice } from './hook-advice.js';
import type { Repository } from './repository.js';

/** Name of the hook that git runs before it makes a commit. */
const HOOK = 'pre-commit';
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

/** Where git looks for hooks. */
interface HooksFolder {
  readonly folder: string;
  /** Whether other repositories run the same ones. */
  readonly isShared: boolean;
  /** Whether it is not a folder, such as /dev/null, which switches hooks off. */
  readonly isOff: boolean;
  readonly workTree: string;
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
   * Throws ConflictError if there is one, UsageError if other repositories have the same hooks or hooks are switched off,
   * EnvironmentError.
   */
  async install(): Promise<WorkedOnHook> {
    const { folder, isShared, isOff, workTree } = await this.#folder();
    const { commonDir } = this.#repository;
    const path = join(folder, HOOK);
    if (isOff)
      throw new UsageError(
        `hooks are switched off here: core.hooksPath is ${folder}, which is not a folder`,
        {
          suggestions: [`Give this repository hooks of its own: ${ownHooksAdvice(commonDir)}`],
          data: { path: folder },
        },
      );
    const { standing, text } = await hookAt(path);
    if (standing === 'current') return { path, changed: false };
    // A hook of somebody else in a shared folder, too, runs in all repositories.
    if (isShared)
      throw new UsageError(`core.hooksPath is set outside of this repository: all of yours run ${folder}`, {
        suggestions: [
          sharedAdvice(path),
          `Or give this repository hooks of its own: ${ownHooksAdvice(commonDir)}`,
        ],
        data: { path },
      });
    if (standing === 'foreign')
      throw new ConflictError(`${path} is a hook of yours, which kgit leaves as it is`, {
        suggestions: [await foreignAdvice({ path, text, workTree })],
        data: { path },
      });
    await this.#write(folder, path, standing);
    return { path, changed: true };
  }

  /** Removes the hook if it is kgit's; does nothing if there is none. Throws ConflictError for one of somebody else. */
  async uninstall(): Promise<WorkedOnHook> {
    const { folder, isOff } = await this.#folder();
    const path = join(folder, HOOK);
    const { standing } = isOff ? NO_HOOK : await hookAt(path);
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
    const { folder, isOff } = await this.#folder();
    const path = join(folder, HOOK);
    const { standing } = isOff ? NO_HOOK : await hookAt(path);
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
      await chmod(path, PROGRAM_FILE);
    } catch (error) {
      throw cannotKeep(path, error);
    }
  }

  /** Throws UsageError if nothing is checked out, EnvironmentError. */
  async #folder(): Promise<HooksFolder> {
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
    if (configured === '')
      return { folder: join(commonDir, 'hooks'), isShared: false, isOff: false, workTree };
    const folder = isAbsolute(configured) ? configured : resolve(workTree, configured);
    const isShared = scope !== 'local' && scope !== 'worktree';
    return { folder, isShared, isOff: await isNoFolder(folder), workTree };
  }
}

/** Whether something else is at a path, or at one of the folders that lead to it. */
async function isNoFolder(path: string): Promise<boolean> {
  try {
    return (await orIfGone(stat(path), null))?.isDirectory() === false;
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return true;
    throw error;
  }
}

interface FoundHook {
  readonly standing: Standing;
  /** Empty if it is not a plain file, or too long. */
  readonly text: string;
}

const NO_HOOK: FoundHook = { standing: 'none', text: '' };

async function hookAt(path: string): Promise<FoundHook> {
  const found = await orIfGone(lstat(path), null);
  if (found === null) return NO_HOOK;
  if (!found.isFile() || found.size > MAX_BYTES) return { standing: 'foreign', text: '' };
  const text = (await readAtMost(path, MAX_BYTES)).toString('utf8');
  if (!text.split('\n').includes(MARK)) return { standing: 'foreign', text };
  return { standing: text === TEXT && isProgram(found) ? 'current' : 'outdated', text };
}
