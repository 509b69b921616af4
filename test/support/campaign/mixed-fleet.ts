import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { kgitJson, kgitProcess } from '../kgit.js';
import { type Fleet, makeFleet, type Runner } from './fleet.js';

/** The git drivers, by their names in the settings. */
export type GitDriver = 'git' | 'git-embedded';

/** Runs kgit with a driver. */
export const kgitWith =
  (driver: GitDriver): Runner =>
  (clone, args, options) =>
    kgitProcess(clone, args, { ...options, env: { KGIT_BACKEND: driver, ...options?.env } });

/**
 * Makes a remote and clones of it. Those with even numbers are clones of the git program, which works on them; the others are
 * made and worked on without it.
 */
export async function makeMixedFleet(
  each: number,
  url: (remote: string) => string | Promise<string>,
): Promise<Fleet> {
  let address = '';
  const { remote, clones: ofGit } = await makeFleet(each, async (path) => {
    address = await url(path);
    return address;
  });
  const folder = temporaryFolder('kgit-fleet-');
  const embedded = new Set<string>();
  const clones: string[] = [];
  for (const [i, clone] of ofGit.entries()) {
    const other = join(folder, `embedded-${i}`);
    await kgitJson(folder, ['clone', address, other], { env: { KGIT_BACKEND: 'git-embedded' } });
    embedded.add(other);
    clones.push(clone, other);
  }
  const run: Runner = (clone, ...call) =>
    kgitWith(embedded.has(clone) ? 'git-embedded' : 'git')(clone, ...call);
  return { remote, clones, run };
}
