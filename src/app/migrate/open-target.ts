import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { NoRepositoryError } from '../../errors.js';
import { parseRepositorySpec } from '../../model/subject/repository-spec.js';
import { type OpenOptions, type OpenRepository, openStateRepository } from '../../setup/composition.js';
import { abilityIfAny } from '../../setup/facet-of.js';
import { DEFAULT_BRANCH, liesAt } from '../../setup/git-places.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import { xdgFolder } from '../../setup/xdg-folder.js';

export interface TargetHost extends OpenOptions {
  readonly settings: Settings;
  readonly cwd: string;
  readonly environment: Environment;
  /** Whether a missing folder may be made. */
  readonly makes: boolean;
}

/** A store to migrate to. */
export interface Target {
  /** Null for a folder that does not exist yet. */
  readonly opened: OpenRepository | null;
  /** What users give as `--repo`, without secrets. */
  readonly address: string;
}

/**
 * Opens the store that a `--to` names, with the settings of its driver. A git repository in a folder is made if it is
 * missing; a branch on a server begins with the first push. Throws UsageError, RemoteError, EnvironmentError.
 */
export async function openTarget(
  word: string,
  { settings, cwd, environment, makes, ...options }: TargetHost,
): Promise<Target> {
  const own = { ...settings, repo: word };
  const make = await abilityIfAny(own, 'make');
  if (make === undefined) {
    const opened = await openStateRepository(own, cwd, environment, options);
    return { opened, address: addressOf(opened) };
  }
  const { place, branch, isUrl } = parseRepositorySpec(word, liesAt(cwd));
  const host = { cwd, environment, timeout: settings.timeout, waits: options.waits };
  if (!isUrl) {
    const folder = resolve(cwd, place);
    const isThere = (await make.look(folder, host)).isThere;
    if (!isThere && !makes) return { opened: null, address: folder };
    if (!isThere) await make.make(folder, undefined, host);
    const opened = await openStateRepository(own, cwd, environment, options);
    return { opened, address: addressOf(opened) };
  }
  try {
    const opened = await openStateRepository(own, cwd, environment, options);
    return { opened, address: addressOf(opened) };
  } catch (error) {
    // An empty repository on a server has no branch to clone.
    if (!(error instanceof NoRepositoryError) || (branch ?? DEFAULT_BRANCH) !== DEFAULT_BRANCH) throw error;
    if (!makes) return { opened: null, address: place };
    const name = `migrated-${createHash('sha256').update(place).digest('hex').slice(0, 16)}`;
    const folder = join(xdgFolder(environment, 'XDG_STATE_HOME', '.local/state'), name);
    await make.make(folder, place, host);
    const opened = await openStateRepository({ ...settings, repo: folder }, cwd, environment, options);
    return { opened, address: addressOf(opened) };
  }
}

/** What users give as `--repo` for an open store, without secrets. */
export function addressOf({ git, path, name, repository }: OpenRepository): string {
  if (git === null) return repository.store.target;
  const place = git.address ?? path;
  return name === DEFAULT_BRANCH ? place : `${place}#${name}`;
}
