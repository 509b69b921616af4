import { resolve } from 'node:path';
import { parseRepositorySpec } from '../../model/subject/repository-spec.js';
import { type OpenOptions, type OpenRepository, openStateRepository } from '../../setup/composition.js';
import { abilityIfAny } from '../../setup/facet-of.js';
import { DEFAULT_BRANCH, liesAt } from '../../setup/git-places.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';

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
  const { place, isUrl } = parseRepositorySpec(word, liesAt(cwd));
  const host = { cwd, environment, timeout: settings.timeout, waits: options.waits };
  if (!isUrl) {
    const folder = resolve(cwd, place);
    const isThere = (await make.look(folder, host)).isThere;
    if (!isThere && !makes) return { opened: null, address: folder };
    if (!isThere) await make.make(folder, undefined, host);
    const opened = await openStateRepository(own, cwd, environment, options);
    return { opened, address: addressOf(opened) };
  }
  // An empty repository on a server gets its branch with the first push.
  const opened = await openStateRepository(own, cwd, environment, { ...options, mayBeEmpty: true });
  return { opened, address: addressOf(opened) };
}

/** What users give as `--repo` for an open store, without secrets. */
export function addressOf({ git, path, name, repository }: OpenRepository): string {
  if (git === null) return repository.store.target;
  const place = git.address ?? path;
  return name === DEFAULT_BRANCH ? place : `${place}#${name}`;
}
