/** Opens git repositories without the git program. */
import nodeFs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EnvironmentError } from '../errors.js';
import { recallTip } from '../gitstore/branch/known-tip.js';
import { fetchFailure } from '../gitstore/branch/push-outcome.js';
import {
  type EmbeddedOptions,
  type EmbeddedRemote,
  embeddedParts,
  embeddedStore,
} from '../gitstore/embedded/embedded-store.js';
import {
  type FoundRepository,
  findRepository,
  makeRepository,
} from '../gitstore/embedded/found-repository.js';
import { httpAccess } from '../gitstore/embedded/http-access.js';
import { withoutCredentials } from '../gitstore/process/git.js';
import {
  cloneName,
  type FillClone,
  isTipOnly,
  managedClone,
  noBranch,
  TIP_FILTER,
} from '../gitstore/repository/managed-clone.js';
import { BRANCH_KEY, type Repository } from '../gitstore/repository/repository.js';
import { requireFolder } from '../gitstore/repository/require-folder.js';
import { parseRepositorySpec, type RepositorySpec } from '../model/subject/repository-spec.js';
import { setAsideDamaged } from '../store/local/damaged-files.js';
import { sharedFileMode, shareFolder } from '../store/local/shared-folders.js';
import { Outbox } from '../store/outbox/outbox.js';
import type { DriverHost } from '../store/port/abilities.js';
import type { DriverContext, OpenedStore } from '../store/port/driver.js';
import { EMBEDDED } from './drivers.js';
import { DEFAULT_BRANCH, LOCAL_FOLDER, liesAt, refuseCommitted, usableRemote } from './git-places.js';
import { committerOf, identityOf } from './identity.js';
import { systemClock, thisHost, thisUser } from './this-host.js';
import { xdgFolder } from './xdg-folder.js';

/** What opening and cloning have in common. */
export type EmbeddedHost = DriverHost & Pick<DriverContext, 'fs' | 'http' | 'isOffline'>;

/** The error for a place that only the git program reaches. */
export function needsProgram(address: string): EnvironmentError {
  return new EnvironmentError(
    `backend: ${EMBEDDED} reaches http and https alone, not ${withoutCredentials(address)}`,
    {
      suggestions: [
        'Install git: kgit then uses it for this repository',
        'Or name the https URL of the repository',
      ],
      data: { feature: 'transport', backend: EMBEDDED, address: withoutCredentials(address) },
    },
  );
}

/** Whose repositories are trusted. Of a caller's file system, the caller knows. */
const trusted = ({ fs }: EmbeddedHost) => (fs === undefined ? thisUser : null);

async function remoteAt(
  name: string,
  url: string,
  config: Repository['config'],
  { environment, http }: EmbeddedHost,
): Promise<EmbeddedRemote> {
  if (!/^https?:\/\//i.test(url)) throw needsProgram(url);
  return { name, place: await httpAccess(url, config, environment, http) };
}

function optionsOf(
  { repository }: FoundRepository,
  host: EmbeddedHost,
  place: Pick<EmbeddedOptions, 'branch' | 'remote' | 'folder' | 'isManaged'>,
): EmbeddedOptions {
  const { fs = nodeFs, timeout: timeoutMs, isOffline = false, waits, environment } = host;
  const committer = committerOf(identityOf(repository.config));
  return {
    ...place,
    fs,
    environment,
    repository,
    committer,
    clock: systemClock,
    host: thisHost,
    timeoutMs,
    isOffline,
    waits,
  };
}

/** Fills a new bare clone from a URL. */
export function fillFrom(
  url: string,
  asked: string | undefined,
  host: EmbeddedHost & Pick<DriverContext, 'mayBeEmpty'>,
): FillClone {
  return async (path, isTip) => {
    const { fs = nodeFs, environment } = host;
    if (!/^https?:\/\//i.test(url)) throw needsProgram(url);
    const made = { branch: asked ?? DEFAULT_BRANCH, remote: url, filter: isTip ? TIP_FILTER : null };
    await makeRepository(fs, path, { ...made, kgit: { branch: asked ?? DEFAULT_BRANCH } });
    const found = await findRepository(fs, path, environment, trusted(host));
    const remote = await remoteAt('origin', url, found.repository.config, host);
    const place = { branch: made.branch, remote, folder: path, isManaged: true };
    const server = embeddedParts(optionsOf(found, host, place)).remote;
    if (server === null) throw needsProgram(url);
    const shown = withoutCredentials(url);
    const failed = (result: Parameters<typeof fetchFailure>[0]) =>
      fetchFailure(result, shown, 'the command again');
    const refs = asked === undefined ? await server.serverRefs(['HEAD'], host.timeout) : null;
    if (refs !== null && 'code' in refs) throw failed(refs);
    const branch = asked ?? refs?.head?.replace(/^refs\/heads\//, '') ?? DEFAULT_BRANCH;
    if (branch !== made.branch) {
      for (const name of ['config', 'HEAD']) await fs.unlink(join(path, name));
      await makeRepository(fs, path, { ...made, branch, kgit: { branch } });
    }
    const refspec = `+refs/heads/${branch}:refs/kgit/remote/${branch}`;
    const result = await server.fetch([refspec], {
      timeoutMs: host.timeout,
      ...(isTip ? { depth: 'tip' } : {}),
    });
    if (/couldn't find remote ref/.test(result.stderr)) {
      if (host.mayBeEmpty) return;
      throw noBranch(url, branch);
    }
    if (result.code !== 0) throw failed(result);
  };
}

/** A store, opened at the place where this machine keeps it. */
interface Opening {
  readonly found: FoundRepository;
  readonly options: EmbeddedOptions;
  /** The folder or URL that was opened. */
  readonly path: string;
  readonly localFolder: OpenedStore['localFolder'] & object;
  readonly lostTip?: Awaited<ReturnType<typeof recallTip>>;
}

function opened({ found, options, path, localFolder, lostTip = null }: Opening): OpenedStore {
  const { branch, repository } = options;
  const standing = {
    workTree: options.isManaged ? null : repository.workTree,
    checkedOut: options.isManaged ? null : found.checkedOut,
  };
  const parts = embeddedParts(options);
  const { store, review } = embeddedStore(parts, options, { standing, lostTip });
  const { remote } = options;
  const shown = `remote ${remote?.name} (${remote?.place.url})`;
  return {
    store,
    path,
    name: branch,
    where: `${path} (branch ${branch})`,
    localFolder,
    identity: identityOf(repository.config),
    review,
    checks: async (inspection) => {
      const { embeddedChecks } = await import('../gitstore/embedded/embedded-checks.js');
      return embeddedChecks({ remote: parts.remote, shown, branch }, inspection);
    },
  };
}

/** Opens the clone that kgit keeps of a URL, and makes it if it is missing: the same that the git program works on. */
async function openByUrl(
  { place: url, branch: asked }: RepositorySpec,
  context: DriverContext,
): Promise<OpenedStore> {
  const { environment, timeout: timeoutMs, history, fs = nodeFs } = context;
  const folder = join(xdgFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'clones');
  const state = xdgFolder(environment, 'XDG_STATE_HOME', '.local/state');
  const wanted = { url, branch: asked, folder, history, now: systemClock.now() };
  const path = await managedClone(fillFrom(url, asked, context), wanted);
  const found = await findRepository(fs, path, environment, trusted(context));
  const { config, commonDir } = found.repository;
  const branch = config.get(BRANCH_KEY) ?? DEFAULT_BRANCH;
  const own = join(state, cloneName(url, branch));
  const damaged = [
    ...(await setAsideDamaged(own)),
    ...(await setAsideDamaged(join(commonDir, LOCAL_FOLDER))),
  ];
  const remote = await remoteAt('origin', config.get('remote.origin.url') ?? url, config, context);
  const options = optionsOf(found, context, { branch, remote, folder: own, isManaged: true });
  const parts = embeddedParts(options);
  const clone = {
    branch,
    folder: own,
    isTipOnly: isTipOnly(path),
    timeoutMs,
    holds: () => new Outbox(own).holds(),
  };
  const lostTip =
    parts.remote && (await recallTip({ refs: parts.refs, graph: parts.line, remote: parts.remote }, clone));
  return opened({
    found,
    options,
    path: withoutCredentials(url),
    localFolder: { path: own, damaged },
    lostTip,
  });
}

/** Opens the named git repository, or the one in the current folder. Throws NoRepositoryError, RemoteError, EnvironmentError. */
export async function openEmbedded(context: DriverContext): Promise<OpenedStore> {
  const { place, cwd, environment, fs = nodeFs } = context;
  const spec = place === undefined ? null : parseRepositorySpec(place, liesAt(cwd));
  if (spec?.isUrl) return openByUrl(spec, context);
  const path = resolve(cwd, spec?.place ?? '.');
  if (context.fs === undefined) await requireFolder(path);
  const found = await findRepository(fs, path, environment, trusted(context));
  const { repository, checkedOut } = found;
  const { commonDir, config } = repository;
  if (spec === null) refuseCommitted(repository, path);
  const chosen = spec?.branch ?? config.get(BRANCH_KEY);
  const folder = join(commonDir, LOCAL_FOLDER);
  const mode = sharedFileMode(config.get('core.sharedrepository'));
  if (mode !== null) await shareFolder(folder, mode);
  const localFolder = { path: folder, damaged: await setAsideDamaged(folder) };
  const at = async (branch: string): Promise<OpenedStore> => {
    const name = usableRemote(repository, branch);
    const url = name === null ? undefined : config.get(`remote.${name}.url`);
    const remote = name === null || url === undefined ? null : await remoteAt(name, url, config, context);
    const options = optionsOf(found, context, { branch, remote, folder, isManaged: false });
    return opened({ found, options, path, localFolder });
  };
  const usual = await at(chosen ?? DEFAULT_BRANCH);
  const isOther = chosen === undefined && checkedOut !== null && checkedOut !== DEFAULT_BRANCH;
  // A repository that is older than 'main', or whose team named its branch otherwise.
  return isOther && (await usual.store.head()).revision === null ? at(checkedOut) : usual;
}
