import { NoRepositoryError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { stat } from '../../platform/small-files.js';

/** Throws NoRepositoryError if there is no folder at the path. */
export async function requireFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );
  if (isFolder) return;
  throw new NoRepositoryError(`there is no folder ${path}`, {
    suggestions: ['Check --repo and KGIT_REPO'],
    data: { path },
  });
}
