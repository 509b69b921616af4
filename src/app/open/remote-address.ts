import { resolve } from 'node:path';
import { parseRepositorySpec } from '../../model/subject/repository-spec.js';
import { liesAt } from '../../setup/git-places.js';

/**
 * Parses `DIR|URL[#BRANCH]`, the value of a `--remote`. The path of a folder is made absolute, since git would resolve a
 * relative one from the new repository. Throws UsageError.
 * @param cwd the folder that relative paths are resolved from
 */
export function remoteAddress(
  text: string,
  cwd: string,
): { readonly address: string; readonly branch: string | undefined } {
  const { place, branch, isUrl } = parseRepositorySpec(text, liesAt(cwd));
  return { address: isUrl ? place : resolve(cwd, place), branch };
}
