/** What the git driver can do besides opening repositories. Loaded by the few commands that need it. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { restoreBackup } from '../gitstore/backup/restore.js';
import { checkGit, checkIdentity } from '../gitstore/doctor/doctor-git.js';
import { Git, withoutCredentials } from '../gitstore/process/git.js';
import { cloneRepository } from '../gitstore/repository/clone.js';
import {
  isThere,
  makeFolder,
  openOrNull,
  prepareRepository,
} from '../gitstore/repository/prepare-repository.js';
import { readConfig } from '../gitstore/repository/repository.js';
import { folderOfAddress, makeServer, syncPushes } from '../gitstore/repository/server-durability.js';
import type {
  CloneRequest,
  DriverAbilities,
  DriverDoctor,
  DriverHost,
  MadePlace,
  RestoreRequest,
  StoreMaker,
  StorePlace,
} from '../store/port/abilities.js';
import { openGit } from './git-driver.js';
import { DEFAULT_BRANCH, LOCAL_FOLDER } from './git-places.js';
import { identityOf } from './identity.js';
import { requireGit } from './required-git.js';

/** Returns the source as git must be given it, wherever git runs: the path of a folder is made absolute. */
function sourceOf(place: string, cwd: string): string {
  const isAddress = /^[^/]*:/.test(place) && !existsSync(resolve(cwd, place));
  return isAddress ? place : resolve(cwd, place);
}

async function clone({ source, name, folder }: CloneRequest, host: DriverHost): Promise<string> {
  const { cwd, environment, timeout: timeoutMs } = host;
  // Not in the current folder: the configuration of a repository there would affect the clone.
  const git = openGit(tmpdir(), environment, host);
  await cloneRepository(git, sourceOf(source, cwd), folder, { branch: name, timeoutMs });
  return withoutCredentials(source);
}

async function restore({ file, folder, ...options }: RestoreRequest, { environment }: DriverHost) {
  const git = openGit(tmpdir(), environment);
  return restoreBackup(git, file, folder, { ...options, localFolder: LOCAL_FOLDER });
}

const doctor: DriverDoctor = {
  programs: ({ cwd, environment }) => ({
    name: 'git',
    look: async () => [await checkGit(openGit(cwd, environment))],
  }),
  identity: async ({ cwd, environment }) => identityOf(await readConfig(openGit(cwd, environment), cwd)),
  checkIdentity,
};

/** Creates the repository of a remote that is a local folder, if it is missing, and makes it keep what it acknowledges. */
async function makeRemote(git: Git, remote: string | undefined): Promise<Pick<MadePlace, 'made' | 'synced'>> {
  const folder = remote === undefined ? null : folderOfAddress(remote);
  if (folder === null) return { made: null, synced: null };
  const isMade = await makeServer(git, folder, DEFAULT_BRANCH);
  return { made: isMade ? folder : null, synced: await syncPushes(git, folder) };
}

const hasFileIn = (workTree: string | null) => async (path: string) =>
  workTree !== null && (await isThere(join(workTree, path)));

const make: StoreMaker = {
  async look(folder, { environment }): Promise<StorePlace> {
    const isFolder = existsSync(folder);
    const repository = isFolder ? await openOrNull(new Git(folder, environment), folder) : null;
    const workTree = repository?.workTree ?? (isFolder ? folder : null);
    return { isThere: repository !== null, hasFile: hasFileIn(workTree) };
  },

  async make(folder, remote, { environment }): Promise<MadePlace> {
    requireGit(environment);
    await makeFolder(folder);
    const git = new Git(folder, environment);
    const server = await makeRemote(git, remote);
    const { config, commonDir, workTree } = await prepareRepository(git, folder, DEFAULT_BRANCH, remote);
    // Without a remote, this repository holds the only copy.
    const isAlone = !config.has('remote.origin.url');
    const synced = isAlone ? await syncPushes(git, commonDir) : server.synced;
    return { made: server.made, synced, isThere: true, hasFile: hasFileIn(workTree) };
  },
};

export const GIT_ABILITIES: DriverAbilities = { make, clone, restore, doctor };
