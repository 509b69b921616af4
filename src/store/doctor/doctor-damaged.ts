import { join } from 'node:path';
import { type Check, finding, passed } from '../../model/value/check.js';
import { DAMAGED, damagedBefore } from '../local/damaged-files.js';

/** Checks for damaged files of kgit's own, which were set aside when the repository was opened. */
export async function checkDamaged(folder: string): Promise<Check> {
  const name = 'local-files';
  const there = await damagedBefore(folder);
  const [first] = there;
  if (first === undefined) return passed(name, 'none damaged');
  const more = there.length > 1 ? ` and ${there.length - 1} more` : '';
  return finding(
    name,
    `${first}${more}: damaged and set aside; kgit works without it`,
    `Check the disk, and remove them when you no longer need them: rm -r ${join(folder, DAMAGED)}`,
  );
}
