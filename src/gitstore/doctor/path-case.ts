import { type Check, finding, passed } from '../../model/value/check.js';
import type { Git } from '../process/git.js';

const NAME = 'path-case';

const folded = (path: string) => path.normalize('NFC').toLowerCase();

/** Returns the pairs of files of which only one can exist where names ignore case and Unicode form. */
export function clashes(paths: readonly string[]): [string, string][] {
  const files = new Map<string, string>();
  const found: [string, string][] = [];
  for (const path of paths) {
    const other = files.get(folded(path));
    if (other === undefined) files.set(folded(path), path);
    else found.push([other, path]);
  }
  // A file and a folder.
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const other = files.get(folded(path.slice(0, end)));
      if (other !== undefined) found.push([other, path]);
    }
  }
  return found;
}

/**
 * Checks that a checkout whose file system ignores case (`core.ignorecase`, which git sets) can hold all files of a
 * revision. kgit's own paths are lower case; others may not be. Writes of kgit never take files from a checkout, so a clash
 * harms only the checkout.
 */
export async function checkPathCase(
  git: Git,
  config: ReadonlyMap<string, string>,
  revision: string | null,
): Promise<readonly Check[]> {
  if (config.get('core.ignorecase') !== 'true' || revision === null) return [];
  const listed = await git.text(['ls-tree', '-r', '-z', '--name-only', '--full-tree', revision]);
  const found = clashes(listed.split('\0').filter(Boolean));
  const [pair] = found;
  if (pair === undefined) return [passed(NAME, 'no two paths differ by case alone')];
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  return [
    finding(
      NAME,
      `${JSON.stringify(pair[0])} and ${JSON.stringify(pair[1])} are one name on this file system${more}: the checkout has only one of them`,
      'Rename one of them, in a clone on a file system that tells case apart',
    ),
  ];
}
