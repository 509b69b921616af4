import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UsageError } from '../errors.js';
import { hasCode } from '../model/value/error-codes.js';
import { shellWord } from '../model/value/shell-word.js';
import type { Environment } from '../setup/this-host.js';
import { checkoutOf } from '../setup/trust.js';

/** The files that `kgit demo` lays out in one folder. */
export interface DemoPlace {
  readonly folder: string;
  /** The bare repository that acts as the team's git server. */
  readonly remote: string;
  /** The user's clone of it. */
  readonly state: string;
  /** The kubeconfig of the stand-in cluster. */
  readonly kubeconfig: string;
}

/** @param folder an absolute path */
export function demoPlace(folder: string): DemoPlace {
  return {
    folder,
    remote: join(folder, 'state.git'),
    state: join(folder, 'state'),
    kubeconfig: join(folder, 'kubeconfig'),
  };
}

/** Throws UsageError if the folder is not empty or is inside a git checkout. */
export async function requireFree({ folder }: DemoPlace): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    // Creating the folder reports any other obstacle.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  });
  if (entries.length > 0) {
    throw new UsageError(`the folder ${folder} is not empty, and a demo needs a new one`, {
      suggestions: [
        'Name another folder: kgit demo DIR',
        `Or, if an earlier demo left it, remove it first: rm -rf ${shellWord(folder)}`,
      ],
      data: { path: folder },
    });
  }
  const repository = checkoutOf(folder);
  if (repository === null) return;
  throw new UsageError(`${folder} is inside the git repository ${repository}`, {
    suggestions: ['Name a folder outside of it: kgit demo DIR'],
    data: { path: folder, repository },
  });
}

/** Whether a program of this name is on PATH. */
export async function isOnPath(program: string, { PATH = '' }: Environment): Promise<boolean> {
  const found = await Promise.all(
    PATH.split(delimiter).map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        // Not there, or not executable by this user.
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
