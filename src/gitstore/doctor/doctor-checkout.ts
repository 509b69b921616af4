import { type Check, finding, passed } from '../../model/value/check.js';
import type { Clock, Host } from '../../store/port/host.js';
import type { Head } from '../../store/port/state-store.js';
import { Checkouts } from '../checkout/checkouts.js';
import { LocalObjects } from '../objects/local-objects.js';
import { ObjectReader } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';
import { mainWorkTree, type Repository } from '../repository/repository.js';

async function count(git: Git, range: string): Promise<number> {
  return Number(await git.text(['rev-list', '--count', range, '--']));
}

export interface CheckoutPlace {
  readonly repository: Repository;
  readonly branch: string;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  readonly head: Head;
  readonly clock: Clock;
  readonly host: Host;
}

/** Checks whether the branch's checkouts are at the published revision, or can be brought there. */
export async function checkCheckout(git: Git, place: CheckoutPlace): Promise<Check> {
  const objects = new ObjectReader(git, new LocalObjects(place.repository.commonDir));
  try {
    return await check(git, objects, place);
  } finally {
    await objects.close();
  }
}

async function check(git: Git, objects: ObjectReader, place: CheckoutPlace): Promise<Check> {
  const { repository, branch, folder, head, clock, host } = place;
  const where = { commonDir: repository.commonDir, mainPath: mainWorkTree(repository), folder, branch };
  const checkouts = new Checkouts(git, objects, where, host, clock.sleep);
  const name = 'checkout';
  if (await checkouts.isBrokenOff())
    return finding(
      name,
      'moving the checkout to a new revision was interrupted',
      'Run kgit sync to complete it',
    );
  const places = await checkouts.list();
  if (places.length === 0 || head.revision === null)
    return passed(name, `no checkout of ${branch} to update`);
  const found = await git.run(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]);
  const local = found.code === 0 ? found.stdout.toString('utf8').trim() : null;
  if (local === head.revision) return passed(name, `at ${head.revision.slice(0, 10)}, as published`);
  const ahead = local === null ? 0 : await count(git, `${head.revision}..${local}`);
  if (ahead > 0) {
    return finding(
      name,
      `${branch} has ${ahead} commits of your own that the remote lacks, so kgit does not update it`,
      `Publish them with git push, or drop them: git reset --keep ${head.revision.slice(0, 10)}`,
    );
  }
  const behind = await count(git, local === null ? head.revision : `${local}..${head.revision}`);
  const obstacle = await checkouts.obstacle(local, head.revision);
  if (obstacle !== null)
    return finding(
      name,
      `${obstacle.path} is ${behind} revisions behind: ${obstacle.why}`,
      `First ${obstacle.remedy}, then kgit sync`,
    );
  return passed(name, `${behind} revisions behind the last fetch; kgit sync updates it`);
}
