import { type Check, passed } from '../../model/value/check.js';
import type { Inspection, StoreChecks } from '../../store/port/driver.js';
import type { Host } from '../../store/port/host.js';
import type { StateStore } from '../../store/port/state-store.js';
import { decidedPlace } from '../lock/decided-place.js';
import type { Git } from '../process/git.js';
import { CommitHook } from '../repository/commit-hook.js';
import type { Repository } from '../repository/repository.js';
import { checkDurability } from '../repository/server-durability.js';
import { checkCheckout } from './doctor-checkout.js';
import { checkFolders, checkLeftovers } from './doctor-folders.js';
import { askRemote, checkClock } from './doctor-remote.js';
import { checkPathCase } from './path-case.js';

/** The clone that is checked. */
export interface CheckedClone {
  /** Runs in the folder that all worktrees share. */
  readonly git: Git;
  readonly layout: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
  /** kgit's folder in the git folder. */
  readonly folder: string;
  readonly store: Pick<StateStore, 'view'>;
}

/** Checks the remote: access, locks, durability and clock. */
async function remoteChecks(
  { git, layout, branch, remote, store }: CheckedClone,
  { head: { revision }, timeout, clock }: Inspection,
): Promise<readonly Check[]> {
  const committed =
    revision === null ? null : Number(await git.text(['show', '-s', '--format=%ct', revision])) * 1000;
  if (remote === null)
    return [
      passed('remote', 'none: the repository is purely local'),
      checkClock(clock.now(), null, committed),
    ];
  const url = layout.config.get(`remote.${remote}.url`) ?? remote;
  const locks = await decidedPlace(store.view(revision));
  const target = { remote, url, branch, revision, locks, timeout };
  const [{ checks, skew }, durability] = await Promise.all([
    askRemote(git, target, clock),
    checkDurability(git, url),
  ]);
  return [...checks, ...(durability ? [durability] : []), checkClock(clock.now(), skew, committed)];
}

/** The checks of a clone: its folders, what killed processes left there, its checkouts, and its remote. */
export function cloneChecks(clone: CheckedClone, inspection: Inspection, host: Host): StoreChecks {
  const { git, layout, branch, folder } = clone;
  const { commonDir } = layout;
  const { head, clock } = inspection;
  const place = { repository: layout, branch, folder, head, clock, host };
  return {
    files: [
      { name: 'folder', look: async () => [await checkFolders(commonDir, folder)] },
      ...(layout.workTree === null
        ? []
        : [{ name: 'hook', look: () => new CommitHook(git, layout).check() }]),
      {
        name: 'temporary-files',
        look: async () => [await checkLeftovers(commonDir, folder, clock.now())],
      },
    ],
    store: [
      { name: 'checkout', look: async () => [await checkCheckout(git, place)] },
      { name: 'path-case', look: () => checkPathCase(git, layout.config, head.revision) },
      { name: 'remote', look: () => remoteChecks(clone, inspection) },
    ],
  };
}
