import { EnvironmentError, RemoteError } from '../../errors.js';
import type { Backend } from '../port/backend.js';

/**
 * Updates the user's files to what was just published: it stays published, whatever fails here.
 * @returns notes for the user
 */
export async function followPublished({ workingCopy }: Backend): Promise<readonly string[]> {
  try {
    return (await workingCopy?.follow()) ?? [];
  } catch (error) {
    if (!(error instanceof EnvironmentError || error instanceof RemoteError)) throw error;
    return [`published, but this clone could not be brought up to date: ${error.message}; run 'kgit sync'`];
  }
}
