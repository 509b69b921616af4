import { join } from 'node:path';
import { EnvironmentError } from '../errors.js';
import type { Environment } from './this-host.js';
import { committable, ownFolder } from './trust.js';

/** Returns a folder of the XDG base directory specification. Throws EnvironmentError if there is no home. */
export function xdgFolder(environment: Environment, variable: string, preset: string): string {
  const folder = ownFolder(environment, variable, preset);
  if (folder === null)
    throw new EnvironmentError(`neither HOME nor ${variable} is set, so kgit has no place for its files`, {
      suggestions: ['Set HOME, or clone the repository with kgit clone and name the clone'],
    });
  const checkout = committable(folder, environment);
  if (checkout === null) return join(folder.path, 'kgit');
  throw new EnvironmentError(
    `${folder.path} lies in the git checkout ${checkout}: clones and waiting writes in it could come with a commit of others`,
    {
      suggestions: [`Set ${variable} to a folder outside of every checkout`],
      data: { path: folder.path, checkout },
    },
  );
}
