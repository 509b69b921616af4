/** What the embedded git can do besides opening repositories. Loaded by the few commands that need it. */
import { existsSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { NoRepositoryError, UsageError } from '../errors.js';
import { checkIdentity } from '../gitstore/doctor/doctor-git.js';
import { findRepository, makeRepository } from '../gitstore/embedded/found-repository.js';
import { readGitConfig } from '../gitstore/embedded/git-config.js';
import { withoutCredentials } from '../gitstore/process/git.js';
import { isThere, makeFolder } from '../gitstore/repository/prepare-repository.js';
import { passed } from '../model/value/check.js';
import type {
  CloneRequest,
  DriverAbilities,
  DriverDoctor,
  DriverHost,
  MadePlace,
  StoreMaker,
  StorePlace,
} from '../store/port/abilities.js';
import { EMBEDDED } from './drivers.js';
import { fillFrom, needsProgram } from './embedded-driver.js';
import { DEFAULT_BRANCH } from './git-places.js';
import { identityOf } from './identity.js';
import { thisUser } from './this-host.js';

async function findOrNull(folder: string, { environment }: DriverHost) {
  try {
    return (await findRepository(nodeFs, folder, environment, thisUser)).repository;
  } catch (error) {
    if (error instanceof NoRepositoryError) return null;
    throw error;
  }
}

const hasFileIn = (folder: string | null) => async (path: string) =>
  folder !== null && (await isThere(join(folder, path)));

const make: StoreMaker = {
  async look(folder, host): Promise<StorePlace> {
    const repository = existsSync(folder) ? await findOrNull(folder, host) : null;
    return { isThere: repository !== null, hasFile: hasFileIn(repository?.workTree ?? null) };
  },

  /** Makes a repository without a checkout, in `.git`: with git, `git config core.bare false` and a checkout give it one. */
  async make(folder, remote, host): Promise<MadePlace> {
    if (remote !== undefined && !/^https?:\/\//i.test(remote)) throw needsProgram(remote);
    await makeFolder(folder);
    const existing = await findOrNull(folder, host);
    const known = existing?.config.get('remote.origin.url');
    if (existing && remote !== undefined && known !== remote)
      throw new UsageError(
        `${folder} is a repository already${known === undefined ? ', without a remote' : `, with the remote ${withoutCredentials(known)}`}`,
        { suggestions: ['Leave --remote out, or name another folder'], data: { path: folder } },
      );
    if (existing === null)
      await makeRepository(nodeFs, join(folder, '.git'), {
        branch: DEFAULT_BRANCH,
        remote: remote ?? null,
        filter: null,
        kgit: {},
      });
    return { made: null, synced: null, isThere: true, hasFile: hasFileIn(existing?.workTree ?? null) };
  },
};

/** Clones into `.git` of a new folder, without a checkout. */
async function clone({ source, name, folder }: CloneRequest, host: DriverHost): Promise<string> {
  if (!/^https?:\/\//i.test(source)) throw needsProgram(source);
  const isThere = existsSync(folder);
  if (isThere && (await nodeFs.readdir(folder)).length > 0)
    throw new UsageError(`the folder ${folder} is there already and not empty`, {
      suggestions: ['Choose another folder'],
      data: { path: folder },
    });
  await makeFolder(folder);
  const gitDir = join(folder, '.git');
  try {
    await fillFrom(source, name, host)(gitDir, false);
  } catch (error) {
    await nodeFs.rm(isThere ? gitDir : folder, { recursive: true, force: true });
    throw error;
  }
  return withoutCredentials(source);
}

const doctor: DriverDoctor = {
  programs: () => ({
    name: 'git',
    look: async () => [passed('git', `none is needed (backend: ${EMBEDDED})`)],
  }),
  identity: async ({ environment }) => identityOf(await readGitConfig(nodeFs, null, environment)),
  checkIdentity,
};

export const EMBEDDED_ABILITIES: Partial<DriverAbilities> = { make, clone, doctor };
