/** Finds and makes git repositories without the git program. */
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import type { FileSystem } from '../../store/port/means.js';
import { gitFailed } from '../process/git.js';
import { noRepository, type Repository } from '../repository/repository.js';
import { syncFolder, textAt, writeNew } from './files.js';
import { configSection, configuredPath, protectedValues, readGitConfig } from './git-config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A repository, and where the user stands in it. */
export interface FoundRepository {
  readonly repository: Repository;
  /** The branch that is checked out in the user's work tree, or that HEAD of a bare repository names. */
  readonly checkedOut: string | null;
}

/** Extensions of the repository format that this git understands. */
const KNOWN = ['noop', 'objectformat', 'refstorage', 'partialclone', 'preciousobjects', 'worktreeconfig'];

async function isGitDir(fs: FileSystem, folder: string): Promise<boolean> {
  if ((await textAt(fs, join(folder, 'HEAD'))) === null) return false;
  if ((await textAt(fs, join(folder, 'commondir'))) !== null) return true;
  const folders = await Promise.all(
    ['objects', 'refs'].map((name) => fs.stat(join(folder, name)).catch(() => null)),
  );
  return folders.every((stats) => stats?.isDirectory() === true);
}

/** The git folder of the repository that contains a folder, and its work tree; null if there is none. */
async function locate(
  fs: FileSystem,
  from: string,
): Promise<{ gitDir: string; workTree: string | null } | null> {
  for (let at = resolve(from); ; at = dirname(at)) {
    const named = /^gitdir: ([^\n]+)/.exec((await textAt(fs, join(at, '.git'))) ?? '')?.[1];
    const own = named === undefined ? join(at, '.git') : resolve(at, named);
    if (await isGitDir(fs, own)) return { gitDir: own, workTree: at };
    if (await isGitDir(fs, at)) return { gitDir: at, workTree: null };
    if (dirname(at) === at) return null;
  }
}

function unusable(path: string, why: string, data: Readonly<Record<string, string>>): EnvironmentError {
  return new EnvironmentError(`${path} ${why}`, {
    suggestions: ['Install git: kgit then uses it for this repository'],
    data: { backend: 'git-embedded', path, ...data },
  });
}

/** Throws EnvironmentError for a repository that only the git program can work on. */
async function refuseForeign(fs: FileSystem, commonDir: string, config: Repository['config']): Promise<void> {
  const format = config.get('extensions.objectformat') ?? 'sha1';
  if (format !== 'sha1')
    throw unusable(commonDir, `is a ${format} repository, and kgit works with sha1 ones`, {
      objectFormat: format,
    });
  const storage = config.get('extensions.refstorage') ?? 'files';
  if (storage !== 'files') throw unusable(commonDir, `keeps its refs in ${storage}`, { refStorage: storage });
  for (const key of config.keys()) {
    const extension = /^extensions\.(.+)$/.exec(key)?.[1];
    if (extension && !KNOWN.includes(extension))
      throw unusable(
        commonDir,
        `has the extension ${extension.slice(0, 40)}, which backend: git-embedded does not know`,
        { extension },
      );
  }
  if ((await textAt(fs, join(commonDir, 'objects/info/alternates')))?.trim())
    throw unusable(commonDir, 'borrows objects of another repository (alternates)', {
      feature: 'alternates',
    });
}

/** Throws EnvironmentError for a repository of another user that `safe.directory` does not name: its configuration decides. */
async function refuseStrangers(
  fs: FileSystem,
  { gitDir, workTree }: { gitDir: string; workTree: string | null },
  commonDir: string,
  uid: number | null,
  environment: Environment,
): Promise<void> {
  if (uid === null) return;
  const paths = [gitDir, commonDir, ...(workTree === null ? [] : [workTree])];
  const owners = await Promise.all(paths.map(async (path) => (await fs.stat(path)).uid));
  // As with git, root trusts the user who became it by sudo.
  const trusted = [uid, ...(uid === 0 ? [Number(environment['SUDO_UID'] || 0)] : [])];
  if (owners.every((owner) => trusted.includes(owner))) return;
  const path = await realpath(workTree ?? gitDir);
  let isSafe = false;
  for (const value of await protectedValues(fs, 'safe.directory', environment)) {
    const safe = configuredPath(value, environment).replace(/(?<=.)\/$/, '');
    // An empty value takes back those before it.
    if (safe === '') isSafe = false;
    else if (safe === '*' || safe === path || (safe.endsWith('/*') && path.startsWith(safe.slice(0, -1))))
      isSafe = true;
  }
  if (!isSafe)
    throw gitFailed(['rev-parse'], 128, `fatal: detected dubious ownership in repository at '${path}'`);
}

/**
 * Finds the repository that contains a folder. Throws NoRepositoryError, EnvironmentError.
 * @param uid whose repositories are trusted; null if the system has no users, or the caller answers for the files
 */
export async function findRepository(
  fs: FileSystem,
  folder: string,
  environment: Environment,
  uid: number | null,
): Promise<FoundRepository> {
  const found = await locate(fs, folder);
  if (found === null) throw noRepository(folder);
  const common = (await textAt(fs, join(found.gitDir, 'commondir')))?.trim();
  const shared = common === undefined ? found.gitDir : resolve(found.gitDir, common);
  const commonDir = await realpath(shared).catch(() => shared);
  await refuseStrangers(fs, found, commonDir, uid, environment);
  const config = await readGitConfig(fs, commonDir, environment);
  await refuseForeign(fs, commonDir, config);
  const isBare = config.get('core.bare') === 'true' && common === undefined;
  const head = (await textAt(fs, join(found.gitDir, 'HEAD'))) ?? '';
  return {
    repository: {
      commonDir,
      workTree: isBare ? null : found.workTree,
      config,
      isShallow: (await textAt(fs, join(commonDir, 'shallow'))) !== null,
    },
    checkedOut: /^ref: refs\/heads\/([^\n]+)/.exec(head)?.[1] ?? null,
  };
}

/** What a new repository is to be. */
export interface NewRepository {
  /** The branch that its HEAD names. */
  readonly branch: string;
  /** Its remote `origin`; null if it has none. */
  readonly remote: string | null;
  /** What fetches leave out; null for a whole clone. */
  readonly filter: string | null;
  /** kgit's own settings. */
  readonly kgit: Readonly<Record<string, string>>;
}

/** Makes a bare repository in a folder, as git would. Throws EnvironmentError. */
export async function makeRepository(fs: FileSystem, gitDir: string, made: NewRepository): Promise<void> {
  const { branch, remote, filter, kgit } = made;
  for (const name of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    await fs.mkdir(join(gitDir, name), { recursive: true });
  const partial = filter === null ? {} : { promisor: 'true', partialclonefilter: filter };
  const fetch = '+refs/heads/*:refs/remotes/origin/*';
  const sections = [
    configSection('core', null, {
      repositoryformatversion: filter === null ? '0' : '1',
      filemode: 'true',
      bare: 'true',
    }),
    ...(filter === null ? [] : [configSection('extensions', null, { partialclone: 'origin' })]),
    ...(remote === null ? [] : [configSection('remote', 'origin', { url: remote, fetch, ...partial })]),
    ...(remote === null
      ? []
      : [configSection('branch', branch, { remote: 'origin', merge: `refs/heads/${branch}` })]),
    ...(Object.keys(kgit).length === 0 ? [] : [configSection('kgit', null, kgit)]),
  ];
  await writeNew(fs, join(gitDir, 'config'), sections.join(''));
  // HEAD makes it a repository, so it comes last.
  await writeNew(fs, join(gitDir, 'HEAD'), `ref: refs/heads/${branch}\n`);
  await syncFolder(fs, gitDir);
  await syncFolder(fs, dirname(gitDir));
}
