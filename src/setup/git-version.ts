import { tmpdir } from 'node:os';
import { EnvironmentError } from '../errors.js';
import { Git } from '../gitstore/process/git.js';
import { gitVersion } from '../gitstore/repository/repository.js';
import type { Environment } from './this-host.js';

/** Returns the version of the git in PATH, old ones too; null if none can be run. */
export async function installedGit(environment: Environment): Promise<string | null> {
  try {
    // Not in the current folder: a repository there may have a configuration that git cannot read.
    return await gitVersion(new Git(tmpdir(), environment));
  } catch (error) {
    if (error instanceof EnvironmentError) return null;
    throw error;
  }
}
